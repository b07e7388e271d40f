import type { Live } from "./wire";

/** What is asked of a channel; the phase in rad, so many cycles a cycle of the beat. */
export interface Wave {
  constant: number;
  amplitude: number;
  phase: number;
  harmonic: number;
}

/** Waves by the names of their channels. */
export type Waves = Record<string, Wave>;
/** Who may ask; what both ask of a channel is added up. */
export type Asker = "drive" | "dance";

/** A rhythm: cycles a second, and its phase (cycles) at a moment, ms since the epoch. */
export interface Beat {
  hz: number;
  phase: number;
  at: number;
}

const WAVE = 4;
const BEAT = 2;
/** Of a carry, before its channels: time, phase and frequency of the rhythm. */
const CLOCKS = 3;
/** How fast time is simulated is taken over so long; slower than that nobody dances. */
const PACE_MS = 1000;
const SLOWEST_PACE = 0.6;

/** What is asked of the policy beside its own schedule, and what its last answer left to carry. */
export class Wheel {
  private live: Live | null = null;
  private readonly asked: Record<Asker, Waves | null> = { drive: null, dance: null };
  private beat: Beat | null = null;
  private carried: Float64Array | null = null;
  /** Times of the states that were asked about lately: simulated, s, and real, ms. */
  private readonly moments: { time: number; at: number }[] = [];

  /** `epoch` tells the time, ms since the epoch. */
  constructor(private readonly epoch: () => number) {}

  /** What this policy can be asked; nothing of one that takes no live commands. */
  fit(live: Live | null): void {
    if (live?.channels.length !== this.live?.channels.length) this.carried = null;
    this.live = live;
  }

  ask(asker: Asker, waves: Waves | null): void {
    this.asked[asker] = waves;
  }

  follow(beat: Beat | null): void {
    this.beat = beat;
  }

  /** What the next state is to bring back; a robot that begins anew has nothing to bring. */
  keep(carried: Float64Array | null): void {
    this.carried = carried;
  }

  /**
   * The numbers of a live state; null for a state of a policy that nobody asks for more.
   *
   * Who once was asked goes on with live states until the robot begins anew: its schedule wants it
   * where it would be without having been driven. `time` is the state's, s since it began.
   */
  row(time: number): Float64Array | null {
    const pace = this.pace(time);
    const { live, asked, beat } = this;
    if (live === null) return null;
    if (asked.drive === null && asked.dance === null && beat === null && this.carried === null) {
      return null;
    }
    const channels = live.channels.length;
    const row = new Float64Array(BEAT + WAVE * channels + live.carried).fill(Number.NaN);
    row[0] = (beat?.hz ?? 0) / pace;
    const phase = beat === null ? 0 : beat.phase + ((this.epoch() - beat.at) / 1000) * beat.hz;
    // The server reads no number beyond a million, and none is needed: phases go round.
    row[1] = phase - Math.floor(phase);
    for (const [column, { name }] of live.channels.entries()) {
      const wave = sum(asked.drive?.[name], asked.dance?.[name]);
      if (wave === null) continue;
      const { constant, amplitude, phase: shift, harmonic } = wave;
      row.set([constant, amplitude, shift, harmonic], BEAT + WAVE * column);
    }
    if (this.carried !== null) row.set(this.carried, BEAT + WAVE * channels);
    return row;
  }

  /** Simulated seconds in a real one, lately: a rhythm is kept in real ones. */
  private pace(time: number): number {
    const { moments } = this;
    const at = this.epoch();
    if (time < (moments.at(-1)?.time ?? 0)) moments.length = 0;
    moments.push({ time, at });
    while (at - (moments[0]?.at ?? at) > PACE_MS) moments.shift();
    const first = moments[0];
    if (first === undefined || at - first.at < PACE_MS / 4) return 1;
    return Math.min(1, Math.max(SLOWEST_PACE, (1000 * (time - first.time)) / (at - first.at)));
  }

  /** The constant that is asked of a channel now, after smoothing; null while nobody asks. */
  constant(name: string): number | null {
    const column = this.live?.channels.findIndex((channel) => channel.name === name) ?? -1;
    return column < 0 ? null : (this.carried?.[CLOCKS + column] ?? null);
  }
}

function sum(one: Wave | undefined, other: Wave | undefined): Wave | null {
  if (one === undefined || other === undefined) return one ?? other ?? null;
  const wave = one.amplitude === 0 ? other : one;
  return { ...wave, constant: one.constant + other.constant };
}
