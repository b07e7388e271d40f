import { describe, expect, it } from "vitest";
import type { CandidateReport } from "@/api/types";
import { ranking } from "@/report/ranking";
import { shares } from "@/report/shares";

const term = { constant: false, same_as: null };
const REPORT = {
  clips: [
    { clip: "trot", score: 4, terms: {} },
    { clip: "walk", score: 3, terms: {} },
    { clip: "pace", score: 2.5, terms: {} },
    { clip: "hop", score: 2, terms: {} },
    { clip: "bound", score: 1, terms: {} },
    { clip: "stand", score: 0, terms: {} },
    { clip: "fall", score: -4, terms: {} },
  ],
  meets: ["trot"],
  rank: { walk: 2, stand: 6, fall: 7 },
  terms: [
    { ...term, name: "forward", weight: 2, scale: 0.5, share: 0.8 },
    { ...term, name: "smooth", weight: -1, scale: 0.25, share: 0.2 },
    { ...term, name: "off", weight: 0, scale: 2, share: 0 },
  ],
} as unknown as CandidateReport;
const EMPTY = { clips: [], terms: [] } as unknown as CandidateReport;

describe("the ranking", () => {
  it("shows the best motions, then the reference motions at their places", () => {
    const places = ranking(REPORT);
    expect(places.map(({ clip, place }) => [clip, place])).toEqual([
      ["trot", 1],
      ["walk", 2],
      ["pace", 3],
      ["hop", 4],
      ["stand", 6],
      ["fall", 7],
    ]);
    expect(places.map(({ height }) => height)).toEqual([1, 0.875, 0.8125, 0.75, 0.5, 0]);
    expect(places[0]).toMatchObject({ asked: true, reference: false });
  });

  it("of a robot without recorded motion is empty", () => {
    expect(ranking(EMPTY)).toEqual([]);
  });
});

describe("the shares of the terms", () => {
  it("are the report's own as long as no weight is changed", () => {
    const share = shares(REPORT, { forward: 2, smooth: -1, off: 0 });
    expect(share?.forward).toBeCloseTo(0.8);
    expect(share?.off).toBe(0);
  });

  it("follow the weights and still add up to one", () => {
    const share = shares(REPORT, { forward: 0.5, smooth: -1, off: 0 });
    expect(share?.forward).toBeCloseTo(0.5);
    expect(Object.values(share ?? {}).reduce((a, b) => a + b)).toBeCloseTo(1);
    expect(shares(REPORT, { forward: 0, smooth: 0, off: 0 })).toBeNull();
    expect(shares(EMPTY, {})).toBeNull();
  });
});
