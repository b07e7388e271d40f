/** Tempo and beat of music that goes on: from strengths of onsets to a frequency and a phase. */
import { ONSET_HZ } from "./onsets";

/** What is heard: beats a second, and a moment at which there was one (s, the audio's clock). */
export interface Heard {
  hz: number;
  beatAt: number;
  /** Share of the onsets' variance that comes again beat after beat: 1 of a metronome. */
  clarity: number;
}

const SLOWEST_HZ = 49 / 60;
const FASTEST_HZ = 200 / 60;
/** Of two tempos that fit alike, the one nearer to this one; octaves about it. */
const USUAL_HZ = 118 / 60;
const SPREAD_OCTAVES = 1.0;
/** What fits twice as fast nearly as well is that fast: a beat comes again at its half tempo too. */
const TWICE = 0.9;
/** What was heard so long ago counts a third, s; short, or a change of tempo goes unheard. */
const MEMORY_S = 1.3;
/** Whether there is a beat at all is asked of more: a few clicks fit some tempo by chance. */
const LONG_MEMORY_S = 5;
const WINDOW_S = 8;
/** Before that nothing is said. */
const FIRST_S = 3;
/** And before that not that there is none. */
const LISTENED_S = 5;
const CLEAR = 0.3;
/** A beat that is kept is lost below that, for so long, s. */
const LOST = 0.15;
const PATIENCE_S = 3;
/** Another tempo must fit so much better than the one that is kept. */
const LOYALTY = 1.08;
/** So much counts a pulse that falls half a beat away from where it was expected. */
const STRAY = 0.75;
/** An onset lies within its frame, not at its begin; as measured of clicks, s. */
const WITHIN_S = 0.004;
/** A tempo is looked for so finely about a peak, as a share of it. */
const FINE = 0.03;
const STEPS = 12;
/** Harmonics of the beat: a pulse, not a sinusoid, is laid over the onsets. */
const HARMONICS = 4;

export class BeatTracker {
  private readonly strengths: number[] = [];
  private count = 0;
  /** When the last frame began, s of the audio's clock. */
  private latest = 0;
  private kept: number | null = null;
  private lastClear = 0;
  /** The frame of the last beat. */
  private beat = 0;

  /** `strength` of the frame that began at `time`, s of the audio's clock. */
  feed(time: number, strength: number): void {
    this.latest = time;
    this.strengths.push(strength);
    this.count += 1;
    if (this.strengths.length > WINDOW_S * ONSET_HZ) this.strengths.shift();
  }

  /** Whether it has heard enough to say that there is no beat: a slow one takes its time. */
  get listened(): boolean {
    return this.strengths.length >= LISTENED_S * ONSET_HZ;
  }

  /** Begin anew, as with another piece. */
  clear(): void {
    this.strengths.length = 0;
    this.count = 0;
    this.kept = null;
    this.lastClear = 0;
  }

  /** What is heard now; null as long as that is too short, or without a beat. */
  heard(): Heard | null {
    const { strengths } = this;
    if (strengths.length < FIRST_S * ONSET_HZ) return null;
    const signal = weighted(strengths, MEMORY_S);
    if (signal === null) return null;
    const found = this.tempo(signal);
    const clarity = again(weighted(strengths, LONG_MEMORY_S) ?? signal, ONSET_HZ / found);
    if (clarity > (this.kept === null ? CLEAR : LOST)) this.lastClear = this.count;
    if (this.count - this.lastClear > (this.kept === null ? 0 : PATIENCE_S * ONSET_HZ)) {
      this.kept = null;
      return null;
    }
    const { hz, turned } = pulse(signal, found, this.expected());
    // Phases are counted back from the last frame.
    this.kept = hz;
    this.beat = this.count - 1 - (turned * ONSET_HZ) / hz;
    return { hz, clarity, beatAt: this.latest + WITHIN_S - turned / hz };
  }

  /** How many cycles ago there was a beat, if those that were heard go on; null before that. */
  private expected(): number | null {
    if (this.kept === null) return null;
    return ((this.count - 1 - this.beat) * this.kept) / ONSET_HZ;
  }

  private tempo(signal: Signal): number {
    const shortest = Math.ceil(ONSET_HZ / FASTEST_HZ);
    let best = bestOf(signal, shortest, Math.floor(ONSET_HZ / SLOWEST_HZ));
    const half = Math.round(best.lag / 2);
    const twice = bestOf(signal, Math.max(half - 1, shortest), half + 1);
    if (twice.score > TWICE * best.score) best = twice;
    const hz = ONSET_HZ / finer(signal, best.lag);
    const { kept } = this;
    if (kept === null || Math.abs(kept / hz - 1) < FINE) return hz;
    return best.score > LOYALTY * fits(signal, ONSET_HZ / kept) ? hz : kept;
  }
}

/** Strengths without their mean, and how much each counts. */
interface Signal {
  values: Float64Array;
  weights: Float64Array;
}

