import { describe, expect, it } from "vitest";
import type { CheckView } from "@/api/types";
import { byPhase, inTurn, phasesOf } from "@/checks/phases";

const check = (id: string, start_s: number, end_s: number) => ({ id, start_s, end_s }) as CheckView;

describe("one thing after another", () => {
  const phases = phasesOf([4, 2.5, 3]);

  it("is told by the clock", () => {
    expect(inTurn(phases, true)).toBe(
      "First 0–4 s, then 4–6.5 s, then 6.5–9.5 s, then again from the beginning.",
    );
    expect(inTurn(phases, false)).toBe("First 0–4 s, then 4–6.5 s, then from 6.5 s on.");
    expect(phasesOf([])).toEqual([]);
    expect(phasesOf([5])).toEqual([]);
  });

  it("has checks for its parts and for all of it", () => {
    const checks = [
      check("fall", 0, 10),
      check("low", 0.8, 4),
      check("fast", 4.8, 6.5),
      check("still", 7.3, 9.5),
    ];
    const told = byPhase(checks, phases).map(({ title, checks }) => [title, checks[0]?.id]);
    expect(told).toEqual([
      ["First, 0–4 s", "low"],
      ["Then, 4–6.5 s", "fast"],
      ["Then, 6.5–9.5 s", "still"],
      ["All the time", "fall"],
    ]);
    expect(byPhase(checks, [])).toEqual([{ title: "", checks }]);
  });
});
