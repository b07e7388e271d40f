import { describe, expect, it } from "vitest";
import { passes } from "@/checks/CheckTable";
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

describe("the drawing quality", () => {
  it("is what the address says, then what was chosen before, then high", () => {
    expect(initialQuality("?quality=low", "high")).toBe("low");
    expect(initialQuality("", "low")).toBe("low");
    expect(initialQuality("?quality=nonsense", null)).toBe("high");
  });
});
