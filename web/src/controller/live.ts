/**
 * Live commands: what somebody at the wheel, or the music, asks of a policy while it plays.
 *
 * The twin of `tabrl.control.live`: every channel may be driven, a beat leads the schedule's clock,
 * both are smoothed and kept within what the robot can do. What one state must know of the one before
 * is a carry, which comes back with the next state.
 */
import type { DrivenChannel, LiveConstants, RobotConstants } from "./constants";
import { at, clip } from "./numbers";
import type { State } from "./observe";
import type { Place, Program } from "./program";

/** Numbers of a driven channel: constant, amplitude, phase, harmonic; and of the beat before them. */
const WAVE = 4;
const BEAT = 2;
/** Of a carry, before its channels: the schedule's time, its phase, its frequency. */
const CLOCKS = 3;
/** A constant takes so long over all that its channel does, an amplitude from nothing to its most, s. */
const RAMP_S = 0.8;
const SWELL_S = 0.5;
/** Of a phase that is behind, in one control step; at most so much of the frequency. */
const PULL = 0.15;
const LARGEST_PULL = 0.5;
/** Hz a second by which the frequency changes. */
const HASTE = 1;

/** What was carried from the step before. */
export interface Carry {
  /** The schedule's time, s. */
  clock: number;
  /** Of the rhythm, in cycles. */
  phase: number;
  hz: number;
  constant: number[];
  amplitude: number[];
  /** The kind's own clocks. */
  own: number[];
}

/** One moment of a driven schedule: a stage of its own, at the time at which its rhythm is due. */
export interface Moment {
  program: Program;
  at: number;
  carry: Carry;
}

/** Evaluates live commands for one robot. */
export class LiveControl {
  private readonly count: number;
  private readonly period: number;

  constructor(
    private readonly robot: RobotConstants,
    private readonly begin: (state: State) => number[],
  ) {
    this.count = robot.channels.length;
    this.period = 1 / robot.control_hz;
  }

  /** The carry of a row of live commands; of one that has none yet what the schedule says. */
  carried(live: Float64Array, state: State, now: (time: number) => Place<Program>): Carry {
    const rows = live.subarray(BEAT + WAVE * this.count);
    if (rows.some(Number.isNaN)) {
      const { constant, amplitude, beat_frequency: hz } = now(state.time).stage;
      const phase = hz * state.time;
      return { clock: state.time, phase, hz, constant, amplitude, own: this.begin(state) };
    }
    const [middle, end] = [CLOCKS + this.count, CLOCKS + 2 * this.count];
    return {
      clock: at(rows, 0),
      phase: at(rows, 1),
      hz: at(rows, 2),
      constant: Array.from(rows.subarray(CLOCKS, middle)),
      amplitude: Array.from(rows.subarray(middle, end)),
      own: Array.from(rows.subarray(end)),
    };
  }

  /** The schedule of this moment, and the carry of the next but for the kind's own clocks. */
  moment(live: Float64Array, before: Carry, stage: Program): Moment {
    const { phase, hz } = this.led(live, before, stage);
    const constant = this.robot.channels.map((_, channel) => {
      const { lower, upper } = this.span(channel);
      const wanted = this.driven(live, channel)
        ? clip(this.wave(live, channel, 0), lower, upper)
        : at(stage.constant, channel);
      return this.towards(wanted, at(before.constant, channel), (upper - lower) / RAMP_S);
    });
    const amplitude = this.robot.channels.map((_, channel) => {
      const { amplitude: most } = this.span(channel);
      const wanted = this.driven(live, channel)
        ? clip(this.wave(live, channel, 1), 0, most)
        : at(stage.amplitude, channel);
      return this.towards(wanted, at(before.amplitude, channel), most / SWELL_S);
    });
    const following = phase + hz * this.period;
    const clock = before.clock + (following - before.phase) / stage.beat_frequency;
    return {
      program: this.program(live, stage, constant, amplitude, hz),
      at: phase / hz,
      carry: { clock, phase: following, hz, constant, amplitude, own: before.own },
    };
  }

  packed({ clock, phase, hz, constant, amplitude, own }: Carry): Float64Array {
    return Float64Array.from([clock, phase, hz, ...constant, ...amplitude, ...own]);
  }

  private program(
    live: Float64Array,
    stage: Program,
    constant: number[],
    amplitude: number[],
    hz: number,
  ): Program {
    const channels = this.robot.channels.map((_, channel) => channel);
    const driven = channels.map((channel) => this.driven(live, channel));
    const phase = channels.map((channel) =>
      driven[channel] ? this.wave(live, channel, 2) : at(stage.phase, channel),
    );
    const { harmonic: own = [] } = stage;
    const harmonic = this.robot.harmonics
      ? channels.map((channel) =>
          driven[channel] ? this.wave(live, channel, 3) : (own[channel] ?? 1),
        )
      : own;
    // Who is driven leaves the path.
    const free = driven.slice(0, this.robot.on_path ?? 0).some(Boolean);
    const path = free ? { path: [], path_repeats: false } : {};
    return {
      ...stage,
      ...path,
      constant,
      amplitude,
      phase,
      harmonic,
      beat_frequency: hz,
      later: [],
      phases_s: [],
      repeat: true,
    };
  }

  /** Phase and frequency of the rhythm now: led by the beat, else the schedule's own. */
  private led(live: Float64Array, before: Carry, stage: Program): { phase: number; hz: number } {
    const beaten = at(live, 0) > 0;
    const [slowest, fastest] = this.limits.rhythm_hz;
    const wanted = beaten ? clip(at(live, 0), slowest, fastest) : stage.beat_frequency;
    const hz = this.towards(wanted, before.hz, HASTE);
    if (!beaten) return { phase: before.phase, hz };
    const behind = at(live, 1) - before.phase;
    const most = LARGEST_PULL * hz * this.period;
    const pull = clip(PULL * (behind - Math.round(behind)), -most, most);
    return { phase: before.phase + pull, hz };
  }

  private wave(live: Float64Array, channel: number, part: number): number {
    return at(live, BEAT + WAVE * channel + part);
  }

  private driven(live: Float64Array, channel: number): boolean {
    return Number.isFinite(this.wave(live, channel, 0));
  }

  private get limits(): LiveConstants {
    const { live } = this.robot;
    if (live === undefined) throw new Error("nothing is known of how this robot can be driven");
    return live;
  }

  private span(channel: number): DrivenChannel {
    return this.limits.channels[channel] as DrivenChannel;
  }

  private towards(wanted: number, before: number, speed: number): number {
    const most = speed * this.period;
    return before + clip(wanted - before, -most, most);
  }
}
