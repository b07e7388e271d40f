import type { LinkState, Stats } from "@/sim/messages";

/** Below this share of its control rate a robot lags visibly; from the other on it keeps it. */
const SLOW_SHARE = 0.9;
const FULL_SHARE = 0.94;

/** How well robots keep their control rate: `waits` is slow because of answers that are. */
export type Keeping = "slow" | "waits" | "fair" | "full";

/** Whether a robot's policy answers: the server's, or the one in this browser. */
export function driven(link: LinkState | undefined, stats: Stats | null): boolean {
  return link?.state === "live" || stats?.pilot?.where === "browser";
}

/** How well the slowest of the robots that are driven does; fair as long as nobody knows. */
export function keeping(
  links: readonly LinkState[],
  stats: readonly (Stats | null)[],
  controlHz: number,
): Keeping {
  const rates = stats.flatMap((each, n) =>
    each !== null && driven(links[n], each) ? [each.controlHz] : [],
  );
  if (rates.length === 0) return "fair";
  const least = Math.min(...rates) / controlHz;
  if (least < SLOW_SHARE) return "slow";
  return least >= FULL_SHARE && rates.length === stats.length ? "full" : "fair";
}

/** The longest that a policy's answers usually take, ms, where that is more than a step; else null. */
export function lateAnswers(stats: readonly (Stats | null)[], controlHz: number): number | null {
  const trips = stats.flatMap((each) =>
    each?.pilot?.where === "server" ? [each.pilot.roundTripMs.p50] : [],
  );
  const longest = Math.max(...trips);
  return longest > 1000 / controlHz && Number.isFinite(longest) ? longest : null;
}
