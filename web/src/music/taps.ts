/** Tempo by taps. */

/** After a pause so long taps begin anew, ms. */
const ANEW_MS = 2500;
const MOST = 8;

/** Moments at which somebody tapped, ms since the epoch. */
export class Taps {
  private readonly taps: number[] = [];

  /** The beat after another tap: beats a second and when one was; null of a single tap. */
  tap(at: number): { hz: number; at: number } | null {
    const last = this.taps.at(-1);
    if (last !== undefined && at - last > ANEW_MS) this.taps.length = 0;
    this.taps.push(at);
    if (this.taps.length > MOST) this.taps.shift();
    const { taps } = this;
    if (taps.length < 2) return null;
    // The line through taps by their numbers, least squares: no single finger is that exact.
    const middle = (taps.length - 1) / 2;
    const mean = taps.reduce((sum, tap) => sum + tap, 0) / taps.length;
    let across = 0;
    let along = 0;
    for (const [index, tap] of taps.entries()) {
      across += (index - middle) * (tap - mean);
      along += (index - middle) ** 2;
    }
    const period = across / along;
    return { hz: 1000 / period, at: mean + middle * period };
  }
}
