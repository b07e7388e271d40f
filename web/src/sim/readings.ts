/** Figures over the picture, computed from what was simulated. */
import type { Readout } from "@/api/types";
import type { SceneInfo } from "./messages";

type Qpos = ArrayLike<number>;

/** A figure from two states `dt` seconds apart, the later one being the present. */
export type Reading = (before: Qpos, after: Qpos, dt: number) => number;

/** How to compute a figure of this scene's robot; null where the page does not know how. */
export function readingOf({ quantity, part }: Readout, scene: SceneInfo): Reading | null {
  if (quantity === "joint_position") {
    const joint = scene.joints.find(({ name }) => name === part);
    return joint === undefined ? null : (_, after) => after[joint.qposAdr] ?? Number.NaN;
  }
  const at = scene.root.qposAdr;
  if (at === null) return null;
  switch (quantity) {
    case "forward_speed":
      return (...states) => planar(at, ...states).forward;
    case "lateral_speed":
      return (...states) => planar(at, ...states).left;
    case "yaw_rate":
      return (before, after, dt) => {
        const turn = heading(after, at) - heading(before, at);
        return Math.atan2(Math.sin(turn), Math.cos(turn)) / dt;
      };
    case "height":
      return (_, after) => after[at + 2] ?? Number.NaN;
    default:
      return null;
  }
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

/** Yaw of a free body's pose `x y z qw qx qy qz` that begins at `at`. */
function heading(qpos: Qpos, at: number): number {
  const [w, x, y, z] = [3, 4, 5, 6].map((i) => qpos[at + i] ?? 0) as [
    number,
    number,
    number,
    number,
  ];
  return Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
}
