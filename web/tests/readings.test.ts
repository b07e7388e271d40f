import { describe, expect, it } from "vitest";
import type { Readout } from "@/api/types";
import type { SceneInfo } from "@/sim/messages";
import type { Moment } from "@/sim/readings";
import { readingOf, readOver } from "@/sim/readings";

const scene = (qposAdr: number | null): SceneInfo => ({
  bodyNames: [],
  geoms: [],
  joints: [{ name: "elbow", qposAdr: 1 }],
  sites: [
    { name: "flange", body: 1, position: [0, 0, 0] },
    { name: "tip", body: 1, position: [0, 0, 0.1] },
  ],
  root: { body: 1, qposAdr, plane: null },
  ground: { normal: [0, 0, 1], level: 0, friction: 0.8, field: null, blocks: [] },
  nq: 9,
});

const moment = (qpos: number[], sites: number[] = []): Moment => ({ qpos, sites });

function readout(quantity: Readout["quantity"], part: string | null = null): Readout {
  return { quantity, part, label: "", unit: "", decimals: 2 };
}

describe("figures of a floating base", () => {
  const half = Math.PI / 4;
  const facingLeft = [Math.cos(half), 0, 0, Math.sin(half)];
  // The pose begins behind two other numbers.
  const before = [9, 9, 0, 0, 0.3, ...facingLeft];
  const after = [9, 9, 0, 0.5, 0.25, ...facingLeft];
  const read = (quantity: Readout["quantity"], then = before, now = after): number | undefined =>
    readingOf(readout(quantity), scene(2), null)?.(moment(then), moment(now), 1);

  it("are told in the robot's own frame", () => {
    expect(read("forward_speed")).toBeCloseTo(0.5);
    expect(read("lateral_speed")).toBeCloseTo(0);
    expect(read("height")).toBe(0.25);
  });

  it("turn the short way round", () => {
    const nearly = Math.PI - 0.05;
    const facing = (yaw: number) => [0, 0, 0, 0, 0, Math.cos(yaw / 2), 0, 0, Math.sin(yaw / 2)];
    expect(read("yaw_rate", facing(nearly), facing(-nearly))).toBeCloseTo(0.1);
  });
});

describe("figures of a robot in a plane", () => {
  const inPlane = {
    ...scene(null),
    root: { body: 1, qposAdr: null, plane: { x: 0, z: 1, pitch: 2 } },
  };
  const read = (quantity: string): number | undefined =>
    readingOf(readout(quantity), inPlane, null)?.(moment([1, 0.5, 0]), moment([3, 0.6, -0.2]), 1);

  it("are those of its slides and its hinge", () => {
    expect(read("forward_speed")).toBe(2);
    expect(read("height")).toBe(0.6);
    expect(read("pitch")).toBe(-0.2);
    expect(read("yaw_rate")).toBeUndefined();
  });
});

describe("figures of a fixed robot", () => {
  it("are those of its joints", () => {
    const reading = readingOf(readout("joint_position", "elbow"), scene(null), null);
    expect(reading?.(moment([0, 0]), moment([0.1, 0.7]), 1)).toBe(0.7);
  });

  it("and those of its tool", () => {
    const before = moment([], [9, 9, 9, 0.1, 0.2, 0.3]);
    const after = moment([], [9, 9, 9, 0.1, 0.23, 0.34]);
    const read = (tool: string, quantity: string, part: string | null): number | undefined =>
      readingOf(readout(quantity, part), scene(null), tool)?.(before, after, 0.1);
    expect(read("tip", "tool_position", "z")).toBe(0.34);
    expect(read("flange", "tool_position", "x")).toBe(9);
    expect(read("tip", "tool_speed", null)).toBeCloseTo(0.5);
    expect(read("hand", "tool_speed", null)).toBeUndefined();
    expect(readOver(readout("tool_speed"))).toBeLessThan(readOver(readout("forward_speed")));
  });

  it("are left out where there are none", () => {
    expect(readingOf(readout("joint_position", "knee"), scene(null), null)).toBeNull();
    expect(readingOf(readout("forward_speed"), scene(null), null)).toBeNull();
    expect(readingOf(readout("power"), scene(2), null)).toBeNull();
  });
});
