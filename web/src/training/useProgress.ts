import { useEffect, useReducer } from "react";
import { isTerminal } from "@/api/queries";
import { needsTickets, ticket, withTicket } from "@/api/tickets";
import { at } from "@/lib/place";
import type { JobEvent } from "./events";
import { EVENT_TYPES } from "./events";
import type { Progress } from "./progress";
import { NO_PROGRESS, reduce } from "./progress";

export type Stream = "connecting" | "open" | "lost" | "ended";

interface State {
  progress: Progress;
  stream: Stream;
}

type Change = { events: JobEvent[] } | { stream: Stream } | "restart";

const BATCH_MS = 80;
const RETRY_MS = 3000;

function change(state: State, action: Change): State {
  if (action === "restart") return { progress: NO_PROGRESS, stream: "connecting" };
  if ("stream" in action) return { ...state, stream: action.stream };
  return { ...state, progress: action.events.reduce(reduce, state.progress) };
}

/**
 * Follow a job's events from its first one on.
 *
 * The browser resumes a broken stream by itself with `Last-Event-ID`. Where it has given up (an
 * answer that is no stream, as while the server restarts, or to a ticket that was used), the stream is
 * opened anew from the start.
 */
export function useProgress(jobId: string | null): State {
  const [state, dispatch] = useReducer(change, { progress: NO_PROGRESS, stream: "connecting" });

  useEffect(() => {
    if (jobId === null) return undefined;
    let source: EventSource | null = null;
    let left = false;
    let waiting: JobEvent[] = [];
    let batch: ReturnType<typeof setTimeout> | null = null;
    let retry: ReturnType<typeof setTimeout> | null = null;

    // A replayed stream brings hundreds of events at once: draw them together.
    const flush = (): void => {
      batch = null;
      dispatch({ events: waiting });
      waiting = [];
    };
    const receive = (message: MessageEvent<string>): void => {
      const event = JSON.parse(message.data) as JobEvent;
      waiting.push(event);
      batch ??= setTimeout(flush, BATCH_MS);
      if (event.type === "state" && isTerminal(event.state)) {
        source?.close();
        dispatch({ stream: "ended" });
      }
    };
    const open = (): void => {
      dispatch("restart");
      address().then(listen, () => {
        dispatch({ stream: "lost" });
        if (!left) retry = setTimeout(open, RETRY_MS);
      });
    };
    const job = at(`/api/jobs/${encodeURIComponent(jobId)}`);
    const address = async (): Promise<string> =>
      (await needsTickets())
        ? withTicket(`${job}/events`, await ticket(`${job}/ticket`))
        : `${job}/events`;
    const listen = (url: string): void => {
      if (left) return;
      source = new EventSource(url);
      source.onopen = () => dispatch({ stream: "open" });
      source.onerror = () => {
        dispatch({ stream: "lost" });
        if (source?.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
      };
      for (const type of EVENT_TYPES) source.addEventListener(type, receive);
    };
    open();
    return () => {
      left = true;
      source?.close();
      if (batch !== null) clearTimeout(batch);
      if (retry !== null) clearTimeout(retry);
    };
  }, [jobId]);

  return state;
}
