/** The page's controller answers what the inference server answers; see tests/support/golden. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RobotConstants } from "@/controller/constants";
import { Controller } from "@/controller/controller";
import type { Numbers } from "@/controller/numbers";
import { at } from "@/controller/numbers";
import type { State } from "@/controller/observe";
import type { PolicyFile } from "@/controller/policyFile";
import { PolicyFileError, readPolicyFile } from "@/controller/policyFile";
import type { Program } from "@/controller/program";

const FOLDER = new URL("../../../.cache/golden/", import.meta.url);
const TOLERANCE = 1e-5;
// Small errors are seen magnified, and Python computes an arm's frames in single precision.
const SEEN = 3e-5;

interface Kept {
  time: number;
  qpos: (number | null)[];
  qvel: (number | null)[];
  ctrl: number[];
  observation: number[];
  targets: number[];
}

/** A state of a robot that somebody drives. */
interface KeptDriven extends Kept {
  live: (number | null)[];
  carry: number[];
}

interface Golden {
  constants: RobotConstants;
  cases: { name: string; program: Program; states: Kept[]; driven: KeptDriven[] }[];
}

if (!existsSync(FOLDER)) throw new Error("there are no golden vectors: run `make golden`");
const GOLDEN = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Golden);

function read(robot: string): PolicyFile {
  const bytes = readFileSync(new URL(`${robot}.safetensors`, FOLDER));
  return readPolicyFile(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function stateOf({ time, qpos, qvel, ctrl }: Kept): State {
  const known = (values: (number | null)[]): number[] => values.map((value) => value ?? Number.NaN);
  return { time, qpos: known(qpos), qvel: known(qvel), ctrl };
}

function farthest(found: Numbers, wanted: Numbers): number {
  expect(found.length).toBe(wanted.length);
  const apart = Array.from(found, (value, i) => Math.abs(value - at(wanted, i)));
  return Math.max(...apart);
}

it("is tried on several robots of both kinds", () => {
  expect(new Set(GOLDEN.map(({ constants }) => constants.embodiment)).size).toBe(2);
  expect(GOLDEN.length).toBeGreaterThan(3);
});

describe.each(GOLDEN.map((golden) => [golden.constants.robot, golden] as const))(
  "the controller of %s",
  (name, { constants, cases }) => {
    const policy = read(name);

    it.each(cases.map((one) => [one.name, one] as const))("%s", (_name, { program, states }) => {
      const controller = new Controller({ ...policy, program }, constants);
      for (const kept of states) {
        const state = stateOf(kept);
        const seen = controller.observe(state);
        expect(farthest(seen, kept.observation), "observation").toBeLessThan(SEEN);
        expect(farthest(controller.control(state), kept.targets), "targets").toBeLessThan(
          TOLERANCE,
        );
      }
    });

    it.each(cases.map((one) => [one.name, one] as const))("%s, driven", (_name, one) => {
      const controller = new Controller({ ...policy, program: one.program }, constants);
      for (const kept of one.driven) {
        const live = Float64Array.from(kept.live, (value) => value ?? Number.NaN);
        const { ctrl, carry } = controller.drive(stateOf(kept), live);
        expect(farthest(carry, kept.carry), "carry").toBeLessThan(1e-9);
        expect(farthest(ctrl, kept.targets), "targets").toBeLessThan(TOLERANCE);
      }
    });

    it("refuses what does not fit", () => {
      const other = { ...constants, robot: "another" };
      expect(() => new Controller(policy, other)).toThrow(PolicyFileError);
      const unknown = { ...constants, embodiment: "snake" };
      expect(() => new Controller(policy, unknown)).toThrow("server alone");
      const narrow = { ...constants, home: constants.home.slice(1) };
      expect(() => new Controller(policy, narrow)).toThrow(PolicyFileError);
      const less = { ...constants, observation: constants.observation.slice(1) };
      const blind = new Controller(policy, less);
      const state = stateOf(cases[0]?.states[0] as Kept);
      expect(() => blind.control(state)).toThrow("another observation");
    });
  },
);

describe("a params file", () => {
  it("that is none is told", () => {
    expect(() => readPolicyFile(new ArrayBuffer(4))).toThrow("not a readable params file");
    expect(() => readPolicyFile(new TextEncoder().encode("x".repeat(200)).buffer)).toThrow(
      PolicyFileError,
    );
  });
});
