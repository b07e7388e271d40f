import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { WIRE } from "@/generated/contract";
import { decodeAction, decodeText, encodeState, WireError } from "@/sim/wire";

const STATE = {
  tick: 70_000,
  reset: true,
  time: 1.5,
  qpos: Float64Array.of(0.1, -0.2, Math.PI),
  qvel: Float64Array.of(1e-17, 5),
  ctrl: Float64Array.of(-0.9),
};

function action(
  values: number[],
  { kind = 2, protocol = WIRE.protocol as number, tick = 7, version = 3n } = {},
): ArrayBuffer {
  const frame = new ArrayBuffer(WIRE.headerBytes + 4 * values.length);
  const view = new DataView(frame);
  view.setUint8(0, kind);
  view.setUint8(1, protocol);
  view.setUint32(4, tick, true);
  view.setBigUint64(8, version, true);
  for (const [index, value] of values.entries()) {
    view.setFloat32(WIRE.headerBytes + 4 * index, value, true);
  }
  return frame;
}

describe("a state frame", () => {
  it("has the bytes that Python's struct writes", () => {
    const program = [
      "import struct, math, sys",
      "header = struct.pack('<BBHIQ', 1, 2, 1, 70000, 0)",
      "sys.stdout.write((header + struct.pack('<7d', 1.5, 0.1, -0.2, math.pi, 1e-17, 5, -0.9)).hex())",
    ].join("\n");
    const expected = execFileSync("python3", ["-c", program], { encoding: "utf8" });
    expect(Buffer.from(encodeState(STATE)).toString("hex")).toBe(expected);
  });

  it("marks a reset only where there was one", () => {
    const flags = (reset: boolean): number =>
      new DataView(encodeState({ ...STATE, reset })).getUint16(2, true);
    expect(flags(true)).toBe(1);
    expect(flags(false)).toBe(0);
  });
});

describe("an action frame", () => {
  it("is read back", () => {
    const read = decodeAction(action([0.5, -1.25]), 2);
    expect(read).toEqual({
      tick: 7,
      paramsVersion: 3,
      ctrl: Float32Array.of(0.5, -1.25),
      carry: null,
    });
  });

  it.each([
    ["too short", action([0.5]), 2],
    ["too long", action([1, 2, 3]), 2],
    ["of another kind", action([1, 2], { kind: 1 }), 2],
    ["of another protocol", action([1, 2], { protocol: 9 }), 2],
    ["not finite", action([1, Number.NaN]), 2],
    ["shorter than a header", new ArrayBuffer(3), 2],
  ])("is refused when %s", (_, frame, nu) => {
    expect(() => decodeAction(frame, nu)).toThrow(WireError);
  });
});

describe("a text of the server", () => {
  it("is told apart by its type", () => {
    const text = '{"type":"refused","code":"wrong_scene","message":"reload"}';
    expect(decodeText(text)).toMatchObject({ type: "refused", code: "wrong_scene" });
  });

  it.each(["", "{", "null", "[]", '{"type":"hello"}'])("is refused when it is %j", (text) => {
    expect(() => decodeText(text)).toThrow(WireError);
  });
});
