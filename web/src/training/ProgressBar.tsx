import type { ReactNode } from "react";
import { useEffect, useState } from "react";
import type { Job } from "@/api/types";
import { duration } from "@/lib/format";
import { cx, Note } from "@/ui/kit";
import type { Progress } from "./progress";
import { share } from "./progress";
import { placeWords } from "./Waiting";

/** Silence after which a trainer may have been stopped; an evaluation says nothing while it runs. */
const SILENT_S = 20;
const SILENT_EVALUATION_S = 60;

interface Props {
  job: Job;
  progress: Progress;
  state: string;
}

/** How far a training is, and how long it still takes. */
export function ProgressBar({ job, progress, state }: Props): ReactNode {
  const running = state === "running";
  const since = useSince(progress.elapsedS, running);
  const elapsed = progress.elapsedS + since;
  const eta = progress.etaS === null ? null : Math.max(0, progress.etaS - since);
  const waiting = state === "queued";
  const done = share({ ...progress, elapsedS: elapsed, etaS: eta }) ?? 0;
  const percent = state === "succeeded" ? 100 : Math.round(100 * done);
  const silentAfter = progress.stage === "evaluation" ? SILENT_EVALUATION_S : SILENT_S;
  return (
    <div>
      <div className="mb-1.5 flex items-baseline justify-between gap-3 text-sm">
        <span className="text-soft">{headline(job, progress, state)}</span>
        <span className="tabular shrink-0 text-faint">
          {running && eta !== null && progress.stage !== "evaluation"
            ? `${duration(eta)} left`
            : timing(job, elapsed)}
        </span>
      </div>
      <div
        role="progressbar"
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-label="Training progress"
        className="h-1.5 overflow-hidden rounded-full bg-line"
      >
        <div
          className={cx(
            "h-full rounded-full transition-[width] duration-700 ease-out",
            tint(state),
            waiting && "shimmer",
          )}
          style={{ width: waiting ? "100%" : `${percent}%` }}
        />
      </div>
      {running && since > silentAfter && (
        <div className="mt-3">
          <Note title={`No news from the trainer for ${duration(since)}`}>
            If it was stopped, it is started again and goes on from its last snapshot by itself.
          </Note>
        </div>
      )}
    </div>
  );
}

/** Seconds since a value changed or counting began, while `active`. */
function useSince(value: number, active: boolean): number {
  const [now, setNow] = useState(() => performance.now());
  const [last, setLast] = useState({ value, active, at: now });
  if (last.value !== value || last.active !== active) {
    setLast({ value, active, at: performance.now() });
  }
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => setNow(performance.now()), 1000);
    return () => clearInterval(timer);
  }, [active]);
  return active ? Math.max(0, now - last.at) / 1000 : 0;
}

function tint(state: string): string {
  if (state === "failed") return "bg-bad";
  return state === "cancelled" ? "bg-faint" : "bg-accent";
}

function timing(job: Job, elapsed: number): string {
  if (job.started_at !== null && job.finished_at !== null) {
    return duration((Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000);
  }
  return elapsed > 0 ? duration(elapsed) : "";
}

function headline(job: Job, progress: Progress, state: string): string {
  if (state === "queued") return placeWords(job);
  if (state === "cancelling") return "Stopping…";
  if (state === "cancelled") return "Cancelled";
  if (state === "failed") return "Stopped by a failure";
  if (state === "succeeded") return "Finished";
  switch (progress.stage) {
    case "loading":
      return "Loading the pretrained policy";
    case "search":
      return "Searching for the commands this reward likes";
    case "value_warmup":
      return "Teaching the critic this reward";
    case "ppo":
      return "Learning";
    case "evaluation":
      return "Measuring the success checks";
    default:
      return "Starting";
  }
}
