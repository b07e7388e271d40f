/** Simple pictures that come as quickly, so many in a row, tell that the machine can do better. */
const QUICK_MS = 40;
const QUICK_PICTURES = 6;
/** Where that has not happened after so many, it will not. */
const PATIENCE = 30;
/** Below this rate a machine is better off with the simple picture, after so many in a row. */
const SLOW_FPS = 14;
const SLOW_PICTURES = 40;
/** Longer than that a page was hidden, or its machine asleep, ms. */
const AWAY_MS = 2000;

export type Verdict = "refine" | "simplify" | null;

/**
 * Whether a machine is quick enough for the full picture.
 *
 * The first pictures are simple ones: those come sooner, and tell what the machine can do.
 */
export class Pace {
  private full = false;
  private pictures = 0;
  private row = 0;

  /** A picture came so long after the one before, ms. */
  judge(since: number): Verdict {
    if (since > AWAY_MS) return null;
    return this.full ? this.judgeFull(since) : this.judgeSimple(since);
  }

  private judgeSimple(since: number): Verdict {
    this.pictures += 1;
    this.row = since <= QUICK_MS ? this.row + 1 : 0;
    if (this.row < QUICK_PICTURES) return this.pictures === PATIENCE ? "simplify" : null;
    this.full = true;
    this.row = 0;
    return "refine";
  }

  private judgeFull(since: number): Verdict {
    this.row = since > 1000 / SLOW_FPS ? this.row + 1 : 0;
    return this.row === SLOW_PICTURES ? "simplify" : null;
  }
}
