/** A task that does one thing after another: when what is done, in words. */
import type { CheckView } from "@/api/types";
import { figure } from "@/lib/format";

export interface Phase {
  /** "First", "Then". */
  title: string;
  /** "0–5 s". */
  when: string;
  begin: number;
  end: number;
}

const ROUNDING_S = 0.01;

/** The phases of the first round; none where nothing follows anything. */
export function phasesOf(lengths: readonly number[]): Phase[] {
  if (lengths.length < 2) return [];
  let end = 0;
  return lengths.map((length, index) => {
    const begin = end;
    end += length;
    const title = index === 0 ? "First" : "Then";
    return { title, when: `${figure(begin)}–${figure(end)} s`, begin, end };
  });
}

/** "First 0–5 s, then 5–10 s, then again from the beginning."; without `repeat` the last goes on. */
export function inTurn(phases: readonly Phase[], repeat: boolean): string {
  const shown = phases.map(({ title, when, begin }, index) =>
    !repeat && index === phases.length - 1
      ? `${title} from ${figure(begin)} s on`
      : `${title} ${when}`,
  );
  const turns = shown.join(", ").replaceAll(", Then", ", then");
  return repeat ? `${turns}, then again from the beginning.` : `${turns}.`;
}

export interface CheckGroup {
  /** "First, 0–5 s"; empty where there are no phases. */
  title: string;
  checks: CheckView[];
}

/** The checks of each phase, then those of more than one. */
export function byPhase(checks: readonly CheckView[], phases: readonly Phase[]): CheckGroup[] {
  if (phases.length === 0) return [{ title: "", checks: [...checks] }];
  const within = (check: CheckView, { begin, end }: Phase): boolean =>
    check.start_s >= begin - ROUNDING_S && check.end_s <= end + ROUNDING_S;
  const groups = phases.map((phase) => ({
    title: `${phase.title}, ${phase.when}`,
    checks: checks.filter((check) => within(check, phase)),
  }));
  const rest = checks.filter((check) => !phases.some((phase) => within(check, phase)));
  return [...groups, { title: "All the time", checks: rest }].filter((g) => g.checks.length > 0);
}
