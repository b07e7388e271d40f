/** From actions to joint targets, within what joints and motors can do. */
import type { RobotConstants } from "./constants";
import type { Numbers } from "./numbers";
import { at, clip } from "./numbers";

export class Joints {
  readonly count: number;
  private readonly home: Float32Array;
  private readonly scale: Float32Array;
  private readonly lower: Float32Array;
  private readonly upper: Float32Array;
  private readonly stiffness: Float32Array;
  private readonly damping: Float32Array;
  private readonly torque: Float32Array;
  private readonly noLoad: Float32Array;
  private readonly slope: Float32Array;
  /** Seconds that an action holds where targets are integrated; null where they are not. */
  private readonly period: number | null;

  constructor(robot: RobotConstants) {
    this.count = robot.home.length;
    this.home = Float32Array.from(robot.home);
    this.scale = Float32Array.from(robot.action_scale);
    this.lower = Float32Array.from(robot.joint_range, ([lower]) => lower);
    this.upper = Float32Array.from(robot.joint_range, ([, upper]) => upper);
    this.stiffness = Float32Array.from(robot.stiffness);
    this.damping = Float32Array.from(robot.damping);
    const { torque, corner_speed: corner, no_load_speed: noLoad } = robot.motors;
    this.torque = Float32Array.from(torque);
    this.noLoad = Float32Array.from(noLoad);
    this.slope = this.torque.map(
      (most, i) => most / (at(this.noLoad, i) - Math.fround(at(corner, i))),
    );
    this.period = robot.integrated ? 1 / robot.control_hz : null;
  }

  /**
   * Actuator targets of an action, rad: the target moves until the actuator asks for no more torque
   * than its motor has at this speed, and stays within the joint's limits.
   *
   * A robot's joints come last in `qpos` and `qvel`; `last` are the targets in force.
   */
  targets(action: Numbers, qpos: Numbers, qvel: Numbers, last: Numbers): Float32Array {
    const [q, v] = [qpos.length - this.count, qvel.length - this.count];
    return Float32Array.from({ length: this.count }, (_, i) => {
      const [position, velocity] = [at(qpos, q + i), at(qvel, v + i)];
      const damped = at(this.damping, i) * velocity;
      const most = position + (this.most(i, velocity) + damped) / at(this.stiffness, i);
      const least = position - (this.most(i, -velocity) - damped) / at(this.stiffness, i);
      const wanted = clip(this.wanted(i, at(action, i), at(last, i)), least, most);
      return clip(wanted, at(this.lower, i), at(this.upper, i));
    });
  }

  /** The largest torque of a motor at a joint's velocity, N·m. */
  private most(i: number, velocity: number): number {
    return clip((at(this.noLoad, i) - velocity) * at(this.slope, i), 0, at(this.torque, i));
  }

  private wanted(i: number, action: number, last: number): number {
    const moved = at(this.scale, i) * action;
    return this.period === null ? at(this.home, i) + moved : last + moved * this.period;
  }
}
