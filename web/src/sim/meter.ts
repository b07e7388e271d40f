/** Quantile of unsorted values; NaN where there are none. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** Control rate and real-time factor over the last seconds, from (wall, simulated) times. */
export class RateMeter {
  private readonly marks: { wall: number; time: number }[] = [];

  constructor(private readonly windowMs = 2000) {}

  mark(wallMs: number, time: number): void {
    this.marks.push({ wall: wallMs, time });
    while ((this.marks[0]?.wall ?? wallMs) < wallMs - this.windowMs) this.marks.shift();
  }

  clear(): void {
    this.marks.length = 0;
  }

  rates(nowMs: number): { controlHz: number; realTimeFactor: number } {
    const first = this.marks[0];
    const last = this.marks.at(-1);
    if (first === undefined || last === undefined || this.marks.length < 2) {
      return { controlHz: 0, realTimeFactor: 0 };
    }
    // A stall counts: up to now, not only up to the last step.
    const wall = Math.max(last.wall, nowMs - 100) - first.wall;
    return {
      controlHz: (1000 * (this.marks.length - 1)) / wall,
      realTimeFactor: (1000 * (last.time - first.time)) / wall,
    };
  }
}
