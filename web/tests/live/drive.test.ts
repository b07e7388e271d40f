import { describe, expect, it } from "vitest";
import type { Control } from "@/api/types";
import { Driver } from "@/drive/driver";
import { isTyping, keyName, pushed } from "@/drive/inputs";

const AHEAD: Control = {
  channel: "ahead",
  label: "ahead",
  quantity: null,
  part: null,
  manner: "held",
  keys: [
    ["KeyW", "KeyS"],
    ["ArrowUp", "ArrowDown"],
  ],
  axis: 1,
  share: 0.5,
};
const HEIGHT: Control = {
  ...AHEAD,
  channel: "height",
  manner: "moved",
  axis: null,
  keys: [["KeyR", "KeyF"]],
  share: 1,
};
const CHANNELS = [
  { name: "height", unit: "m", lower: -0.1, upper: 0.02, amplitude: 0.05 },
  { name: "ahead", unit: "m/s", lower: -1, upper: 2, amplitude: 0.4 },
];
const still = [0, 0, 0, 0];
const keys = (...codes: string[]) => ({ keys: new Set(codes), axes: still });

describe("a control", () => {
  it("is pushed by any of its keys, and no farther by two", () => {
    expect(pushed(AHEAD, keys("KeyW"))).toBe(1);
    expect(pushed(AHEAD, keys("ArrowDown"))).toBe(-1);
    expect(pushed(AHEAD, keys("KeyW", "ArrowUp"))).toBe(1);
    expect(pushed(AHEAD, keys("KeyW", "KeyS"))).toBe(0);
  });

  it("is pushed ahead by a stick that points up, not by one that rests", () => {
    expect(pushed(AHEAD, { keys: new Set(), axes: [0, -1, 0, 0] })).toBe(1);
    expect(pushed(AHEAD, { keys: new Set(), axes: [0, 0.05, 0, 0] })).toBe(0);
    expect(pushed(AHEAD, { keys: new Set(), axes: [0, 0.56, 0, 0] })).toBeCloseTo(-0.5);
  });
});

describe("who drives", () => {
  const driver = () => new Driver([AHEAD, HEIGHT], CHANNELS, { blend: 0 });

  it("asks a share of what the robot can do, and everything with Shift", () => {
    expect(driver().step(keys("KeyW"), 0.04).ahead?.constant).toBe(1);
    expect(driver().step(keys("KeyW", "ShiftLeft"), 0.04).ahead?.constant).toBe(2);
    expect(driver().step(keys("KeyS"), 0.04).ahead?.constant).toBe(-0.5);
    expect(driver().step(keys(), 0.04).ahead?.constant).toBe(0);
  });

  it("moves what stays where it is left, as far as it goes", () => {
    const one = driver();
    for (let i = 0; i < 10; i += 1) one.step(keys("KeyF"), 0.04);
    const left = one.step(keys(), 0.04).height?.constant ?? 0;
    expect(left).toBeCloseTo((-0.4 * 0.12) / 2.5);
    for (let i = 0; i < 100; i += 1) one.step(keys("KeyF"), 0.04);
    expect(one.step(keys(), 0.04).height?.constant).toBe(-0.1);
    one.centre();
    expect(one.step(keys(), 0.04).height?.constant).toBe(0);
  });

  it("leaves out what the policy has no channel for, and holds what is to be held", () => {
    const one = new Driver([AHEAD, HEIGHT], CHANNELS.slice(0, 1), { blend: 0 });
    expect(one.controls.map(({ channel }) => channel)).toEqual(["height"]);
    expect(Object.keys(one.step(keys("KeyW"), 0.04))).toEqual(["height", "blend"]);
  });
});

it("tells text from commands", () => {
  expect(isTyping({ tagName: "TEXTAREA" } as unknown as EventTarget)).toBe(true);
  expect(isTyping({ tagName: "BUTTON" } as unknown as EventTarget)).toBe(false);
  expect([keyName("KeyW"), keyName("ArrowUp")]).toEqual(["W", "↑"]);
});
