/** Numbers over time as shapes in a box of one step a unit in width and one in height. */
import type { RecordedCheck } from "./episodes";

/** The least and the most that a curve's box holds. */
export interface Span {
  low: number;
  high: number;
}

/** What holds all numbers, and zero. */
export function spanOf(values: ArrayLike<number>, others: readonly number[] = [0]): Span {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of [...Array.from(values), ...others]) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low < high ? { low, high } : { low: Math.min(low, 0), high: Math.max(high, 0, low + 1) };
}

/** Height of a number in the box: 0 at its top, 1 at its bottom. */
export function heightOf(value: number, { low, high }: Span): number {
  return Math.round((1000 * (high - value)) / (high - low)) / 1000;
}

/** The line of a curve, as an SVG path; what is no number is left out. */
export function lineOf(values: ArrayLike<number>, span: Span): string {
  const points: string[] = [];
  for (let step = 0; step < values.length; step += 1) {
    const value = values[step] ?? Number.NaN;
    if (Number.isFinite(value)) {
      points.push(`${points.length === 0 ? "M" : "L"}${step} ${heightOf(value, span)}`);
    }
  }
  return points.join("");
}

/** What lies between a curve and zero, as an SVG path. */
export function bandOf(values: ArrayLike<number>, span: Span): string {
  const line = lineOf(values, span);
  if (line === "") return "";
  const zero = heightOf(0, span);
  return `M0 ${zero}${line.replace("M", "L")}L${values.length - 1} ${zero}Z`;
}

/** From where to where (not included) something holds, one after the other. */
export function runsOf(holds: ArrayLike<number | boolean>): [number, number][] {
  const runs: [number, number][] = [];
  for (let step = 0; step < holds.length; step += 1) {
    if (Number(holds[step]) < 0.5) continue;
    const last = runs.at(-1);
    if (last?.[1] === step) last[1] = step + 1;
    else runs.push([step, step + 1]);
  }
  return runs;
}

/** The bounds of a check that a curve of what it looks at can be compared with. */
export function boundsOf(check: RecordedCheck): number[] {
  const { statistic, threshold, at_least: least, at_most: most } = check;
  const bounds = {
    mean: [least, most],
    mean_abs: [most],
    min: [least, most],
    max: [least, most],
    final: [least, most],
    share_above: [threshold],
    share_below: [threshold],
  }[statistic as string]; // prettier-ignore
  return (bounds ?? []).filter((bound) => bound !== null);
}

/**
 * The steps that speak against a check: within its window, and outside of its bounds.
 *
 * None where a single step cannot tell, as of a rhythm.
 */
export function against(
  check: RecordedCheck,
  values: ArrayLike<number>,
  time: ArrayLike<number>,
): boolean[] {
  const outside = faultOf(check);
  return Array.from(values, (value, step) => {
    const at = time[step] ?? 0;
    return at > check.start_s && at <= check.end_s && outside(value);
  });
}

function faultOf(check: RecordedCheck): (value: number) => boolean {
  const { statistic, at_least, at_most } = check;
  const [least, most] = [at_least ?? Number.NEGATIVE_INFINITY, at_most ?? Number.POSITIVE_INFINITY];
  const threshold = check.threshold ?? 0;
  switch (statistic) {
    case "mean":
    case "final":
      return (value) => value < least || value > most;
    case "mean_abs":
      return (value) => Math.abs(value) < least || Math.abs(value) > most;
    case "min":
      return (value) => value < least; // too high a smallest value is no single step's fault
    case "max":
      return (value) => value > most;
    case "any":
      return (value) => at_most !== null && value > 0.5;
    case "share_above":
      return (value) => at_least !== null && value <= threshold;
    case "share_below":
      return (value) => at_least !== null && value >= threshold;
    default:
      return () => false;
  }
}
