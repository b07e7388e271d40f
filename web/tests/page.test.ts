import { describe, expect, it } from "vitest";
import type { Job } from "@/api/types";
import { trainingsOf } from "@/compare/choose";
import { standingOf } from "@/pages/tasks/standing";
import { Pacer } from "@/sim/pacer";

const job = (change: Partial<Job>): Job => ({ id: "j", state: "succeeded", ...change }) as Job;

describe("side by side", () => {
  const at = (n: number) => `2026-01-0${n}T00:00:00Z`;

  it("shows the newest training of each candidate", () => {
    const jobs = [
      job({ id: "old", candidate: 1, model_id: "m", created_at: at(1) }),
      job({ id: "new", candidate: 1, model_id: "m", created_at: at(2) }),
      job({ id: "failed", candidate: 2, model_id: "m", created_at: at(3), state: "failed" }),
      job({ id: "early", candidate: 2, model_id: "m", created_at: at(1), state: "queued" }),
      ...[3, 4].map((n) => job({ id: `c${n}`, candidate: n, model_id: "m", created_at: at(1) })),
    ];
    expect(trainingsOf({ jobs }).map(({ id }) => id)).toEqual(["new", "early", "c3", "c4"]);
  });

  it("moves all on at once, when the last one is ready, and waits for nobody who is not there", () => {
    let now = 0;
    const pacer = new Pacer(() => now);
    const steps: string[] = [];
    const member = (name: string) => ({
      ready: false,
      present: true,
      periodMs: 20,
      advance() {
        this.ready = false;
        steps.push(name);
      },
    });
    const [a, b, absent] = [member("a"), member("b"), { ...member("c"), present: false }];
    for (const each of [a, b, absent]) pacer.join(each);
    now = 30;
    a.ready = true;
    pacer.kick();
    expect(steps).toEqual([]);
    b.ready = true;
    pacer.kick();
    expect(steps).toEqual(["a", "b"]);
  });
});

describe("what stands in lists", () => {
  it("is where a task stands", () => {
    const jobs = (...states: Job["state"][]) => states.map((state) => job({ state }));
    expect(standingOf({ state: "writing", jobs: [] })).toBe("writing");
    expect(standingOf({ state: "cancelled", jobs: [] })).toBe("failed");
    expect(standingOf({ state: "ready", jobs: jobs("failed") })).toBe("ready");
    expect(standingOf({ state: "ready", jobs: jobs("succeeded", "queued") })).toBe("learning");
    expect(standingOf({ state: "ready", jobs: jobs("succeeded", "failed") })).toBe("taught");
  });
});
