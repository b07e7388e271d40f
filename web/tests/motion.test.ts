import { describe, expect, it } from "vitest";
import type { AskableInfo, MotionSpec } from "@/api/types";
import { chipsOf, numberOf, withSize, wordsOf } from "@/motion/motion";

const askable = (name: string, unit: string, positive: string, negative = ""): AskableInfo => ({
  name,
  label: name.replaceAll("_", " "),
  unit,
  positive,
  negative,
  parts: [],
  shapes: ["constant"],
});
const ASKABLES = [
  askable("forward_speed", "m/s", "forward", "backward"),
  askable("roll", "rad", "leaning right", "leaning left"),
  askable("planar_speed", "m/s", "moving over the floor"),
  askable("foot_height", "m", "off the floor"),
];
const MOTION: MotionSpec = {
  version: 1,
  repeat: false,
  tempo_hz: null,
  phases: [
    {
      gait: "trot",
      until: { kind: "duration", seconds: 4 },
      targets: [
        target("forward_speed", { kind: "constant", value: -0.5 }),
        target("roll", { kind: "sinusoid", mean: 0, amplitude: 0.2, hz: 1, phase: 0 }),
        target("foot_height", { kind: "constant", value: 0.1 }, "FR"),
      ],
    },
    {
      gait: null,
      until: { kind: "hold" },
      targets: [target("planar_speed", { kind: "constant", value: 0 })],
    },
  ],
};

type Target = NonNullable<MotionSpec["phases"][number]["targets"]>[number];

function target(quantity: string, shape: Target["shape"], part: string | null = null): Target {
  return { quantity, part, shape, tolerance: null, importance: "asked" };
}

describe("what is asked, as fields", () => {
  it("is told with the sign in words", () => {
    const [first, second] = chipsOf(MOTION, ASKABLES);
    expect(first?.map(({ label, size, unit }) => [label, size, unit])).toEqual([
      ["backward", 0.5, "m/s"],
      ["roll ±", 0.2, "rad"],
      ["roll at", 1, "Hz"],
      ["FR off the floor", 0.1, "m"],
    ]);
    expect(second).toEqual([]);
    expect(wordsOf(MOTION, 0, ASKABLES)).toEqual(["trot", "for 4 s"]);
    expect(wordsOf(MOTION, 1, ASKABLES)).toEqual(["not moving over the floor"]);
    const turn = { ...MOTION.phases[0], until: { kind: "reached", quantity: "roll", by: 1.5 } };
    const turning = { ...MOTION, phases: [turn] } as MotionSpec;
    expect(wordsOf(turning, 0, ASKABLES)).toEqual(["trot", "until roll +1.5 rad"]);
  });

  it("tells where a path leads in points and seconds", () => {
    const points = [
      [0, 0.5, 0, 0.2],
      [2, 0.6, 0, 0.2],
      [5, 0.5, 0, 0.2],
    ] as [number, number, number, number][];
    const drawn = (repeat: boolean): MotionSpec => ({
      ...MOTION,
      phases: [
        {
          until: { kind: "hold" },
          targets: [target("tool_position", { kind: "path", points, repeat })],
        },
      ],
    });
    expect(wordsOf(drawn(false), 0, [])).toEqual(["along 3 points, in 5 s"]);
    expect(wordsOf(drawn(true), 0, [])).toEqual(["along 3 points, a round in 5 s"]);
    expect(chipsOf(drawn(true), [])).toEqual([[]]);
  });

  it("keeps its sign and all else when a number changes", () => {
    const [chips] = chipsOf(MOTION, ASKABLES);
    const [back, swing] = chips ?? [];
    if (back === undefined || swing === undefined) throw new Error("no chips");
    const slower = withSize(MOTION, back, 0.3);
    expect(slower.phases[0]?.targets?.[0]?.shape).toEqual({ kind: "constant", value: -0.3 });
    expect(slower.phases[0]?.targets?.slice(1)).toEqual(MOTION.phases[0]?.targets?.slice(1));
    const wider = withSize(slower, swing, 0.25);
    expect(wider.phases[0]?.targets?.[1]?.shape).toMatchObject({ amplitude: 0.25, hz: 1 });
    expect(MOTION.phases[0]?.targets?.[0]?.shape).toEqual({ kind: "constant", value: -0.5 });
  });

  it("reads numbers as people type them", () => {
    expect(numberOf(" 0,25 ")).toBe(0.25);
    expect(numberOf("−0.5")).toBe(-0.5);
    expect(numberOf("")).toBeNull();
    expect(numberOf("fast")).toBeNull();
  });
});
