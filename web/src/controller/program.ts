/** The command schedule of a policy, as its file keeps it, and when which of its stages is due. */
import type { Numbers } from "./numbers";
import { at, sum } from "./numbers";

/** Stages begin half a control step early: clocks that add up steps miss a switch by rounding. */
const EARLY_S = 0.01;
const FOREVER_S = 1e9;

/** One stage; the first one holds the others. */
export interface Program {
  constant: number[];
  amplitude: number[];
  phase: number[];
  /** Hz, of the sinusoids. */
  beat_frequency: number;
  harmonic?: number[];
  /** Waypoints: a time in s since the stage began, then where to be. */
  path?: number[][];
  path_repeats?: boolean;
  phases_s?: number[];
  later?: Program[];
  repeat?: boolean;
  /** What holds for a whole stage, by name. */
  [setting: string]: unknown;
}

/** Where in its schedule a robot is. */
export interface Place<Stage> {
  stage: Stage;
  index: number;
  /** All stages done so many times. */
  rounds: number;
  /** Since this stage began, s. */
  since: number;
}

/** The stages, which begin again after the last one unless they are not to repeat. */
export class Stages<Stage> {
  readonly all: Stage[];
  /** How long each of them lasts, s. */
  readonly lasts: number[];

  constructor(program: Program, make: (stage: Program) => Stage) {
    this.all = [program, ...(program.later ?? [])].map(make);
    const { phases_s: lasts = [], repeat = true } = program;
    this.lasts = lasts.length > 0 ? [...lasts] : [FOREVER_S];
    if (!repeat) this.lasts[this.lasts.length - 1] = FOREVER_S;
  }

  get first(): Stage {
    return this.all[0] as Stage;
  }

  /** Where in them one is at a time, s. */
  place(time: number): Place<Stage> {
    const round = sum(this.lasts);
    const rounds = Math.floor((time + EARLY_S) / round);
    let since = time - rounds * round;
    let index = 0;
    while (index < this.lasts.length - 1 && since + EARLY_S >= at(this.lasts, index)) {
      since -= at(this.lasts, index);
      index += 1;
    }
    return { stage: this.all[index] as Stage, index, rounds, since };
  }
}

/** A constant and a sinusoid for each channel. */
export class Waves {
  readonly constant: Float64Array;
  readonly amplitude: Float64Array;
  readonly phase: Float64Array;

  constructor({ constant, amplitude, phase }: Program) {
    this.constant = Float64Array.from(constant);
    this.amplitude = Float64Array.from(amplitude);
    this.phase = Float64Array.from(phase);
  }

  /** What is asked of a channel whose sinusoid has turned by `angle`, rad. */
  at(channel: number, angle: number): number {
    const { constant, amplitude, phase } = this;
    return at(constant, channel) + at(amplitude, channel) * Math.sin(angle + at(phase, channel));
  }

  /** The most that is asked of a channel in either direction. */
  peak(channel: number): number {
    return Math.abs(at(this.constant, channel)) + Math.abs(at(this.amplitude, channel));
  }

  get count(): number {
    return this.constant.length;
  }
}

/** Values by the names of the channels. */
export function named(channels: string[], values: Numbers): (name: string) => number {
  return (name) => {
    const column = channels.indexOf(name);
    return column < 0 ? 0 : at(values, column);
  };
}
