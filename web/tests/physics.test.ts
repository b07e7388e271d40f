import { readFileSync } from "node:fs";
import type { MainModule } from "@mujoco/mujoco";
import loadMujoco from "@mujoco/mujoco";
import { beforeAll, describe, expect, it } from "vitest";
import { Physics } from "@/sim/physics";

const GO1 = new URL("../../shared/tabrl/robots/go1/go1.xml", import.meta.url);
const UR5E = new URL("../../shared/tabrl/robots/ur5e/ur5e.xml", import.meta.url);
const STRIDER = new URL("../../tests/robots/strider/strider.xml", import.meta.url);
const ARM = new URL("arm.xml", import.meta.url);
const HZ = 50;

let mujoco: MainModule;
beforeAll(async () => {
  mujoco = await loadMujoco();
}, 60_000);

function load(scene: URL, controlHz = HZ): Physics {
  return Physics.fromXml(mujoco, readFileSync(scene), controlHz);
}

function simulate(physics: Physics, seconds: number): Float64Array {
  physics.reset();
  for (let i = 0; i < HZ * seconds; i += 1) physics.step(null);
  return physics.qpos();
}

describe.each([
  { robot: "a robot that walks", scene: GO1, root: "trunk", qposAdr: 0, bodies: 14, joints: 12 },
  { robot: "an arm", scene: UR5E, root: "ur5e_base", qposAdr: null, bodies: 9, joints: 6 },
  {
    robot: "a robot in a plane",
    scene: STRIDER,
    root: "strider_beam",
    qposAdr: null,
    bodies: 6,
    joints: 7,
  },
  { robot: "a fixed arm", scene: ARM, root: "pedestal", qposAdr: null, bodies: 5, joints: 2 },
])("$robot in WebAssembly", ({ scene, root, qposAdr, bodies, joints }) => {
  it("is told as the viewer needs it", () => {
    const physics = load(scene);
    const { bodyNames, geoms, ...info } = physics.scene;
    expect(bodyNames).toHaveLength(bodies);
    expect(bodyNames[info.root.body]).toBe(root);
    expect(info.root.qposAdr).toBe(qposAdr);
    expect(info.joints).toHaveLength(joints);
    expect(physics.qpos()).toHaveLength(info.nq);
    expect(physics.poses()).toHaveLength(7 * bodies);
    expect(geoms.some(({ shape, group }) => shape !== "plane" && group <= 2)).toBe(true);
  });

  it("advances a control step at a time and stays at home", () => {
    const physics = load(scene);
    physics.reset();
    const home = physics.qpos();
    const qpos = simulate(physics, 2);
    expect(physics.time).toBeCloseTo(2, 9);
    expect(physics.upright()).toBeGreaterThan(0.98);
    for (const [index, value] of qpos.entries()) {
      expect(Math.abs(value - (home[index] ?? 0))).toBeLessThan(0.3);
    }
  });

  it("takes as many time steps as its control rate leaves room for", () => {
    const physics = load(scene, 25);
    physics.step(null);
    expect(physics.time).toBeCloseTo(0.04, 9);
  });

  it("is the same every time", () => {
    const physics = load(scene);
    expect(simulate(physics, 1)).toEqual(simulate(physics, 1));
  });

  it("follows a pull at any body and is free of it afterwards", () => {
    const physics = load(scene);
    const still = simulate(physics, 0.3);
    const body = physics.scene.bodyNames.length - 1;
    const [unpulled = 0] = physics.poses().slice(7 * body);
    physics.reset();
    const [x = 0, y = 0, z = 0] = physics.poses().slice(7 * body);
    physics.setPush({ body, point: [0, 0, 0], target: [x + 0.3, y, z + 0.1] });
    for (let i = 0; i < 15; i += 1) physics.step(null);
    const pulled = physics.poses()[7 * body] ?? 0;
    expect(physics.isFinite()).toBe(true);
    expect(pulled).toBeGreaterThan(unpulled + 0.002);
    physics.setPush(null);
    expect(simulate(physics, 0.3)).toEqual(still);
  });

  it("shows a recorded pose", () => {
    const physics = load(scene);
    const pose = [...physics.qpos()];
    pose[pose.length - 1] = (pose.at(-1) ?? 0) + 0.3;
    const before = physics.poses();
    physics.pose(pose);
    expect([...physics.qpos()]).toEqual(pose);
    expect(physics.poses()).not.toEqual(before);
  });

  it("goes on where it was left when a pose has been shown", () => {
    const physics = load(scene);
    const undisturbed = simulate(physics, 0.4);
    simulate(physics, 0.2);
    const left = physics.leave();
    physics.pose([...physics.qpos()].fill(0.1));
    physics.goOn(left);
    expect(physics.time).toBeCloseTo(0.2, 9);
    for (let i = 0; i < 10; i += 1) physics.step(null);
    for (const [index, value] of physics.qpos().entries()) {
      expect(value).toBeCloseTo(undisturbed[index] ?? Number.NaN, 6);
    }
  });
});

it("starts at the joints' zero where a scene has no keyframe", () => {
  const bare = readFileSync(ARM, "utf8").replace(/<keyframe>.*<\/keyframe>/s, "");
  const physics = Physics.fromXml(mujoco, new TextEncoder().encode(bare), HZ);
  expect([...physics.qpos()]).toEqual([0, 0]);
});
