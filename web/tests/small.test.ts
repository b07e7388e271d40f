import { describe, expect, it } from "vitest";
import { passes, summary } from "@/checks/CheckTable";
import { count, duration, figure } from "@/lib/format";
import { quantile, RateMeter } from "@/sim/meter";
import { initialQuality } from "@/viewer/preferences";

describe("figures", () => {
  it.each([
    [0, "0"],
    [0.0004, "≈ 0"],
    [0.14286, "0.143"],
    [-2, "−2"],
    [12.34, "12.3"],
    [1234.5, "1235"],
    [Number.NaN, "–"],
  ])("%d reads %s", (value, text) => expect(figure(value)).toBe(text));

  it("show a dash for what was not measured", () => expect(figure(null)).toBe("–"));

  it("durations and counts are short", () => {
    expect([duration(59.4), duration(65), duration(7800)]).toEqual(["59 s", "1:05 min", "2:10 h"]);
    expect([count(950), count(1500), count(24_100), count(1_097_728)]).toEqual([
      "950",
      "1.5 k",
      "24 k",
      "1.1 M",
    ]);
  });
});

describe("the rate meter", () => {
  it("measures rate and real-time factor, and lets a stall count", () => {
    const meter = new RateMeter();
    for (let i = 0; i <= 50; i += 1) meter.mark(20 * i, 0.02 * i);
    expect(meter.rates(1000).controlHz).toBeCloseTo(50);
    expect(meter.rates(1000).realTimeFactor).toBeCloseTo(1);
    expect(meter.rates(3100).controlHz).toBeLessThan(20);
  });

  it("has quantiles", () => {
    expect(quantile([5, 1, 3], 0.5)).toBe(3);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("checks", () => {
  const check = {
    id: "forward",
    name: "mean forward speed",
    target: "0.3 … 0.5 m/s",
    base: 0.1,
    program: 0.4,
    result: 0.9,
    passed: false,
  };
  const candidate = { checks: [{ id: "forward", at_least: 0.3, at_most: 0.5 }] } as never;

  it("judge the rows by the bounds, and the result by the server", () => {
    expect(passes(check, "base", candidate)).toBe(false);
    expect(passes(check, "program", candidate)).toBe(true);
    expect(passes({ ...check, passed: true }, "result", candidate)).toBe(true);
    expect(passes({ ...check, base: null }, "base", candidate)).toBe(false);
    expect(passes(check, "base", undefined)).toBeNull();
  });
});

describe("the sentence under the checks", () => {
  const row = { reward: 1, reward_ci95: 0.1, terms: {}, episodes: 256, fall_rate_upper: null };
  const rows = { checks: [], base: { ...row, fall_rate: 0 }, program: { ...row, fall_rate: 0 } };

  it("says how much was gained, and how seldom it falls at most", () => {
    const comparison = {
      reference: 2,
      difference: 0.24,
      ci95: 0.06,
      episodes: 128,
      effect: 0.12,
      verdict: "better" as const,
      words: "better by 12 % (9.0…15)",
    };
    const result = { ...row, fall_rate: 0, fall_rate_upper: 0.0116 };
    expect(summary({ ...rows, result, comparison })).toBe(
      "The result’s reward is better by 12 % (9.0…15), over 128 episodes from the same starts; " +
        "in brackets, the 95 % interval. No falls in 256 episodes: fewer than 1.2 %, with 95 % " +
        "confidence.",
    );
  });

  it("says of older results what is known", () => {
    const result = { ...row, fall_rate: 0.05 };
    expect(summary({ ...rows, result })).toBe("Falls in 5.0 % of 256 episodes.");
  });
});

describe("the drawing quality", () => {
  it("is what the address says, then what was chosen before, then high", () => {
    expect(initialQuality("?quality=low", "high")).toBe("low");
    expect(initialQuality("", "low")).toBe("low");
    expect(initialQuality("?quality=full", "low")).toBe("full");
    expect(initialQuality("?quality=nonsense", null)).toBe("high");
  });
});
