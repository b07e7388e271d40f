import type { PerspectiveCamera } from "three";
import { MathUtils, Vector3 } from "three";
import type { Camera } from "@/api/types";
import { groundHeight } from "@/sim/ground";
import type { SceneInfo } from "@/sim/messages";

/** Where a robot stands: on the ground below its base; one that is bolted down, at its base. */
export function footing({ root, ground }: SceneInfo, { x, y, z }: Vector3): Vector3 {
  return new Vector3(x, y, root.qposAdr === null ? z : groundHeight(ground, x, y));
}

/** From the point looked at to the camera; the robot looks along x. */
export function offsetOf({ distance_m, azimuth_deg, elevation_deg }: Camera): Vector3 {
  const azimuth = MathUtils.degToRad(azimuth_deg);
  const elevation = MathUtils.degToRad(elevation_deg);
  return new Vector3(
    Math.cos(elevation) * Math.cos(azimuth),
    Math.cos(elevation) * Math.sin(azimuth),
    Math.sin(elevation),
  ).multiplyScalar(distance_m);
}

/** Looks at a robot that stands somewhere, from so many times the usual distance. */
export function lookAt(eye: PerspectiveCamera, stands: Vector3, from: Camera, times = 1): void {
  const target = new Vector3(0, 0, from.height_m).add(stands);
  eye.position.copy(offsetOf(from)).multiplyScalar(times).add(target);
  eye.lookAt(target);
}
