import type { Numbers } from "../../numbers";
import { at } from "../../numbers";

/** The world's axes in the frame of a body whose quaternion begins at 3. */
export function worldInBody(qpos: Numbers): [number[], number[], number[]] {
  const [w, x, y, z] = [3, 4, 5, 6].map((i) => at(qpos, i)) as [number, number, number, number];
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ];
}

/** Where the body looks over the floor, rad. */
export function yawOf(qpos: Numbers): number {
  const [ahead, left] = worldInBody(qpos);
  return Math.atan2(at(left, 0), at(ahead, 0));
}

/** An angle between -π and π. */
export function wrapped(angle: number): number {
  const turn = 2 * Math.PI;
  return angle + Math.PI - turn * Math.floor((angle + Math.PI) / turn) - Math.PI;
}
