/**
 * How strongly something begins, a hundred times a second: the flux of log energies in bands.
 *
 * After Bello et al., "A Tutorial on Onset Detection in Music Signals" (2005): energy that grows is
 * an onset, energy that decays is none, and on a logarithmic scale quiet passages count as well.
 */

/** Frames a second. */
export const ONSET_HZ = 100;
/** Middles of the bands, Hz: from kick drums to cymbals. */
const BANDS = [70, 200, 550, 1500, 4000, 9000];
const WIDTH = 0.9;
/** A share of how loud it was lately, beside which nothing is heard: weak onsets count for less. */
const MASKED = 0.03;
/** How loud it was is forgotten by and by, s. */
const LOUD_S = 4;
/** Beside it, of full scale, nothing is heard at all: what is digitally silent makes no onsets. */
const FLOOR = 1e-4;
/** What an onset of a band counts at most: a click out of silence is not a hundred drums. */
const MOST = 3;
/** What a steady tone's energy goes up and down by from frame to frame. */
const RIPPLE = 0.1;

/** A resonator of second order, after Robert Bristow-Johnson's cookbook (band pass, 0 dB peak). */
class BandPass {
  private readonly b0: number;
  private readonly a1: number;
  private readonly a2: number;
  private x1 = 0;
  private x2 = 0;
  private y1 = 0;
  private y2 = 0;

  constructor(middleHz: number, sampleRate: number) {
    const omega = (2 * Math.PI * Math.min(middleHz, 0.45 * sampleRate)) / sampleRate;
    const alpha = Math.sin(omega) / (2 * WIDTH);
    this.b0 = alpha / (1 + alpha);
    this.a1 = (-2 * Math.cos(omega)) / (1 + alpha);
    this.a2 = (1 - alpha) / (1 + alpha);
  }

  /** Mean square of what of the samples lies in the band. */
  energy(samples: Float32Array, from: number, to: number): number {
    let { x1, x2, y1, y2 } = this;
    let total = 0;
    for (let i = from; i < to; i += 1) {
      const x = samples[i] ?? 0;
      const y = this.b0 * (x - x2) - this.a1 * y1 - this.a2 * y2;
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
      total += y * y;
    }
    this.x1 = x1;
    this.x2 = x2;
    this.y1 = y1;
    this.y2 = y2;
    return total;
  }
}

/** Turns samples, block by block of whatever length, into strengths of onsets. */
export class Onsets {
  /** Samples of a frame. */
  readonly hop: number;
  private readonly bands: BandPass[];
  private readonly levels: number[];
  private readonly sums: number[];
  private readonly earlier: number[];
  private readonly loud: number[];
  private filled = 0;

  constructor(sampleRate: number) {
    this.hop = Math.round(sampleRate / ONSET_HZ);
    this.bands = BANDS.map((middle) => new BandPass(middle, sampleRate));
    this.levels = BANDS.map(() => 0);
    this.sums = BANDS.map(() => 0);
    this.earlier = BANDS.map(() => 0);
    this.loud = BANDS.map(() => 0);
  }

  /** Samples since the last frame. */
  get pending(): number {
    return this.filled;
  }

  /** Strengths of the frames that end within these samples, in order. */
  feed(samples: Float32Array): number[] {
    const found: number[] = [];
    let at = 0;
    while (at < samples.length) {
      const end = Math.min(samples.length, at + this.hop - this.filled);
      for (const [index, band] of this.bands.entries()) {
        this.sums[index] = (this.sums[index] ?? 0) + band.energy(samples, at, end);
      }
      this.filled += end - at;
      at = end;
      if (this.filled === this.hop) found.push(this.frame());
    }
    return found;
  }

  private frame(): number {
    const forgotten = Math.exp(-1 / (LOUD_S * ONSET_HZ));
    let flux = 0;
    for (const [index, sum] of this.sums.entries()) {
      // Over two frames, or a low tone's waves would be onsets themselves.
      const size = Math.sqrt((sum + (this.earlier[index] ?? 0)) / (2 * this.hop));
      const loud = Math.max(size, forgotten * (this.loud[index] ?? 0));
      const level = Math.log(1 + size / (FLOOR + MASKED * loud));
      this.loud[index] = loud;
      const rise = level - (this.levels[index] ?? 0) - RIPPLE;
      flux += Math.min(Math.max(rise, 0), MOST);
      this.levels[index] = level;
      this.earlier[index] = sum;
      this.sums[index] = 0;
    }
    this.filled = 0;
    return flux / BANDS.length;
  }
}
