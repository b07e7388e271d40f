/** Figures over the picture, computed from what was simulated. */
import type { Readout } from "@/api/types";
import { groundHeight } from "./ground";
import type { SceneInfo } from "./messages";

type Qpos = ArrayLike<number>;
type Place = [number, number, number];

/** A state, and where the scene's sites were in it, `[nsite * 3]`. */
export interface Moment {
  qpos: Qpos;
  sites: ArrayLike<number>;
}

/** A figure from two moments `dt` seconds apart, the later one being the present. */
export type Reading = (before: Moment, after: Moment, dt: number) => number;

/**
 * How to compute a figure of this scene's robot; null where the page does not know how.
 * `tool` is the site at the end of an arm.
 */
export function readingOf(
  { quantity, part }: Pick<Readout, "quantity" | "part">,
  scene: SceneInfo,
  tool: string | null,
): Reading | null {
  if (quantity === "joint_position") {
    const joint = scene.joints.find(({ name }) => name === part);
    return joint === undefined ? null : (_, { qpos }) => qpos[joint.qposAdr] ?? Number.NaN;
  }
  if (quantity === "tool_position" || quantity === "tool_speed") return ofTool(part, scene, tool);
  if (scene.root.plane !== null) return inPlane(quantity, scene.root.plane);
  const at = scene.root.qposAdr;
  if (at === null) return null;
  switch (quantity) {
    case "forward_speed":
      return (before, after, dt) => planar(at, before.qpos, after.qpos, dt).forward;
    case "lateral_speed":
      return (before, after, dt) => planar(at, before.qpos, after.qpos, dt).left;
    case "yaw_rate":
      return (before, after, dt) => {
        const turn = heading(after.qpos, at) - heading(before.qpos, at);
        return Math.atan2(Math.sin(turn), Math.cos(turn)) / dt;
      };
    case "roll":
      return (_, { qpos }) => tilt(qpos, at).roll;
    case "pitch":
      return (_, { qpos }) => tilt(qpos, at).pitch;
    case "height":
      return (_, { qpos }) => {
        const [x, y, z] = [0, 1, 2].map((i) => qpos[at + i] ?? Number.NaN) as Place;
        return z - groundHeight(scene.ground, x, y);
      };
    default:
      return null;
  }
}

/** The figures of a robot that moves in a plane. */
function inPlane(
  quantity: string,
  { x, z, pitch }: NonNullable<SceneInfo["root"]["plane"]>,
): Reading | null {
  switch (quantity) {
    case "forward_speed":
      return (before, after, dt) => ((after.qpos[x] ?? 0) - (before.qpos[x] ?? 0)) / dt;
    case "height":
      return (_, { qpos }) => qpos[z] ?? Number.NaN;
    case "pitch":
      return (_, { qpos }) => qpos[pitch] ?? Number.NaN;
    default:
      return null;
  }
}

/** A tool's place along an axis, or without one its speed. */
function ofTool(axis: string | null, scene: SceneInfo, tool: string | null): Reading | null {
  const at = 3 * scene.sites.findIndex(({ name }) => name === tool);
  if (at < 0) return null;
  if (axis !== null) {
    const place = at + ["x", "y", "z"].indexOf(axis);
    return (_, { sites }) => sites[place] ?? Number.NaN;
  }
  return (before, after, dt) => {
    const way = [0, 1, 2].map((i) => (after.sites[at + i] ?? 0) - (before.sites[at + i] ?? 0));
    return Math.hypot(...way) / dt;
  };
}

/** How long the time is over which a figure is taken, seconds: a tool comes back within one. */
export function readOver({ quantity }: Readout): number {
  return quantity === "tool_speed" ? 0.1 : 1;
}

/** Velocity over the floor in the heading frame of the free body whose pose begins at `at`. */
function planar(at: number, before: Qpos, after: Qpos, dt: number) {
  const yaw = heading(after, at);
  const vx = ((after[at] ?? 0) - (before[at] ?? 0)) / dt;
  const vy = ((after[at + 1] ?? 0) - (before[at + 1] ?? 0)) / dt;
  return {
    forward: vx * Math.cos(yaw) + vy * Math.sin(yaw),
    left: -vx * Math.sin(yaw) + vy * Math.cos(yaw),
  };
}

/** Roll and pitch of a free body, rad: right side down and nose down are positive. */
function tilt(qpos: Qpos, at: number): { roll: number; pitch: number } {
  const [w, x, y, z] = quaternion(qpos, at);
  return {
    roll: Math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)),
    pitch: Math.asin(Math.min(1, Math.max(-1, 2 * (w * y - z * x)))),
  };
}

/** Yaw of a free body's pose `x y z qw qx qy qz` that begins at `at`. */
function heading(qpos: Qpos, at: number): number {
  const [w, x, y, z] = quaternion(qpos, at);
  return Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
}

function quaternion(qpos: Qpos, at: number): [number, number, number, number] {
  return [3, 4, 5, 6].map((i) => qpos[at + i] ?? 0) as [number, number, number, number];
}
