import { describe, expect, it } from "vitest";
import type { EvaluationPoint, TierQuote } from "@/api/types";
import { NO_PROGRESS, pointsOf, reduce } from "@/training/progress";
import { quoteWords } from "@/training/quotes";

const QUOTE: TierQuote = {
  tier: "full",
  minutes: 10,
  jobs: 1,
  seconds: 605,
  starts_in_s: 0,
  samples: 4_000_000,
  cost_usd: null,
  measured_on: 3,
};

function point(update: number, minutes: number): EvaluationPoint {
  return {
    minutes,
    update,
    samples: 1000 * update,
    reward: 1,
    reward_ci95: 0.1,
    fall_rate: 0,
    checks: { speed: 0.4 },
    passed: 1,
    best: true,
  };
}

describe("what a tier will take", () => {
  it("is time and samples, and money and a wait where there is some", () => {
    expect(quoteWords(QUOTE)).toBe("about 10:05 min · 4 M samples");
    expect(quoteWords({ ...QUOTE, samples: null, cost_usd: 0.5, starts_in_s: 30 })).toBe(
      "about 10:05 min · US$ 0.50 · starts in 30 s",
    );
  });
});

describe("the curve over minutes", () => {
  const measured = (p: EvaluationPoint) =>
    ({ type: "measured", point: p, elapsed_s: 60 * p.minutes }) as const;
  const live = [point(0, 3), point(40, 4), point(80, 5)].reduce(
    (progress, p) => reduce(progress, measured(p)),
    NO_PROGRESS,
  );

  it("goes on from the trainings before", () => {
    const points = pointsOf({ history: [point(0, 1), point(90, 2)], result: null }, live);
    expect(points.map(({ minutes }) => minutes)).toEqual([1, 2, 3, 4, 5]);
  });

  it("counts what the row and the events both tell once", () => {
    const told = { history: [point(0, 1), point(0, 3), point(40, 4)], result: null };
    expect(pointsOf(told, live).map(({ minutes }) => minutes)).toEqual([1, 3, 4, 5]);
    expect(pointsOf(told, NO_PROGRESS)).toEqual(told.history);
  });

  it("takes what a restarted trainer measures again in place of the old", () => {
    const again = reduce(live, measured(point(40, 4.2)));
    expect(again.points.map(({ minutes }) => minutes)).toEqual([3, 4.2]);
  });
});
