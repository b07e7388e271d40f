import type { RobotConstants } from "./constants";
import { Joints } from "./joints";
import { observerOf } from "./kinds";
import { act, fits } from "./network";
import type { Observe, State } from "./observe";
import type { PolicyFile } from "./policyFile";
import { PolicyFileError } from "./policyFile";

/** A policy with its robot: raw state in, actuator targets out; what the inference server computes. */
export class Controller {
  readonly observe: Observe;
  private readonly joints: Joints;

  /** Throws `PolicyFileError` where the two do not fit together, or the kind is not known here. */
  constructor(
    private readonly policy: PolicyFile,
    robot: RobotConstants,
  ) {
    if (policy.robot !== robot.robot) {
      throw new PolicyFileError(`these parameters are for ${policy.robot}, not ${robot.robot}`);
    }
    this.observe = observerOf(policy.program, robot);
    this.joints = new Joints(robot);
    if (!fits(policy.weights, policy.weights.mean.length, this.joints.count)) {
      throw new PolicyFileError("the parameters do not fit together");
    }
  }

  /** Actuator targets until the next control step, rad. */
  control(state: State): Float32Array {
    const observation = this.observe(state);
    if (observation.length !== this.policy.weights.mean.length) {
      throw new PolicyFileError("the parameters are for another observation");
    }
    const action = act(this.policy.weights, observation);
    return this.joints.targets(action, state.qpos, state.qvel, state.ctrl);
  }
}
