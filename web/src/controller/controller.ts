import type { DrivenChannel, RobotConstants } from "./constants";
import { Joints } from "./joints";
import { observerOf } from "./kinds";
import { act, fits } from "./network";
import type { Observer, State } from "./observe";
import type { PolicyFile } from "./policyFile";
import { PolicyFileError } from "./policyFile";

/** Channels that can be driven, numbers of a carry, and the frequency of the schedule's own rhythm. */
export interface LiveAsks {
  channels: DrivenChannel[];
  carried: number;
  rhythm_hz: number;
}

/** A policy with its robot: raw state in, actuator targets out; what the inference server computes. */
export class Controller {
  private readonly observer: Observer;
  private readonly joints: Joints;

  /** Throws `PolicyFileError` where the two do not fit together, or the kind is not known here. */
  constructor(
    private readonly policy: PolicyFile,
    private readonly robot: RobotConstants,
  ) {
    if (policy.robot !== robot.robot) {
      throw new PolicyFileError(`these parameters are for ${policy.robot}, not ${robot.robot}`);
    }
    this.observer = observerOf(policy.program, robot);
    this.joints = new Joints(robot);
    if (!fits(policy.weights, policy.weights.mean.length, this.joints.count)) {
      throw new PolicyFileError("the parameters do not fit together");
    }
  }

  /** Actuator targets until the next control step, rad. */
  control(state: State): Float32Array {
    return this.targets(this.observe(state), state);
  }

  /** The same under live commands, and the carry that comes back with the next state. */
  drive(state: State, live: Float64Array): { ctrl: Float32Array; carry: Float64Array } {
    const { seen, carry } = this.observer.drive(state, live);
    return { ctrl: this.targets(seen, state), carry };
  }

  /** What the policy sees of a robot that follows its schedule. */
  observe(state: State): Float32Array {
    return this.observer.observe(state);
  }

  /** What the policy can be asked while it plays; null where its robot's constants do not say. */
  get live(): LiveAsks | null {
    const { live } = this.robot;
    if (live === undefined) return null;
    const { later = [], ...first } = this.policy.program;
    const swinging = [first, ...later].find(({ amplitude }) => amplitude.some(Boolean));
    const { channels, carried } = live;
    return { channels, carried, rhythm_hz: swinging?.beat_frequency ?? 0 };
  }

  private targets(observation: Float32Array, state: State): Float32Array {
    if (observation.length !== this.policy.weights.mean.length) {
      throw new PolicyFileError("the parameters are for another observation");
    }
    const action = act(this.policy.weights, observation);
    return this.joints.targets(action, state.qpos, state.qvel, state.ctrl);
  }
}
