/** What a legged robot's policy sees. Its root is free: x, y, z, quaternion w, x, y, z. */
import type { RobotConstants } from "../../constants";
import { LiveControl } from "../../live";
import type { Numbers } from "../../numbers";
import { at, clip, waves } from "../../numbers";
import type { Observer, State } from "../../observe";
import { joined } from "../../observe";
import type { Program } from "../../program";
import { Stages } from "../../program";
import { worldInBody, wrapped, yawOf } from "./attitude";
import { begun, moved } from "./clocks";
import type { LeggedConstants } from "./constants";
import type { Planar } from "./planar";
import { minus, turned } from "./planar";
import { Schedule } from "./schedule";
import { Stage } from "./stage";

/** Commands to come are seen so long before, s. */
const AHEAD_S = 0.1;
const [ROOT_Q, ROOT_V] = [7, 6];

export function observer(program: Program, constants: RobotConstants): Observer {
  const robot = constants as LeggedConstants;
  const schedule = new Schedule(program, robot);
  const programs = new Stages(program, (stage) => stage);
  const live = new LiveControl(robot, (state) => begun(schedule.at(state.time), state));
  return {
    observe: (state) => seen(robot, scheduled(schedule, state.time), state),
    drive(state, row) {
      const before = live.carried(row, state, (time) => programs.place(time));
      const moment = live.moment(row, before, programs.place(before.clock).stage);
      const stage = new Stage(moment.program, robot);
      const own = moved(stage, moment.at, before.own, state, robot);
      return {
        seen: seen(robot, driven(stage, moment.at, before.own), state),
        carry: live.packed({ ...moment.carry, own }),
      };
    },
  };
}

/** What a policy is told at a moment, besides the state. */
interface Told {
  stage: Stage;
  /** The time at which the stage's clocks are, s. */
  at: number;
  ahead: number[];
  phase: number[];
  /** Where the robot is to look, rad, and to be, m. */
  heading: number;
  path: Planar;
}

function scheduled(schedule: Schedule, at: number): Told {
  const stage = schedule.at(at);
  return {
    stage,
    at,
    ahead: schedule.at(at + AHEAD_S).command(at + AHEAD_S),
    phase: stage.gait(at),
    heading: schedule.heading(at),
    path: schedule.path(at),
  };
}

function driven(
  stage: Stage,
  at: number,
  [strides = 0, heading = 0, x = 0, y = 0]: number[],
): Told {
  const phase = stage.phases(strides, stage.command(at));
  return { stage, at, ahead: stage.command(at + AHEAD_S), phase, heading, path: { x, y } };
}

function seen(
  robot: LeggedConstants,
  { stage, at: time, ahead, phase, heading, path }: Told,
  { qpos, qvel, ctrl }: State,
): Float32Array {
  const home = Float32Array.from(robot.home);
  const scale = Float32Array.from(robot.action_scale);
  const axes = worldInBody(qpos);
  const yaw = yawOf(qpos);
  // A foot at rest has no clock: both of its waves are zero.
  const clock = (wave: (angle: number) => number): number[] =>
    phase.map((cycles) => (stage.steps || cycles > 0 ? wave(2 * Math.PI * cycles) : 0));
  const velocity = axes[0].map((_, i) =>
    axes.reduce((total, axis, j) => total + at(axis, i) * at(qvel, j), 0),
  );
  const known = velocity.every(Number.isFinite);
  return joined(robot.observation, {
    gravity: axes[2].map((part) => -part),
    angular_velocity: [3, 4, 5].map((i) => at(qvel, i)),
    linear_velocity: known ? velocity : [0, 0, 0],
    linear_velocity_known: [known ? 1 : 0],
    joint_offset: home.map((angle, i) => at(qpos, ROOT_Q + i) - angle),
    joint_velocity: home.map((_, i) => at(qvel, ROOT_V + i)),
    last_action: home.map((angle, i) => (at(ctrl, i) - angle) / at(scale, i)),
    command: stage.command(time),
    command_ahead: ahead,
    heading_error: [clip(wrapped(heading - yaw), -1, 1)],
    path_error: pathError(path, qpos, yaw, robot.path_reach),
    step_frequency: [stage.frequency],
    gait_sin: clock(Math.sin),
    gait_cos: clock(Math.cos),
    modulation: waves(stage.omega * time),
  });
}

/** Where the path is as the robot sees it, m ahead and left, within its reach; else 0. */
function pathError(path: Planar, qpos: Numbers, yaw: number, reach: number): number[] {
  const { x, y } = turned(-yaw, minus(path, { x: at(qpos, 0), y: at(qpos, 1) }));
  return [x, y].map((part) => (Number.isNaN(part) ? 0 : clip(part, -reach, reach)));
}
