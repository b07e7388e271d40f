/** What a legged robot's policy sees. Its root is free: x, y, z, quaternion w, x, y, z. */
import type { RobotConstants } from "../../constants";
import type { Numbers } from "../../numbers";
import { at, clip, waves } from "../../numbers";
import type { Observe, State } from "../../observe";
import { joined } from "../../observe";
import type { Program } from "../../program";
import type { LeggedConstants } from "./constants";
import { minus, turned } from "./planar";
import { Schedule } from "./schedule";

/** Commands to come are seen so long before, s. */
const AHEAD_S = 0.1;
const [ROOT_Q, ROOT_V] = [7, 6];

export function observer(program: Program, constants: RobotConstants): Observe {
  const robot = constants as LeggedConstants;
  const schedule = new Schedule(program, robot);
  const home = Float32Array.from(robot.home);
  const scale = Float32Array.from(robot.action_scale);

  return ({ time, qpos, qvel, ctrl }: State) => {
    const axes = worldInBody(qpos);
    const yaw = Math.atan2(at(axes[1], 0), at(axes[0], 0));
    const stage = schedule.at(time);
    const phase = stage.gait(time);
    // A foot at rest has no clock: both of its waves are zero.
    const clock = (wave: (angle: number) => number): number[] =>
      phase.map((cycles) => (stage.steps || cycles > 0 ? wave(2 * Math.PI * cycles) : 0));
    const velocity = axes[0].map((_, i) =>
      axes.reduce((total, axis, j) => total + at(axis, i) * at(qvel, j), 0),
    );
    const known = velocity.every(Number.isFinite);
    const error = schedule.heading(time) - yaw;
    return joined(robot.observation, {
      gravity: axes[2].map((part) => -part),
      angular_velocity: [3, 4, 5].map((i) => at(qvel, i)),
      linear_velocity: known ? velocity : [0, 0, 0],
      linear_velocity_known: [known ? 1 : 0],
      joint_offset: home.map((angle, i) => at(qpos, ROOT_Q + i) - angle),
      joint_velocity: home.map((_, i) => at(qvel, ROOT_V + i)),
      last_action: home.map((angle, i) => (at(ctrl, i) - angle) / at(scale, i)),
      command: stage.command(time),
      command_ahead: schedule.at(time + AHEAD_S).command(time + AHEAD_S),
      heading_error: [clip(wrapped(error), -1, 1)],
      path_error: pathError(schedule, time, qpos, yaw, robot.path_reach),
      step_frequency: [stage.frequency],
      gait_sin: clock(Math.sin),
      gait_cos: clock(Math.cos),
      modulation: waves(stage.omega * time),
    });
  };
}

/** Where the path is as the robot sees it, m ahead and left, within its reach; else 0. */
function pathError(
  schedule: Schedule,
  time: number,
  qpos: Numbers,
  yaw: number,
  reach: number,
): number[] {
  const { x, y } = turned(-yaw, minus(schedule.path(time), { x: at(qpos, 0), y: at(qpos, 1) }));
  return [x, y].map((part) => (Number.isNaN(part) ? 0 : clip(part, -reach, reach)));
}

/** The world's axes in the frame of a body whose quaternion begins at 3. */
function worldInBody(qpos: Numbers): [number[], number[], number[]] {
  const [w, x, y, z] = [3, 4, 5, 6].map((i) => at(qpos, i)) as [number, number, number, number];
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ];
}

/** An angle between -π and π. */
function wrapped(angle: number): number {
  const turn = 2 * Math.PI;
  return angle + Math.PI - turn * Math.floor((angle + Math.PI) / turn) - Math.PI;
}
