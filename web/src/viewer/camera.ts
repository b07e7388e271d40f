import { MathUtils, Vector3 } from "three";
import type { Camera } from "@/api/types";

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
