/**
 * Clocks of a legged robot that somebody drives: strides (cycles), the heading (rad) and the place
 * (m) wanted in the world. In a schedule they are closed forms of the time; whoever drives changes
 * what is asked at any time, and the sum over the steps so far is what is wanted.
 */
import { at, clip } from "../../numbers";
import type { State } from "../../observe";
import { named } from "../../program";
import { wrapped, yawOf } from "./attitude";
import type { LeggedConstants } from "./constants";
import { minus, plus, turned } from "./planar";
import type { Stage } from "./stage";

/** How far what is wanted may be ahead of a robot that does not follow, rad. */
const HEADING_LEASH = 0.5;
/** The same over the floor, of how far a robot sees its path. */
const PATH_LEASH = 0.5;

/** As the robot is, with the strides of its schedule. */
export function begun(stage: Stage, { time, qpos }: State): number[] {
  const place = [at(qpos, 0), at(qpos, 1)].map((part) => (Number.isNaN(part) ? 0 : part));
  return [fraction(stage.frequency * time), yawOf(qpos), ...place];
}

/** The clocks a control step later. */
export function moved(
  stage: Stage,
  time: number,
  [strides = 0, heading = 0, x = 0, y = 0]: number[],
  { qpos }: State,
  robot: LeggedConstants,
): number[] {
  const period = 1 / robot.control_hz;
  const pace = stage.steps ? period : 0;
  const asked = named(robot.channels, stage.command(time));
  const rate = pace * asked("yaw");
  const way = turned(heading + rate / 2, { x: pace * asked("vx"), y: pace * asked("vy") });
  const here = { x: at(qpos, 0), y: at(qpos, 1) };
  const apart = minus(plus({ x, y }, way), here);
  const leash = PATH_LEASH * robot.path_reach;
  const share = Math.min(1, leash / Math.max(Math.hypot(apart.x, apart.y), 1e-9));
  const held = plus(here, { x: share * apart.x, y: share * apart.y });
  const yaw = yawOf(qpos);
  const ahead = clip(wrapped(heading + rate - yaw), -HEADING_LEASH, HEADING_LEASH);
  return [
    // Whoever stops begins with the same foot again.
    stage.steps ? fraction(strides + stage.frequency * period) : 0,
    yaw + ahead,
    ...[held.x, held.y].map((part) => (Number.isFinite(part) ? part : 0)),
  ];
}

function fraction(value: number): number {
  return value - Math.floor(value);
}
