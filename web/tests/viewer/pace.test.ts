import { describe, expect, it } from "vitest";
import { Pace } from "@/lib/pace";
import { showsRobot } from "@/pages/withRobot";

const [QUICK, SLUGGISH] = [16, 90];

/** The verdicts on pictures that came so long after each other, with their numbers from 1. */
function verdicts(pace: Pace, gaps: readonly number[]): [number, string][] {
  return gaps.flatMap((gap, n) => {
    const verdict = pace.judge(gap);
    return verdict === null ? [] : [[n + 1, verdict]];
  });
}

const times = (count: number, gap: number): number[] => Array<number>(count).fill(gap);

describe("how a machine draws", () => {
  it("is good enough for the full picture after six quick ones in a row", () => {
    expect(verdicts(new Pace(), times(20, QUICK))).toEqual([[6, "refine"]]);
    const disturbed = [...times(5, QUICK), SLUGGISH, ...times(8, QUICK)];
    expect(verdicts(new Pace(), disturbed)).toEqual([[12, "refine"]]);
  });

  it("stays simple where quick ones do not come in a row", () => {
    expect(verdicts(new Pace(), times(40, SLUGGISH))).toEqual([[30, "simplify"]]);
  });

  it("is simple again where the full picture is slow for long", () => {
    const pace = new Pace();
    verdicts(pace, times(6, QUICK));
    const short = [...times(39, SLUGGISH), QUICK];
    expect(verdicts(pace, [...short, ...short])).toEqual([]);
    expect(verdicts(pace, times(40, SLUGGISH))).toEqual([[40, "simplify"]]);
  });

  it("is not told by the time that the page was hidden", () => {
    const pace = new Pace();
    expect(verdicts(pace, times(60, 5000))).toEqual([]);
    expect(verdicts(pace, times(6, QUICK))).toEqual([[6, "refine"]]);
  });
});

describe("the engine is begun at once", () => {
  it.each(["/", "/models/mdl_a", "/tasks/tsk_a", "/tasks/tsk_a/jobs/job_b"])("on %s", (path) =>
    expect(showsRobot(path)).toBe(true),
  );

  it.each(["/tasks", "/gallery", "/tasks/tsk_a/compare", "/nothing/here"])("not on %s", (path) =>
    expect(showsRobot(path)).toBe(false),
  );
});
