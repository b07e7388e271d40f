import { currentToken, refused } from "@/api/token";
import { at } from "@/lib/place";
import type { JobEvent } from "@/training/events";
import type { FromHub, Stream, ToHub } from "./hub";
import { Hub } from "./hub";
import { readStream } from "./stream";

const ALIVE_EVERY_MS = 10_000;

interface Hears {
  /** `fresh`: all there were so far; what came before is to be forgotten. */
  events(events: JobEvent[], fresh: boolean): void;
  stream(stream: Stream): void;
}

type Send = (message: ToHub) => void;

let line: Send | null = null;
const followed = new Map<string, Set<Hears>>();

/**
 * Hear of a job until what is returned is called. A hidden page hears nothing, and has it all again
 * when it is seen.
 */
export function follow(jobId: string, hears: Hears): () => void {
  line ??= connect();
  const others = followed.get(jobId) ?? new Set();
  followed.set(jobId, others.add(hears));
  // Also where the page follows it already: this one is to have what came before.
  if (!document.hidden) ask(jobId);
  return () => {
    others.delete(hears);
    if (others.size > 0) return;
    followed.delete(jobId);
    line?.({ type: "leave", jobId });
  };
}

function ask(jobId: string): void {
  line?.({ type: "follow", jobId, url: at("/api/events"), token: currentToken() });
}

/** To the hub that all tabs share; where browsers have no such workers, to one of this page. */
function connect(): Send {
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pagehide", leaveAll);
  window.addEventListener("pageshow", look);
  if (typeof SharedWorker === "undefined") {
    const hub = new Hub(readStream);
    const self = { post: hear };
    return (message) => hub.hear(self, message);
  }
  const worker = new SharedWorker(new URL("./hub.worker.ts", import.meta.url), {
    type: "module",
    name: "tabrl-events",
  });
  worker.port.onmessage = ({ data }: MessageEvent<FromHub>) => hear(data);
  setInterval(() => {
    if (!document.hidden) worker.port.postMessage({ type: "alive" } satisfies ToHub);
  }, ALIVE_EVERY_MS);
  return (message) => worker.port.postMessage(message);
}

function hear(message: FromHub): void {
  if (message.type === "refused") {
    refused(message.token);
    return;
  }
  for (const hears of followed.get(message.jobId) ?? []) {
    if (message.type === "stream") hears.stream(message.stream);
    else hears.events(message.events, message.fresh);
  }
}

function look(): void {
  if (document.hidden) leaveAll();
  else for (const jobId of followed.keys()) ask(jobId);
}

function leaveAll(): void {
  for (const jobId of followed.keys()) line?.({ type: "leave", jobId });
}
