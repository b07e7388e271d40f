import type { RobotConstants } from "./constants";
import type { Numbers } from "./numbers";
import type { Program } from "./program";

/**
 * A raw state as MuJoCo has it: `time` in s since the reset, `ctrl` the actuator targets in force.
 * What a robot does not know of its root's place and speed is not a number.
 */
export interface State {
  time: number;
  qpos: Numbers;
  qvel: Numbers;
  ctrl: Numbers;
}

/** What a policy sees of a driven robot, and what comes back with the next state. */
export interface Driven {
  seen: Float32Array;
  carry: Float64Array;
}

/** What a policy sees of its robot. */
export interface Observer {
  /** Of one that follows the schedule. */
  observe(state: State): Float32Array;
  /** Of one under live commands: a row of them as it is sent, its carry at the end. */
  drive(state: State, live: Float64Array): Driven;
}

/** The observer of a robot of some kind under a program. */
export type MakeObserver = (program: Program, robot: RobotConstants) => Observer;

/** The parts in the order of the policy's input. Throws for a name that is not among them. */
export function joined(names: string[], parts: Record<string, Numbers>): Float32Array {
  return Float32Array.from(
    names.flatMap((name) => {
      const part = parts[name];
      if (part === undefined) throw new Error(`nothing is known here of ${name}`);
      return Array.from(part);
    }),
  );
}
