import { readFileSync } from "node:fs";
import type { MainModule } from "@mujoco/mujoco";
import loadMujoco from "@mujoco/mujoco";
import { beforeAll, describe, expect, it } from "vitest";
import type { GroundInfo } from "@/sim/ground";
import { groundHeight } from "@/sim/ground";
import { Physics } from "@/sim/physics";
import { readingOf } from "@/sim/readings";

/** What Python's MuJoCo made of a scene under the same targets; see tests/support/golden. */
interface Recorded {
  name: string;
  scene: string;
  /** Joint targets of every control step. */
  ctrl: number[][];
  /** The state after the last one. */
  qpos: number[];
  /** Places, and how high the ground is there. */
  heights: [x: number, y: number, height: number][];
}

const FILE = new URL("../../.cache/golden/grounds/grounds.json", import.meta.url);
const RECORDED = JSON.parse(readFileSync(FILE, "utf8")) as Recorded[];

let mujoco: MainModule;
beforeAll(async () => {
  mujoco = await loadMujoco();
}, 60_000);

function load(scene: string): Physics {
  return Physics.fromXml(mujoco, new TextEncoder().encode(scene), 50);
}

describe.each(RECORDED)("$name in WebAssembly", ({ scene, ctrl, qpos, heights }) => {
  it("moves a robot as Python's MuJoCo does", () => {
    const physics = load(scene);
    for (const targets of ctrl) physics.step(Float32Array.from(targets));
    const away = physics.qpos().map((value, i) => Math.abs(value - (qpos[i] ?? 0)));
    expect(Math.max(...away)).toBeLessThan(1e-9);
  });

  it("is as high everywhere as the trainer takes it to be", () => {
    const { ground } = load(scene).scene;
    for (const [x, y, height] of heights) {
      expect(groundHeight(ground, x, y)).toBeCloseTo(height, 5);
    }
  });

  it("shows heights of the robot above itself", () => {
    const physics = load(scene);
    const readout = { quantity: "height", part: null, label: "", unit: "m", decimals: 2 };
    const height = readingOf(readout, physics.scene, null);
    const moment = { qpos: physics.qpos(), sites: physics.sites() };
    expect(height?.(moment, moment, 1)).toBeGreaterThan(0.25);
    expect(height?.(moment, moment, 1)).toBeLessThan(0.36);
  });
});

it("is the floor alone where there is nothing else", () => {
  const level: GroundInfo = {
    normal: [0, 0, 1],
    level: -0.7,
    friction: 1,
    field: null,
    blocks: [],
  };
  expect(groundHeight(level, 3, -4)).toBe(-0.7);
});
