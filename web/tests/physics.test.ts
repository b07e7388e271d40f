import { readFileSync } from "node:fs";
import loadMujoco from "@mujoco/mujoco";
import { beforeAll, describe, expect, it } from "vitest";
import { Physics } from "@/sim/physics";

const SCENE = new URL("../../shared/tabrl/robots/go1/go1.xml", import.meta.url);
const TRUNK = 1;

let physics: Physics;
beforeAll(async () => {
  physics = Physics.fromXml(await loadMujoco(), readFileSync(SCENE));
}, 60_000);

function simulate(seconds: number): Float64Array {
  physics.reset();
  for (let i = 0; i < 50 * seconds; i += 1) physics.step(null);
  return physics.qpos();
}

describe("the Go1 in WebAssembly", () => {
  it("tells what the viewer needs", () => {
    const scene = physics.describe();
    expect(scene.bodyNames.slice(0, 2)).toEqual(["world", "trunk"]);
    expect(scene.bodyNames).toHaveLength(14);
    expect(physics.poses()).toHaveLength(7 * 14);
    expect(scene.geoms.some((geom) => geom.group <= 2 && geom.body === TRUNK)).toBe(true);
    expect(scene.mass).toBeGreaterThan(10);
  });

  it("advances 20 ms a control step and stands at home", () => {
    const qpos = simulate(2);
    expect(physics.time).toBeCloseTo(2, 9);
    expect(qpos[2]).toBeGreaterThan(0.2);
    expect(physics.upright()).toBeGreaterThan(0.98);
  });

  it("is the same every time", () => {
    expect(simulate(1)).toEqual(simulate(1));
  });

  it("follows a pull and is free of it afterwards", () => {
    const still = simulate(1)[1] ?? 0;
    physics.reset();
    physics.setPush({ body: TRUNK, point: [0, 0, 0], target: [0, 0.4, 0.3] });
    for (let i = 0; i < 15; i += 1) physics.step(null);
    const pulled = physics.qpos()[1] ?? 0;
    physics.setPush(null);
    expect(pulled).toBeGreaterThan(still + 0.02);
    expect(simulate(1)[1]).toBe(still);
  });
});
