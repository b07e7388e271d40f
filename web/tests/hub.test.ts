import { describe, expect, it, vi } from "vitest";
import type { FromHub, Listener } from "@/events/hub";
import { Hub } from "@/events/hub";
import type { Message, readStream } from "@/events/stream";
import { Messages } from "@/events/stream";

const URL = "http://h/api/events";

function state(jobId: string, state: string, id = "1-0"): Message {
  return { event: "state", data: JSON.stringify({ type: "state", state }), id: `${jobId}/${id}` };
}

/** A hub whose streams a test feeds, and what was opened of them. */
function made() {
  const opened: { url: string; signal: AbortSignal; tell: (messages: Message[]) => void }[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const read: typeof readStream = (url, _token, signal, { open, messages }) => {
    open();
    opened.push({ url, signal, tell: messages });
    return new Promise((resolve, reject) => {
      ends.push((error) => (error === undefined ? resolve() : reject(error)));
    });
  };
  return { hub: new Hub(read), opened, ends };
}

function page(): Listener & { told: FromHub[]; states: string[] } {
  const told: FromHub[] = [];
  return {
    told,
    post: (message) => told.push(message),
    get states() {
      return told.flatMap((each) =>
        each.type === "events" ? each.events.map((event) => JSON.stringify(event)) : [],
      );
    },
  };
}

const follow = (jobId: string) => ({ type: "follow", jobId, url: URL, token: null }) as const;

describe("what all tabs hear by", () => {
  it("is one stream, whatever they follow, and none once nobody listens", async () => {
    vi.useFakeTimers();
    const { hub, opened } = made();
    const pages = Array.from({ length: 8 }, page);
    for (const [n, each] of pages.entries()) hub.hear(each, follow(n < 4 ? "a" : "b"));
    await vi.advanceTimersByTimeAsync(100);
    expect(opened.map(({ url }) => url)).toEqual([`${URL}?job=a&job=b`]);
    for (const each of pages) hub.forget(each);
    await vi.advanceTimersByTimeAsync(100);
    expect(opened).toHaveLength(1);
    expect(opened[0]?.signal.aborted).toBe(true);
    vi.useRealTimers();
  });

  it("tells a page that comes later what there was, and goes on after it", async () => {
    vi.useFakeTimers();
    const { hub, opened } = made();
    const [early, late] = [page(), page()];
    hub.hear(early, follow("a"));
    await vi.advanceTimersByTimeAsync(100);
    opened[0]?.tell([state("a", "running", "7-1")]);
    hub.hear(late, follow("a"));
    expect(late.states).toEqual(early.states);
    hub.hear(late, follow("b"));
    await vi.advanceTimersByTimeAsync(100);
    expect(opened[1]?.url).toBe(`${URL}?job=${encodeURIComponent("a/7-1")}&job=b`);
    vi.useRealTimers();
  });

  it("says when it is lost, connects again, and rests once all jobs are over", async () => {
    vi.useFakeTimers();
    const { hub, opened, ends } = made();
    const one = page();
    hub.hear(one, follow("a"));
    await vi.advanceTimersByTimeAsync(100);
    ends[0]?.(new Error("502"));
    await vi.advanceTimersByTimeAsync(0);
    expect(one.told.at(-1)).toEqual({ type: "stream", jobId: "a", stream: "lost" });
    await vi.advanceTimersByTimeAsync(4000);
    opened[1]?.tell([state("a", "succeeded"), { event: "over", data: "{}", id: "a/" }]);
    expect(one.told.at(-1)).toEqual({ type: "stream", jobId: "a", stream: "ended" });
    ends[1]?.();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(opened).toHaveLength(2);
    vi.useRealTimers();
  });
});

describe("server-sent events", () => {
  it("are put together from pieces, without the comments between", () => {
    const messages = new Messages();
    expect(messages.take(": quiet\n\nevent: state\nid: a/1-0\nda")).toEqual([]);
    expect(messages.take('ta: {"x":1}\n\nevent: no')).toEqual([
      { event: "state", id: "a/1-0", data: '{"x":1}' },
    ]);
    expect(messages.take("tice\ndata: one\ndata: two: three\n\n")).toEqual([
      { event: "notice", id: "", data: "one\ntwo: three" },
    ]);
  });
});
