/** What an arm's policy sees. */
import type { RobotConstants } from "../../constants";
import { LiveControl } from "../../live";
import { at, clip, waves } from "../../numbers";
import type { Observer, State } from "../../observe";
import { joined } from "../../observe";
import type { Program } from "../../program";
import { named, Stages } from "../../program";
import { Posed } from "./chain";
import type { ArmConstants } from "./constants";
import { height, toOtherSide } from "./elbow";
import { Schedule, Stage } from "./schedule";
import type { Vector } from "./vectors";
import { column, cross, dot, minus, plus, times } from "./vectors";

/** Commands to come are seen so long before, s. */
const AHEAD_S = 0.1;

export function observer(program: Program, constants: RobotConstants): Observer {
  const robot = constants as ArmConstants;
  const schedule = new Schedule(program, robot);
  const programs = new Stages(program, (stage) => stage);
  const live = new LiveControl(robot, () => []);
  return {
    observe: (state) => seen(robot, scheduled(schedule, state.time), state),
    drive(state, row) {
      const before = live.carried(row, state, (time) => programs.place(time));
      const { stage: asked, since } = programs.place(before.clock);
      const moment = live.moment(row, before, asked);
      const stage = new Stage(moment.program, robot);
      return {
        seen: seen(robot, told(stage, moment.at, since), state),
        carry: live.packed(moment.carry),
      };
    },
  };
}

/** What a policy is told at a moment, besides the state. */
interface Told {
  stage: Stage;
  /** The time at which the stage's clocks are, s. */
  at: number;
  command: number[];
  ahead: number[];
}

function scheduled(schedule: Schedule, time: number): Told {
  const [command, ahead] = [schedule.command(time), schedule.command(time + AHEAD_S)];
  return { stage: schedule.at(time), at: time, command, ahead };
}

/** Of one stage alone, that began so long ago. */
function told(stage: Stage, time: number, since: number): Told {
  const ahead = stage.command(time + AHEAD_S, since + AHEAD_S);
  return { stage, at: time, command: stage.command(time, since), ahead };
}

function seen(
  robot: ArmConstants,
  { stage, at: time, command, ahead }: Told,
  { qpos, qvel, ctrl }: State,
): Float32Array {
  const posed = new Posed(robot, qpos);
  const asked = named(robot.channels, command);
  const error = placeError(robot, command, posed);
  const { off, roll } = turnError(robot, command, posed);
  const offset = robot.home.map((angle, i) => at(qpos, i) - Math.fround(angle));
  const bent = offset.map((angle, i) => {
    const channel = robot.joint_channels[i] ?? null;
    return (channel === null ? 0 : at(command, channel)) - angle;
  });
  const byJoints = clip(asked("joints"), 0, 1);
  const there = wayTo(robot, ahead, posed, stage.settings);
  const way = plus(times(byJoints, bent), there, 1 - byJoints);
  return joined(robot.observation, {
    joint_offset: offset,
    joint_velocity: offset.map((_, i) => at(qvel, i)),
    target_lead: offset.map((_, i) => at(ctrl, i) - at(qpos, i)),
    joint_error: bent,
    joint_way: way,
    joint_way_near: way.map((turn) => clip(turn / robot.way.near_rad, -1, 1)),
    tool_axis: posed.axis,
    tool_error: error.map((part) => clip(part, -robot.far_m, robot.far_m)),
    tool_error_near: error.map((part) => clip(part / robot.near_m, -1, 1)),
    pointing_error: off,
    roll_error: [roll],
    command,
    settings: stage.settings,
    command_ahead: ahead,
    modulation: waves(stage.omega * time),
  });
}

/** How far the tool is from where it is asked to be, m. */
function placeError(robot: ArmConstants, command: number[], { tip }: Posed): Vector {
  const asked = named(robot.channels, command);
  const wanted = plus(robot.home_place, [asked("x"), asked("y"), asked("z")]);
  return minus(wanted, tip);
}

/** How a tool must turn to point as it is asked to, and how far it must roll about itself, rad. */
function turnError(
  robot: ArmConstants,
  command: number[],
  { axis, side }: Posed,
): { off: Vector; roll: number } {
  const asked = named(robot.channels, command);
  const roll = asked("roll");
  const [across, up] = [column(robot.home_axes, 0), column(robot.home_axes, 1)];
  const pointed = (vector: Vector): Vector =>
    pointing(vector, asked("azimuth"), asked("elevation"));
  const wanted = pointed(column(robot.home_axes, 2));
  const wantedSide = pointed(plus(times(Math.cos(roll), across), up, Math.sin(roll)));
  const turn = cross(axis, wanted);
  const along = dot(axis, wanted);
  // Beyond a right angle the sine would fall again.
  const off = along < 0 ? times((1 - along) / Math.sqrt(dot(turn, turn) + 1e-12), turn) : turn;
  const rolled = Math.atan2(dot(cross(side, wantedSide), axis), dot(side, wantedSide));
  return { off, roll: rolled };
}

/** The way of the joints to what is asked soon; an elbow changes sides first. */
function wayTo(robot: ArmConstants, ahead: number[], posed: Posed, settings: number[]): Vector {
  const { elbow } = robot;
  if (elbow !== null && height(posed, elbow) * at(settings, elbow.setting) < 0) {
    return toOtherSide(posed, elbow, robot.way.step_rad);
  }
  const { off, roll } = turnError(robot, ahead, posed);
  return posed.way({
    place: placeError(robot, ahead, posed),
    turn: plus(off, posed.axis, roll),
  });
}

/** A vector tipped from straight down to ahead, then turned to the left. */
function pointing(vector: Vector, azimuth: number, elevation: number): Vector {
  const [x, y, z] = vector as [number, number, number];
  const tipped: Vector = [
    Math.cos(elevation) * x - Math.sin(elevation) * z,
    y,
    Math.sin(elevation) * x + Math.cos(elevation) * z,
  ];
  const [ahead, left, up] = tipped as [number, number, number];
  return [
    Math.cos(azimuth) * ahead - Math.sin(azimuth) * left,
    Math.sin(azimuth) * ahead + Math.cos(azimuth) * left,
    up,
  ];
}
