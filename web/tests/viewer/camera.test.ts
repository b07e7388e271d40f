import { PerspectiveCamera, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import type { GroundInfo } from "@/sim/ground";
import type { SceneInfo } from "@/sim/messages";
import { footing, lookAt } from "@/viewer/camera";

/** Three metres below the origin, and rising along x. */
const GROUND: GroundInfo = {
  normal: [-0.6, 0, 0.8],
  level: -3,
  friction: 1,
  field: null,
  blocks: [],
};

function scene(qposAdr: number | null): SceneInfo {
  return { root: { body: 1, qposAdr }, ground: GROUND } as unknown as SceneInfo;
}

describe("a robot stands", () => {
  it("on the ground below it", () => {
    expect(footing(scene(0), new Vector3(4, 7, 5)).toArray()).toEqual([4, 7, expect.closeTo(0)]);
  });

  it("where it is bolted down, however far below the floor is", () => {
    expect(footing(scene(null), new Vector3(0.2, 0, 0.1)).toArray()).toEqual([0.2, 0, 0.1]);
  });
});

it("is looked at a little above where it stands, wherever that is", () => {
  const eye = new PerspectiveCamera();
  eye.up.set(0, 0, 1);
  const from = { distance_m: 2, height_m: 0.5, azimuth_deg: 0, elevation_deg: 30 };
  lookAt(eye, new Vector3(10, -4, 3), from, 1.5);
  const seen = eye.position.toArray().map((value) => Number(value.toFixed(6)));
  expect(seen).toEqual([12.598076, -4, 5]);
  const ahead = eye.getWorldDirection(new Vector3()).multiplyScalar(3).add(eye.position);
  expect(ahead.distanceTo(new Vector3(10, -4, 3.5))).toBeCloseTo(0, 6);
});
