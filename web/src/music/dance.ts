/** What is danced to a beat: which move, in how many beats a cycle, and where in it. */
import type { Driving, Move } from "@/api/types";
import type { Beat, Waves } from "@/sim/wheel";
import type { LiveChannel } from "@/sim/wire";

/** A cycle takes two beats: one extreme falls on each. */
const BEATS_A_CYCLE = 2;
/** A move lasts so many beats. */
export const SECTION = 8;

/** Beats that go on: how many there were at a moment, ms since the epoch, and how fast they are. */
export class BeatCount {
  private count = 0;
  private at: number | null = null;
  hz = 0;

  /** There was a beat at a moment, and so many are in a second. */
  heard(hz: number, at: number): void {
    // The nearest whole number: the count goes on over small corrections and changes of tempo.
    this.count = this.at === null ? 0 : Math.round(this.now(at));
    this.at = at;
    this.hz = hz;
  }

  /** How many beats there have been, parts of one counting as well. */
  now(at: number): number {
    return this.at === null ? 0 : this.count + ((at - this.at) / 1000) * this.hz;
  }

  clear(): void {
    this.at = null;
  }
}

/** How many beats a cycle takes: two, halved or doubled until the robot is at ease with it. */
export function beatsACycle(
  hz: number,
  { slowest_hz: slowest, fastest_hz: fastest }: Pick<Driving, "slowest_hz" | "fastest_hz">,
): number {
  let beats = BEATS_A_CYCLE;
  while (hz / beats > fastest) beats *= 2;
  while (hz / beats < slowest && hz / (beats / 2) <= fastest) beats /= 2;
  return beats;
}

/** The same for a rhythm of its own: as near to it as halving and doubling goes. */
export function beatsNear(hz: number, rhythmHz: number): number {
  return 2 ** Math.round(Math.log2(hz / rhythmHz));
}

/** How far a robot is behind a move at so many cycles a second, s: between what was measured. */
export function lagAt(lags: Move["lags"], hz: number): number {
  const after = lags.findIndex((lag) => lag.hz >= hz);
  const [one, other] = [lags[after - 1], lags[after]];
  if (other === undefined) return lags.at(-1)?.s ?? 0;
  if (one === undefined) return other.s;
  return one.s + ((hz - one.hz) / (other.hz - one.hz)) * (other.s - one.s);
}

/** The rhythm that a count of beats is, so many of them a cycle, asked `leadS` ahead of time. */
export function rhythm(count: BeatCount, beats: number, at: number, leadS: number): Beat {
  const hz = count.hz / beats;
  return { hz, phase: count.now(at) / beats + hz * leadS, at };
}

/** The moves in the order in which they are danced: other ones first for every seed. */
export function order(moves: readonly Move[], seed: number): Move[] {
  const left = [...moves];
  const ordered: Move[] = [];
  let state = (seed + 1) * 2_654_435_761;
  while (left.length > 0) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    ordered.push(...left.splice(state % left.length, 1));
  }
  return ordered;
}

/** The move of a moment, by the count of beats; null of a robot that has none. */
export function moveAt(ordered: readonly Move[], beats: number): Move | null {
  const section = Math.max(0, Math.floor(beats / SECTION));
  return ordered[section % ordered.length] ?? null;
}

/** What a move asks of the channels; those of other moves are to be at rest. */
export function wavesOf(
  move: Move,
  moves: readonly Move[],
  channels: readonly LiveChannel[],
): Waves {
  const danced = new Set(moves.flatMap(({ waves }) => waves.map(({ channel }) => channel)));
  const asked: Waves = {};
  for (const { name, lower, upper, amplitude } of channels) {
    if (!danced.has(name)) continue;
    const wave = move.waves.find(({ channel }) => channel === name);
    const { constant = 0, amplitude: share = 0, phase = 0, harmonic = 1 } = wave ?? {};
    asked[name] = {
      constant: constant > 0 ? constant * upper : -constant * lower,
      amplitude: share * amplitude,
      phase,
      harmonic,
    };
  }
  return asked;
}
