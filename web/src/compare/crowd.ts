import type { Keeping } from "./slowness";

/** So long the robots may lag before one less is drawn, or before it is told, ms. */
const PATIENCE_MS = 4000;
/** They keep their rate for so long before one more is drawn: at first, and at most. */
const REST_MS = 10_000;
const LONGEST_REST_MS = 160_000;
/** If they lag within so long after that, it was too many, and is tried later the next time. */
const TRIAL_MS = 30_000;

/** How many of several robots a machine draws: fewer while they lag, more when they do not. */
export class Crowd {
  private out = 0;
  private kept: Keeping = "fair";
  private since = Number.NEGATIVE_INFINITY;
  private rest = REST_MS;
  private broughtBack = Number.NEGATIVE_INFINITY;

  constructor(private readonly size: number) {}

  /** Whether the robots have waited for answers for a while. */
  waits(now: number): boolean {
    return this.kept === "waits" && now - this.since >= PATIENCE_MS;
  }

  /** How many are drawn after another reading, at a moment in ms. */
  judge(keeping: Keeping, now: number): number {
    if (keeping !== this.kept) this.since = now;
    this.kept = keeping;
    const lasted = now - this.since;
    if (keeping === "slow" && lasted >= PATIENCE_MS && this.out < this.size - 1) {
      const soon = now - this.broughtBack < TRIAL_MS;
      this.rest = soon ? Math.min(2 * this.rest, LONGEST_REST_MS) : REST_MS;
      this.out += 1;
      this.since = now;
    } else if (keeping === "full" && lasted >= this.rest && this.out > 0) {
      this.out -= 1;
      this.broughtBack = now;
      this.since = now;
    }
    return this.size - this.out;
  }
}
