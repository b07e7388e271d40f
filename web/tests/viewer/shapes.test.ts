import { describe, expect, it } from "vitest";
import type { GeomInfo } from "@/sim/messages";
import { Shapes } from "@/viewer/picture/shapes";

function geom(over: Partial<GeomInfo> = {}): GeomInfo {
  return {
    body: 1,
    shape: "capsule",
    group: 2,
    size: [0.02, 0.1, 0],
    position: [0, 0, 0],
    quaternion: [1, 0, 0, 0],
    rgba: [0.2, 0.2, 0.2, 1],
    ...over,
  };
}

describe("a robot's primitives", () => {
  it("share what they are made of where they are alike, wherever they are", () => {
    const shapes = new Shapes();
    const leg = shapes.geometry(geom());
    expect(shapes.geometry(geom({ body: 7, position: [1, 2, 3], rgba: [1, 0, 0, 1] }))).toBe(leg);
    expect(shapes.geometry(geom({ size: [0.02, 0.11, 0] }))).not.toBe(leg);
    expect(shapes.geometry(geom({ shape: "cylinder" }))).not.toBe(leg);
    expect(shapes.material(geom({ shape: "box" }))).toBe(shapes.material(geom()));
    expect(shapes.material(geom({ rgba: [0.2, 0.2, 0.3, 1] }))).not.toBe(shapes.material(geom()));
  });

  it("have MuJoCo's sizes, which are half ones, and lie along z", () => {
    const box = (over: Partial<GeomInfo>) => {
      const geometry = new Shapes().geometry(geom(over));
      geometry?.computeBoundingBox();
      return geometry?.boundingBox?.max.toArray().map((side) => Number(side.toFixed(4)));
    };
    expect(box({})).toEqual([0.02, 0.02, 0.12]);
    expect(box({ shape: "cylinder" })).toEqual([0.02, 0.02, 0.1]);
    expect(box({ shape: "box", size: [1, 2, 3] })).toEqual([1, 2, 3]);
    expect(box({ shape: "ellipsoid", size: [1, 2, 3] })).toEqual([1, 2, 3]);
  });

  it("are solids", () => {
    expect(new Shapes().geometry(geom({ shape: "plane" }))).toBeNull();
  });
});
