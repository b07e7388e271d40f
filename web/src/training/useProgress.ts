import { useEffect, useReducer } from "react";
import { follow } from "@/events/follow";
import type { Stream } from "@/events/hub";
import type { JobEvent } from "./events";
import type { Progress } from "./progress";
import { NO_PROGRESS, reduce } from "./progress";

export type { Stream };

interface State {
  progress: Progress;
  stream: Stream;
}

type Change = { events: JobEvent[]; fresh: boolean } | { stream: Stream };

const START: State = { progress: NO_PROGRESS, stream: "connecting" };

function change(state: State, action: Change): State {
  if ("stream" in action) return { ...state, stream: action.stream };
  const before = action.fresh ? NO_PROGRESS : state.progress;
  return { ...state, progress: action.events.reduce(reduce, before) };
}

/** Follow a job's events from its first one on. */
export function useProgress(jobId: string | null): State {
  const [state, dispatch] = useReducer(change, START);
  useEffect(() => {
    if (jobId === null) return undefined;
    dispatch({ events: [], fresh: true });
    return follow(jobId, {
      events: (events, fresh) => dispatch({ events, fresh }),
      stream: (stream) => dispatch({ stream }),
    });
  }, [jobId]);
  return state;
}
