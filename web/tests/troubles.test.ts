import { readFileSync } from "node:fs";
import type { MainModule } from "@mujoco/mujoco";
import loadMujoco from "@mujoco/mujoco";
import { beforeAll, describe, expect, it } from "vitest";
import { Physics } from "@/sim/physics";

const GO1 = new URL("../../shared/tabrl/robots/go1/go1.xml", import.meta.url);
const HZ = 50;
const SLIPPERY = { name: "slippery", label: "", friction: 0.1, mass: 1, load_kg: 0 };
const HEAVY = { name: "heavy", label: "", friction: 1, mass: 1, load_kg: 8 };

let mujoco: MainModule;
beforeAll(async () => {
  mujoco = await loadMujoco();
}, 60_000);

const load = (): Physics => Physics.fromXml(mujoco, readFileSync(GO1), HZ);

function stand(physics: Physics, seconds: number): Float64Array {
  for (let i = 0; i < HZ * seconds; i += 1) physics.step(null);
  return physics.qpos();
}

/** How far to its left a standing robot is half a second after a blow, m. */
function blown(physics: Physics, direction = Math.PI / 2): number {
  const [, before = 0] = stand(physics, 1);
  physics.shove(physics.scene.root.body, direction);
  return (stand(physics, 0.5)[1] ?? 0) - before;
}

describe("a robot that is troubled", () => {
  it("goes where a blow sends it, farther where the floor is slippery", () => {
    const left = blown(load());
    expect(left).toBeGreaterThan(0.01);
    expect(blown(load(), -Math.PI / 2)).toBeLessThan(-0.01);
    const slipping = load();
    slipping.setTrouble(slipping.scene.root.body, SLIPPERY);
    expect(blown(slipping)).toBeGreaterThan(1.2 * left);
  });

  it("sinks under a load, and stands as before once it is gone", () => {
    const physics = load();
    const height = stand(physics, 1)[2] ?? 0;
    physics.setTrouble(physics.scene.root.body, HEAVY);
    expect(stand(physics, 1)[2]).toBeLessThan(height - 0.005);
    physics.setTrouble(physics.scene.root.body, null);
    physics.reset();
    expect(stand(physics, 1)[2]).toBeCloseTo(height, 6);
  });

  it("is hit no more after a reset", () => {
    const physics = load();
    stand(physics, 1);
    physics.shove(physics.scene.root.body, Math.PI / 2);
    physics.reset();
    const [, y = 0] = stand(physics, 1);
    expect(Math.abs(y)).toBeLessThan(0.005);
  });
});