function weighted(strengths: readonly number[], memoryS: number): Signal | null {
  const length = strengths.length;
  const weights = Float64Array.from(strengths, (_, i) =>
    Math.exp((i + 1 - length) / (memoryS * ONSET_HZ)),
  );
  let total = 0;
  let mean = 0;
  for (let i = 0; i < length; i += 1) {
    total += weights[i] as number;
    mean += (weights[i] as number) * (strengths[i] as number);
  }
  mean /= total;
  // Spread a little: a beat that swings, or a tempo between two frames, is still the same beat.
  const values = Float64Array.from(strengths, (value, i) => {
    const before = strengths[i - 1] ?? value;
    const after = strengths[i + 1] ?? value;
    return 0.25 * before + 0.5 * value + 0.25 * after - mean;
  });
  return mean > 1e-4 ? { values, weights } : null;
}

/** How far the signal is the same so many frames earlier: 1 all of it, 0 nothing. */
function recurrence({ values, weights }: Signal, lag: number): number {
  const whole = Math.floor(lag);
  const rest = lag - whole;
  let product = 0;
  let now = 1e-12;
  let then = 1e-12;
  for (let i = whole + 1; i < values.length; i += 1) {
    const earlier =
      (1 - rest) * (values[i - whole] as number) + rest * (values[i - whole - 1] as number);
    const value = values[i] as number;
    const weight = weights[i] as number;
    product += weight * value * earlier;
    now += weight * value * value;
    then += weight * earlier * earlier;
  }
  return product / Math.sqrt(now * then);
}

/** The same beat after beat: after one, two and three. */
function again(signal: Signal, lag: number): number {
  return [1, 2, 3].reduce((sum, beats) => sum + recurrence(signal, beats * lag) / 3, 0);
}

/** How well a beat of so many frames fits. */
function fits(signal: Signal, lag: number): number {
  const octaves = Math.log2(ONSET_HZ / lag / USUAL_HZ) / SPREAD_OCTAVES;
  const share = (2 * recurrence(signal, lag) + recurrence(signal, 2 * lag)) / 3;
  return Math.max(share, 0) * Math.exp(-0.5 * octaves * octaves);
}

/** The lag that fits best of those from one to another, frames. */
function bestOf(signal: Signal, from: number, to: number): { score: number; lag: number } {
  let best = { score: Number.NEGATIVE_INFINITY, lag: from };
  for (let lag = from; lag <= to; lag += 1) {
    const score = fits(signal, lag);
    if (score > best.score) best = { score, lag };
  }
  return best;
}

/** The lag between whole ones, from the peak a few beats on, where it is sharper. */
function finer(signal: Signal, lag: number): number {
  let best = { score: Number.NEGATIVE_INFINITY, lag };
  for (let step = -STEPS; step <= STEPS; step += 1) {
    const tried = lag * (1 + (FINE * step) / STEPS);
    const score = recurrence(signal, tried) + recurrence(signal, 2 * tried);
    if (score > best.score) best = { score, lag: tried };
  }
  return best.lag;
}

/** The pulse train about a tempo that the onsets fit best, and how many cycles ago it beat. */
function pulse(
  signal: Signal,
  about: number,
  expected: number | null,
): { hz: number; turned: number } {
  const trust = (turned: number): number =>
    expected === null
      ? 1
      : (1 + STRAY + (1 - STRAY) * Math.cos(2 * Math.PI * (turned - expected))) / 2;
  let best = { size: Number.NEGATIVE_INFINITY, hz: about, turned: 0 };
  for (let step = -STEPS / 2; step <= STEPS / 2; step += 1) {
    const hz = about * (1 + (0.5 * FINE * step) / STEPS);
    const sums = harmonics(signal, hz / ONSET_HZ);
    for (let k = 0; k < 64; k += 1) {
      const turned = k / 64;
      const size = along(sums, turned) * trust(turned);
      if (size > best.size) best = { size, hz, turned };
    }
  }
  // Between the 64 by the parabola through the neighbours.
  const sums = harmonics(signal, best.hz / ONSET_HZ);
  const [left, middle, right] = [-1, 0, 1].map((k) => along(sums, best.turned + k / 64)) as [
    number,
    number,
    number,
  ];
  const bend = left - 2 * middle + right;
  const turned = best.turned + (bend < 0 ? (0.5 * (left - right)) / bend / 64 : 0);
  return { hz: best.hz, turned };
}

/** The signal's Fourier sums at multiples of a frequency (cycles a frame), back from its end. */
function harmonics({ values, weights }: Signal, frequency: number): [number, number][] {
  const last = values.length - 1;
  return Array.from({ length: HARMONICS }, (_, k) => {
    const step = 2 * Math.PI * (k + 1) * frequency;
    const [turn, shift] = [Math.cos(step), Math.sin(step)];
    let [cosine, sine, real, imaginary] = [1, 0, 0, 0];
    for (let i = last; i >= 0; i -= 1) {
      const value = (values[i] as number) * (weights[i] as number);
      real += value * cosine;
      imaginary += value * sine;
      [cosine, sine] = [cosine * turn - sine * shift, sine * turn + cosine * shift];
    }
    return [real, imaginary];
  });
}

/** How much of the signal lies on the pulses that fell `turned` cycles before its end. */
function along(sums: readonly [number, number][], turned: number): number {
  return sums.reduce((total, [real, imaginary], k) => {
    const angle = 2 * Math.PI * (k + 1) * turned;
    return total + real * Math.cos(angle) + imaginary * Math.sin(angle);
  }, 0);
}
