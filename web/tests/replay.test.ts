import { describe, expect, it } from "vitest";
import type { Scene } from "@/deck/panel";
import { PANELS } from "@/deck/panels";
import { against, bandOf, boundsOf, heightOf, lineOf, runsOf, spanOf } from "@/replay/curves";
import type { RecordedCheck } from "@/replay/episodes";
import { readEpisodes } from "@/replay/episodes";

const CHECK: RecordedCheck = {
  id: "speed",
  name: "mean forward speed",
  target: "≥ 0.4 m/s",
  unit: "m/s",
  statistic: "mean",
  threshold: null,
  at_least: 0.4,
  at_most: null,
  start_s: 0.02,
  end_s: 0.08,
};

const TENSORS = {
  "typical/time": { shape: [3], values: [0.02, 0.04, 0.06] },
  "typical/qpos": { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] },
  "typical/reward": { shape: [3], values: [0.5, 1, 1.5] },
  "typical/terms": { shape: [3, 2], values: [1, -0.5, 1.5, -0.5, 2, -0.5] },
  "typical/touches": { shape: [3, 1], values: [1, 0, 1] },
  "typical/checks": { shape: [3, 1], values: [0.1, 0.5, 0.6] },
};

const HEADER = {
  format: "tabrl-episodes/1",
  robot: "walker",
  hz: 50,
  evaluated: 16,
  terms: ["pace", "effort"],
  weights: [1, -0.5],
  clipped: false,
  touches: ["front"],
  checks: [CHECK],
  episodes: [{ kind: "typical", reward: 1, failed_s: null, values: [0.55], passed: [true] }],
};

function fileOf(header: object, tensors: Record<string, { shape: number[]; values: number[] }>) {
  let end = 0;
  const index: Record<string, unknown> = { __metadata__: { header: JSON.stringify(header) } };
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    const begin = end;
    end += 4 * values.length;
    index[name] = { dtype: "F32", shape, data_offsets: [begin, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(index));
  const data = new Uint8Array(8 + text.length + end);
  new DataView(data.buffer).setBigUint64(0, BigInt(text.length), true);
  data.set(text, 8);
  const numbers = Float32Array.from(Object.values(tensors).flatMap(({ values }) => values));
  data.set(new Uint8Array(numbers.buffer), 8 + text.length);
  return data.buffer;
}

describe("a file of episodes", () => {
  it("is read column by column, poses step by step", () => {
    const { shown, ...about } = readEpisodes(fileOf(HEADER, TENSORS));
    const [episode] = shown;
    expect(about.terms).toEqual(["pace", "effort"]);
    expect(about.evaluated).toBe(16);
    expect(episode?.poses).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]); // prettier-ignore
    expect(episode?.terms.map((term) => [...term])).toEqual([
      [1, 1.5, 2],
      [-0.5, -0.5, -0.5],
    ]);
    expect([...(episode?.reward ?? [])]).toEqual([0.5, 1, 1.5]);
    expect([...(episode?.touches[0] ?? [])]).toEqual([1, 0, 1]);
    expect(episode?.passed).toEqual([true]);
  });

  it("of another version, damaged or with something missing is refused", () => {
    expect(() => readEpisodes(fileOf({ ...HEADER, format: "tabrl-episodes/9" }, TENSORS))).toThrow(
      "another version",
    );
    expect(() => readEpisodes(new ArrayBuffer(3))).toThrow("not a readable file");
    const { "typical/qpos": _, ...fewer } = TENSORS;
    expect(() => readEpisodes(fileOf(HEADER, fewer))).toThrow("lack typical/qpos");
  });
});

describe("curves", () => {
  it("fill their box, with zero in it", () => {
    const span = spanOf([1, 3]);
    expect(span).toEqual({ low: 0, high: 3 });
    expect([heightOf(3, span), heightOf(0, span)]).toEqual([0, 1]);
    expect(lineOf([0, 3], span)).toBe("M0 1L1 0");
    expect(bandOf([0, 3], span)).toBe("M0 1L0 1L1 0L1 1Z");
  });

  it("of nothing, or of what is no number, are empty", () => {
    expect(bandOf([], spanOf([]))).toBe("");
    expect(lineOf([Number.NaN, 1], spanOf([Number.NaN, 1]))).toBe("M1 0");
    expect(spanOf([0, 0])).toEqual({ low: 0, high: 1 });
    expect(spanOf([-2, -2])).toEqual({ low: -2, high: 0 });
  });

  it("strips are filled from touch-down to lift-off", () => {
    expect(runsOf([0, 1, 1, 0, 1])).toEqual([
      [1, 3],
      [4, 5],
    ]);
    expect(runsOf([false, false])).toEqual([]);
  });
});

describe("what speaks against a check", () => {
  const time = [0.02, 0.04, 0.06, 0.08, 0.1];
  const values = [0, 0.3, 0.5, 0.2, 0];
  it.each<[Partial<RecordedCheck>, number[]]>([
    [{}, [1, 3]],
    [{ statistic: "max", at_least: null, at_most: 0.4 }, [2]],
    [{ statistic: "min", at_least: 0.25 }, [3]],
    [{ statistic: "share_above", threshold: 0.4, at_least: 0.9 }, [1, 3]],
    [{ statistic: "share_below", threshold: 0.4, at_least: 0.9 }, [2]],
    [{ statistic: "any", at_least: null, at_most: 0.1 }, []],
    [{ statistic: "rhythm" }, []],
  ])("%o: steps %o", (change, steps) => {
    const found = against({ ...CHECK, ...change }, values, time);
    expect(found.flatMap((bad, step) => (bad ? [step] : []))).toEqual(steps);
  });

  it("bounds are drawn where a curve can be compared with them", () => {
    expect(boundsOf(CHECK)).toEqual([0.4]);
    expect(boundsOf({ ...CHECK, statistic: "share_above", threshold: 0.2 })).toEqual([0.2]);
    expect(boundsOf({ ...CHECK, statistic: "frequency" })).toEqual([]);
  });
});

describe("the panel", () => {
  const panel = PANELS.find(({ id }) => id === "replay");
  const scene = (change: object): Scene =>
    ({ drive: { kind: "policy" }, model: undefined, job: undefined, ...change }) as Scene;

  it.each([
    ["a model with episodes", { model: { episodes_url: "/api/models/m/episodes" } }, true],
    ["a job that has just ended", { job: { result: { recorded: true } } }, true],
    ["a job of an earlier version", { model: { episodes_url: null }, job: { result: {} } }, false],
    ["a policy that nobody trained here", {}, false],
  ])("is offered for %s: %s", (_, change, offered) => {
    expect(panel?.fits(scene(change))).toBe(offered);
  });
});
