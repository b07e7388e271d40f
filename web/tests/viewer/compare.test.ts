import { afterEach, describe, expect, it, vi } from "vitest";
import type { Trained } from "@/compare/choose";
import { seated } from "@/compare/choose";
import { Crowd } from "@/compare/crowd";
import type { Keeping } from "@/compare/slowness";
import { driven, keeping, lateAnswers } from "@/compare/slowness";
import type { LinkState, Stats } from "@/sim/messages";
import { Losses } from "@/viewer/lost/losses";

const LIVE = { state: "live" } as LinkState;
const LOST = { state: "lost", attempt: 1, retryInS: 1 } as LinkState;

const stats = (controlHz: number, where: "server" | "browser" = "server", p50 = 3): Stats =>
  ({ controlHz, pilot: { where, roundTripMs: { p50, p95: p50 } } }) as Stats;

describe("who stands side by side", () => {
  const trained = (id: string, scene: string): Trained =>
    ({ job: { id }, model: { scene_sha256: scene } }) as Trained;
  const ids = (some: Trained[]) => some.map(({ job }) => job.id);

  it("are those of the first one's scene; the others are named", () => {
    const all = ["a", "b", "c"].map((id) => trained(id, id === "b" ? "stairs" : "flat"));
    const { together, elsewhere, more } = seated(all);
    expect([ids(together), ids(elsewhere), ids(more)]).toEqual([["a", "c"], ["b"], []]);
  });

  it("are three at most, and one on another ground takes nobody's seat", () => {
    const all = ["a", "b", "c", "d", "e"].map((id) => trained(id, id === "b" ? "ice" : "flat"));
    const { together, elsewhere, more } = seated(all);
    expect([ids(together), ids(elsewhere), ids(more)]).toEqual([["a", "c", "d"], ["b"], ["e"]]);
  });

  it("are nobody of no training", () => expect(seated([]).together).toEqual([]));
});

describe("how robots keep their pace", () => {
  it("is judged by the slowest that is driven", () => {
    expect(keeping([LIVE, LIVE], [stats(50), stats(50)], 50)).toBe("full");
    expect(keeping([LIVE, LIVE], [stats(50), stats(46)], 50)).toBe("fair");
    expect(keeping([LIVE, LIVE], [stats(50), stats(40)], 50)).toBe("slow");
  });

  it("is not judged by one that nobody drives, nor called full before all are driven", () => {
    expect(keeping([LIVE, LOST], [stats(50), stats(10)], 50)).toBe("fair");
    expect(keeping([LIVE, LIVE], [stats(50), null], 50)).toBe("fair");
    expect(keeping([], [], 50)).toBe("fair");
  });

  it("is judged of policies in this browser too", () => {
    expect(driven(LOST, stats(50, "browser"))).toBe(true);
    expect(driven(LOST, stats(50))).toBe(false);
    expect(keeping([LOST, LOST], [stats(50, "browser"), stats(30, "browser")], 50)).toBe("slow");
  });

  it("waits for answers that take longer than a step", () => {
    expect(lateAnswers([stats(50, "server", 4), stats(50, "server", 31)], 50)).toBe(31);
    expect(lateAnswers([stats(50, "server", 4), null], 50)).toBeNull();
    expect(lateAnswers([stats(50, "browser", 400)], 50)).toBeNull();
    expect(lateAnswers([stats(50, "server", Number.NaN)], 50)).toBeNull();
    expect(lateAnswers([], 50)).toBeNull();
  });
});

describe("how many are drawn", () => {
  /** A reading every half second for so many seconds. */
  function readings(crowd: Crowd) {
    let now = 0;
    return (kept: Keeping, seconds: number): number => {
      let drawn = Number.NaN;
      for (let i = 0; i < 2 * seconds; i += 1) {
        now += 500;
        drawn = crowd.judge(kept, now);
      }
      return drawn;
    };
  }

  it("are fewer after four seconds that are too slow, and never none", () => {
    const drawnAfter = readings(new Crowd(3));
    expect(drawnAfter("fair", 20)).toBe(3);
    expect(drawnAfter("slow", 4)).toBe(3);
    expect(drawnAfter("slow", 1)).toBe(2);
    expect(drawnAfter("slow", 60)).toBe(1);
  });

  it("are all again after ten seconds at full rate each", () => {
    const drawnAfter = readings(new Crowd(3));
    expect(drawnAfter("slow", 9)).toBe(1);
    expect(drawnAfter("full", 9)).toBe(1);
    expect(drawnAfter("full", 2)).toBe(2);
    expect(drawnAfter("full", 11)).toBe(3);
  });

  it("are not more where the rate is only fair", () => {
    const drawnAfter = readings(new Crowd(2));
    expect(drawnAfter("slow", 5)).toBe(1);
    expect(drawnAfter("fair", 100)).toBe(1);
  });

  it("are as many while they wait for answers, which is told after a while", () => {
    const crowd = new Crowd(2);
    expect([crowd.judge("waits", 0), crowd.waits(0)]).toEqual([2, false]);
    expect([crowd.judge("waits", 5000), crowd.waits(5000)]).toEqual([2, true]);
    expect([crowd.judge("full", 6000), crowd.waits(6000)]).toEqual([2, false]);
  });

  it("do not go to and fro: one that was too many is tried later each time", () => {
    const crowd = new Crowd(2);
    let changes = 0;
    let drawn = 2;
    for (let now = 0; now < 600_000; now += 500) {
      const next = crowd.judge(drawn === 2 ? "slow" : "full", now);
      changes += Number(next !== drawn);
      drawn = next;
    }
    expect(changes).toBeLessThan(14);
  });
});

describe("a lost picture", () => {
  afterEach(() => vi.useRealTimers());

  it("comes back by itself three times, then when somebody asks", () => {
    vi.useFakeTimers();
    const again = vi.fn();
    const losses = new Losses(again);
    for (const times of [0, 1, 2]) {
      expect(losses.lost(times)).toBe("moment");
      vi.runAllTimers();
    }
    expect(again).toHaveBeenCalledTimes(3);
    expect(losses.lost(3)).toBe("asks");
    vi.runAllTimers();
    expect(again).toHaveBeenCalledTimes(3);
  });

  it("does not come back once nobody waits for it", () => {
    vi.useFakeTimers();
    const again = vi.fn();
    const losses = new Losses(again);
    losses.lost(0);
    losses.forget();
    vi.runAllTimers();
    expect(again).not.toHaveBeenCalled();
  });
});
