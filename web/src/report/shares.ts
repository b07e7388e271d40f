import type { CandidateReport } from "@/api/types";

/**
 * How much of the reward's movement is each term's, with these weights in place of the report's.
 *
 * A term moves by its scale times its weight; the shares of all terms add up to one. Null where the
 * report does not say (it was made by an earlier version, or nothing moves).
 */
export function shares(
  report: CandidateReport,
  weights: Readonly<Record<string, number>>,
): Record<string, number> | null {
  const moved = (report.terms ?? []).map((term) => ({
    name: term.name,
    by: movement(term.share, term.weight, term.scale, weights[term.name] ?? term.weight),
  }));
  const total = moved.reduce((sum, { by }) => sum + by, 0);
  if (!(total > 0)) return null;
  return Object.fromEntries(moved.map(({ name, by }) => [name, by / total]));
}

function movement(share: number, reported: number, scale: number, weight: number): number {
  return reported === 0 ? scale * Math.abs(weight) : share * Math.abs(weight / reported);
}
