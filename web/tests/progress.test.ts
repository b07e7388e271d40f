import { describe, expect, it } from "vitest";
import type { JobEvent, ProgressEvent } from "@/training/events";
import { curves, isAwaited, NO_PROGRESS, reduce, reweightedAt, share } from "@/training/progress";

function update(
  samples: number,
  terms: Record<string, number> = { forward: samples / 1000 },
): ProgressEvent {
  const reward = Object.values(terms).reduce((sum, value) => sum + value, 0);
  return {
    type: "progress",
    update: samples / 100,
    samples,
    samples_per_s: 100,
    reward,
    terms,
    episode_length_s: 6,
    falls_per_minute: 0,
    kl: 0.01,
    elapsed_s: samples / 100,
    learnt_s: samples / 100,
    eta_s: 10 - samples / 100,
  };
}

const progressOf = (...events: JobEvent[]) => events.reduce(reduce, NO_PROGRESS);

describe("progress", () => {
  it("keeps every update in order", () => {
    const progress = progressOf(update(100), update(200), update(300));
    expect(progress.updates.map(({ samples }) => samples)).toEqual([100, 200, 300]);
    expect(progress.restarts).toEqual([]);
  });

  it("replaces what a restarted trainer does again, and marks the place", () => {
    const progress = progressOf(update(100), update(200), update(300), update(200, { forward: 9 }));
    expect(progress.updates.map(({ samples }) => samples)).toEqual([100, 200]);
    expect(progress.updates.at(-1)?.reward).toBe(9);
    expect(progress.restarts).toEqual([200]);
  });

  it("marks where other weights came into force, also before the first update", () => {
    const weights = { forward: 2 };
    const event = (update: number): JobEvent => ({ type: "reweighted", update, weights });
    const progress = progressOf(event(0), update(100), update(200), event(2), update(300));
    expect(reweightedAt(progress)).toEqual([100, 200]);
    expect(reweightedAt(progressOf(event(0)))).toEqual([]);
  });

  it("waits for weights that were asked for until they are in force, or taken back", () => {
    const job = { first_weights: { forward: 1, sway: 2 } };
    const asked = { forward: 3, sway: 2 };
    expect(isAwaited(asked, job, progressOf(update(100)))).toBe(true);
    expect(isAwaited(job.first_weights, job, progressOf(update(100)))).toBe(false);
    const told = progressOf({ type: "reweighted", update: 0, weights: asked });
    expect(isAwaited(asked, job, told)).toBe(false);
    expect(isAwaited(job.first_weights, job, told)).toBe(true);
  });

  it("is the same whether events come once or the stream is read again from the start", () => {
    const events: JobEvent[] = [update(100), update(200)];
    expect(progressOf(...events)).toEqual(events.reduce(reduce, NO_PROGRESS));
    expect(progressOf(...events, update(200)).updates).toHaveLength(2);
  });

  it("counts a new search from its first generation", () => {
    const search = (generation: number, best_reward: number): JobEvent => ({
      type: "search",
      generation,
      generations: 2,
      best_reward,
      samples: 10,
      program_words: "forward",
      elapsed_s: generation,
      eta_s: 5,
    });
    expect(progressOf(search(1, 1), search(2, 2), search(1, 3)).searchRewards).toEqual([3]);
  });

  it("tells a failure and forgets it when the job runs again", () => {
    const failed: JobEvent = {
      type: "state",
      state: "failed",
      attempt: 1,
      code: "nan",
      message: "x",
    };
    expect(progressOf(failed).failure).toEqual({ code: "nan", message: "x" });
    const running: JobEvent = {
      type: "state",
      state: "running",
      attempt: 2,
      code: null,
      message: null,
    };
    expect(progressOf(failed, running).failure).toBeNull();
  });
});

describe("the share of the work done", () => {
  it("is unknown before the first estimate and follows it then", () => {
    expect(share(NO_PROGRESS)).toBeNull();
    expect(share(progressOf(update(500)))).toBeCloseTo(0.5);
  });

  it("is whole only at the end", () => {
    expect(share(progressOf(update(1000)))).toBeLessThan(1);
    const end: JobEvent = {
      type: "state",
      state: "succeeded",
      attempt: 1,
      code: null,
      message: null,
    };
    expect(share(progressOf(update(1000), end))).toBe(1);
  });
});

describe("curves", () => {
  it("have a column per term, with gaps where a term was not measured", () => {
    const progress = progressOf(update(100, { a: 1 }), update(200, { a: 1, b: 2 }));
    expect(curves(progress)).toEqual({
      samples: [100, 200],
      columns: [
        { label: "total", values: [1, 3] },
        { label: "a", values: [1, 1] },
        { label: "b", values: [null, 2] },
      ],
    });
  });
});
