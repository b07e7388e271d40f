import { describe, expect, it } from "vitest";
import { WIRE } from "@/generated/contract";
import { Wheel } from "@/sim/wheel";
import type { Live } from "@/sim/wire";
import { decodeAction, encodeState, WireError } from "@/sim/wire";

const CHANNEL = { unit: "m/s", lower: -1, upper: 2, amplitude: 0.4 };
const LIVE: Live = {
  channels: [
    { name: "ahead", ...CHANNEL },
    { name: "lean", ...CHANNEL },
  ],
  carried: 7,
  rhythm_hz: 0,
};
const AHEAD = { constant: 0.5, amplitude: 0, phase: 0, harmonic: 1 };
const LEAN = { constant: 0.1, amplitude: 0.2, phase: 1, harmonic: 2 };

function wheel(live: Live | null = LIVE) {
  let time = 1_000_000;
  const made = new Wheel(() => time);
  made.fit(live);
  const later = (ms: number): void => {
    time += ms;
  };
  return { wheel: made, later, now: () => time };
}

describe("live commands", () => {
  it("are none as long as nobody asks, or nobody could", () => {
    expect(wheel().wheel.row(0)).toBeNull();
    const { wheel: deaf } = wheel(null);
    deaf.ask("drive", { ahead: AHEAD });
    expect(deaf.row(0)).toBeNull();
  });

  it("leave what is not driven to the schedule", () => {
    const { wheel: one } = wheel();
    one.ask("drive", { ahead: AHEAD });
    const row = Array.from(one.row(0) ?? []);
    expect(row.slice(0, 6)).toEqual([0, 0, 0.5, 0, 0, 1]);
    expect(row.slice(6)).toEqual(Array(4 + 7).fill(Number.NaN));
  });

  it("add up what two ask", () => {
    const { wheel: one } = wheel();
    one.ask("drive", { lean: { ...AHEAD, constant: 0.3 } });
    one.ask("dance", { lean: LEAN });
    expect(Array.from(one.row(0) ?? []).slice(6, 10)).toEqual([0.4, 0.2, 1, 2]);
  });

  it("tell the beat as it is at that moment, a part of a cycle", () => {
    const { wheel: one, later, now } = wheel();
    one.follow({ hz: 1.5, phase: 40.25, at: now() });
    later(500);
    const [hz, phase] = one.row(0) ?? [];
    expect(hz).toBe(1.5);
    expect(phase).toBeCloseTo(0);
  });

  it("bring back what was carried, until the robot begins anew", () => {
    const { wheel: one } = wheel();
    one.ask("drive", { ahead: AHEAD });
    one.keep(Float64Array.of(1, 2, 3, 0.5, 0.1, 6, 7));
    expect(Array.from(one.row(0) ?? []).slice(-7)).toEqual([1, 2, 3, 0.5, 0.1, 6, 7]);
    expect(one.constant("lean")).toBe(0.1);
    one.ask("drive", null);
    // Let go of, it is still where it was driven: only a robot that begins anew is where it began.
    expect(one.row(0)).not.toBeNull();
    one.keep(null);
    expect(one.row(0)).toBeNull();
    expect(one.constant("lean")).toBeNull();
  });

  it("carry nothing over to another robot's policy", () => {
    const { wheel: one } = wheel();
    one.keep(new Float64Array(7));
    one.fit({ ...LIVE, channels: LIVE.channels.slice(1), carried: 5 });
    expect(one.row(0)).toBeNull();
  });
});

describe("live frames", () => {
  const state = {
    tick: 3,
    reset: false,
    time: 0,
    qpos: new Float64Array(2),
    qvel: new Float64Array(1),
    ctrl: new Float64Array(1),
  };

  it("hold the commands behind the state", () => {
    const live = Float64Array.of(1.5, Number.NaN);
    const frame = encodeState({ ...state, live });
    expect(frame.byteLength).toBe(WIRE.headerBytes + 8 * 7);
    const view = new DataView(frame);
    expect(view.getUint8(0)).toBe(WIRE.kinds.live_state);
    expect(view.getFloat64(WIRE.headerBytes + 8 * 5, true)).toBe(1.5);
    expect(view.getFloat64(WIRE.headerBytes + 8 * 6, true)).toBeNaN();
  });

  function answer(numbers: number): ArrayBuffer {
    const frame = new ArrayBuffer(WIRE.headerBytes + 4 + 8 * numbers);
    const view = new DataView(frame);
    view.setUint8(0, WIRE.kinds.live_action);
    view.setUint8(1, WIRE.protocol);
    for (let i = 0; i < numbers; i += 1) {
      view.setFloat64(WIRE.headerBytes + 4 + 8 * i, i + 0.25, true);
    }
    return frame;
  }

  it("are answered with a carry", () => {
    expect(decodeAction(answer(3), 1, 3).carry).toEqual(Float64Array.of(0.25, 1.25, 2.25));
  });

  it("are refused with one of another length", () => {
    expect(() => decodeAction(answer(2), 1, 3)).toThrow(WireError);
  });
});
