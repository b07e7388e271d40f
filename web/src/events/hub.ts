import type { JobEvent } from "@/training/events";
import type { Message, readStream } from "./stream";

export type Stream = "connecting" | "open" | "lost" | "ended";

/** From a page: who it is, and which job it wants to hear of. */
export type ToHub =
  | { type: "follow"; jobId: string; url: string; token: string | null }
  | { type: "leave"; jobId: string }
  | { type: "alive" };

/** To a page; `fresh` events are all there were, others come after those before. */
export type FromHub =
  | { type: "events"; jobId: string; events: JobEvent[]; fresh: boolean }
  | { type: "stream"; jobId: string; stream: Stream }
  | { type: "refused"; token: string | null };

/** A page, as the hub sees it. */
export interface Listener {
  post(message: FromHub): void;
}

interface Job {
  events: JobEvent[];
  /** Of the newest event that the server numbered. */
  lastId: string;
  over: boolean;
  listeners: Set<Listener>;
}

/** Pages that come and go within this time share one connection attempt. */
const SETTLE_MS = 60;
const RETRY_MS = 3000;

/**
 * One stream for all pages of a browser that have the same token, and all jobs they follow.
 *
 * What was heard is kept while anybody listens, so that a page that comes later has it at once.
 * Without listeners there is no stream.
 */
export class Hub {
  private readonly lines = new Map<string, Line>();

  constructor(private readonly read: typeof readStream) {}

  hear(listener: Listener, message: ToHub): void {
    if (message.type === "follow") {
      const key = `${message.url} ${message.token}`;
      let line = this.lines.get(key);
      if (line === undefined) {
        line = new Line(message.url, message.token, this.read);
        this.lines.set(key, line);
      }
      line.follow(listener, message.jobId);
    } else if (message.type === "leave") {
      for (const line of this.lines.values()) line.leave(listener, message.jobId);
    }
  }

  /** A page is gone. */
  forget(listener: Listener): void {
    for (const line of this.lines.values()) line.leave(listener, null);
  }
}

/** The stream of those who have one token. */
class Line {
  private readonly jobs = new Map<string, Job>();
  private state: Stream = "connecting";
  private running: AbortController | null = null;
  private later: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly url: string,
    private readonly token: string | null,
    private readonly read: typeof readStream,
  ) {}

  follow(listener: Listener, jobId: string): void {
    const known = this.jobs.get(jobId);
    const job = known ?? { events: [], lastId: "", over: false, listeners: new Set() };
    job.listeners.add(listener);
    listener.post({ type: "events", jobId, events: [...job.events], fresh: true });
    listener.post({ type: "stream", jobId, stream: job.over ? "ended" : this.state });
    if (known !== undefined) return;
    this.jobs.set(jobId, job);
    this.connectIn(SETTLE_MS);
  }

  leave(listener: Listener, jobId: string | null): void {
    for (const [id, job] of this.jobs) {
      if (jobId !== null && id !== jobId) continue;
      if (!job.listeners.delete(listener) || job.listeners.size > 0) continue;
      this.jobs.delete(id);
      if (!job.over) this.connectIn(SETTLE_MS);
    }
  }

  private connectIn(ms: number): void {
    if (this.later !== null) clearTimeout(this.later);
    this.later = setTimeout(() => void this.connect(), ms);
  }

  private async connect(): Promise<void> {
    this.later = null;
    this.running?.abort();
    this.running = null;
    const open = [...this.jobs].filter(([, { over }]) => !over);
    if (open.length === 0) return;
    const running = new AbortController();
    this.running = running;
    const query = open.map(([id, { lastId }]) => `job=${encodeURIComponent(lastId || id)}`);
    await this.read(`${this.url}?${query.join("&")}`, this.token, running.signal, {
      open: () => this.tell("open"),
      messages: (messages) => this.take(messages),
      refused: () => this.everybody({ type: "refused", token: this.token }),
    }).catch(() => undefined);
    if (this.running !== running) return; // another has taken its place
    this.running = null;
    if ([...this.jobs.values()].every(({ over }) => over)) return;
    this.tell("lost");
    this.connectIn(RETRY_MS);
  }

  private take(messages: readonly Message[]): void {
    const heard = new Map<string, JobEvent[]>();
    for (const { event, data, id } of messages) {
      const [jobId = "", entry = ""] = id.split("/");
      const job = this.jobs.get(jobId);
      if (job === undefined || job.over) continue;
      if (event === "over") {
        job.over = true;
        continue;
      }
      if (entry !== "") job.lastId = id;
      const told = JSON.parse(data) as JobEvent;
      job.events.push(told);
      heard.set(jobId, [...(heard.get(jobId) ?? []), told]);
    }
    for (const [jobId, events] of heard) {
      this.post(jobId, { type: "events", jobId, events, fresh: false });
    }
    for (const { id } of messages.filter(({ event }) => event === "over")) {
      const [jobId = ""] = id.split("/");
      this.post(jobId, { type: "stream", jobId, stream: "ended" });
    }
  }

  private tell(stream: Stream): void {
    this.state = stream;
    for (const [jobId, { over }] of this.jobs) {
      if (!over) this.post(jobId, { type: "stream", jobId, stream });
    }
  }

  private post(jobId: string, message: FromHub): void {
    for (const listener of this.jobs.get(jobId)?.listeners ?? []) listener.post(message);
  }

  private everybody(message: FromHub): void {
    const all = new Set([...this.jobs.values()].flatMap(({ listeners }) => [...listeners]));
    for (const listener of all) listener.post(message);
  }
}
