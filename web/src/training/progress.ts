import type { EvaluationPoint, Job } from "@/api/types";
import type {
  EvaluationEvent,
  JobEvent,
  NoticeEvent,
  ProgressEvent,
  ReweightedEvent,
  SearchEvent,
  SnapshotEvent,
  Stage,
} from "./events";

/** What the events of one job amount to. */
export interface Progress {
  state: string | null;
  attempt: number;
  failure: { code: string; message: string } | null;
  stage: Stage | null;
  search: SearchEvent | null;
  searchRewards: number[];
  /** One entry per update, in order of samples; updates lost in a restart are gone. */
  updates: ProgressEvent[];
  /** Sample counts at which a restarted trainer went on. */
  restarts: number[];
  /** Other weights of the reward's terms, in the order in which they came into force. */
  reweightings: ReweightedEvent[];
  snapshots: SnapshotEvent[];
  notices: NoticeEvent[];
  /** Evaluations on the way of a full training, by minutes. */
  points: EvaluationPoint[];
  evaluation: EvaluationEvent | null;
  elapsedS: number;
  etaS: number | null;
}

export const NO_PROGRESS: Progress = {
  state: null,
  attempt: 0,
  failure: null,
  stage: null,
  search: null,
  searchRewards: [],
  updates: [],
  restarts: [],
  reweightings: [],
  snapshots: [],
  notices: [],
  points: [],
  evaluation: null,
  elapsedS: 0,
  etaS: null,
};

/** Progress after one more event. */
export function reduce(progress: Progress, event: JobEvent): Progress {
  switch (event.type) {
    case "state":
      return {
        ...progress,
        state: event.state,
        attempt: event.attempt,
        failure:
          event.state === "failed"
            ? { code: event.code ?? "unknown", message: event.message ?? "" }
            : null,
      };
    case "stage":
      return { ...progress, stage: event.stage, elapsedS: event.elapsed_s };
    case "notice":
      return { ...progress, notices: [...progress.notices, event] };
    case "search":
      return {
        ...progress,
        search: event,
        searchRewards:
          event.generation === 1
            ? [event.best_reward]
            : [...progress.searchRewards, event.best_reward],
        elapsedS: event.elapsed_s,
        etaS: event.eta_s,
      };
    case "progress":
      return { ...addUpdate(progress, event), elapsedS: event.elapsed_s, etaS: event.eta_s };
    case "reweighted":
      return { ...progress, reweightings: reweighted(progress, event) };
    case "snapshot":
      return { ...progress, snapshots: [...progress.snapshots, event], elapsedS: event.elapsed_s };
    case "measured":
      return { ...progress, points: measured(progress, event.point), elapsedS: event.elapsed_s };
    case "evaluation":
      return { ...progress, evaluation: event, etaS: null };
  }
}

/** A restarted trainer takes over the weights again: what it repeats replaces the old. */
function reweighted({ reweightings }: Progress, event: ReweightedEvent): ReweightedEvent[] {
  return [...reweightings.filter(({ update }) => update < event.update), event];
}

/** A restarted trainer may measure again what it learns again: that replaces the old. */
function measured({ points }: Progress, point: EvaluationPoint): EvaluationPoint[] {
  return [...points.filter(({ update }) => update < point.update), point];
}

/** A trainer that went on from a snapshot repeats samples: what it repeats replaces the old. */
function addUpdate(progress: Progress, event: ProgressEvent): Progress {
  const kept = progress.updates.filter((update) => update.samples < event.samples);
  const restarted = kept.length < progress.updates.length;
  return {
    ...progress,
    updates: [...kept, event],
    restarts: restarted ? [...progress.restarts, event.samples] : progress.restarts,
  };
}

/** Whether weights are not in force yet. Who takes a change back in time waits for nothing. */
export function isAwaited(
  weights: Record<string, number>,
  job: Pick<Job, "first_weights">,
  { reweightings }: Progress,
): boolean {
  const inForce = reweightings.at(-1)?.weights ?? job.first_weights;
  return Object.entries(weights).some(([term, weight]) => inForce[term] !== weight);
}

/** Sample counts from which on other weights were in force. */
export function reweightedAt(progress: Progress): number[] {
  const { updates, reweightings } = progress;
  return reweightings.flatMap(({ update }) => {
    const last = updates.findLast((each) => each.update <= update) ?? updates[0];
    return last === undefined ? [] : [last.samples];
  });
}

/** Names of all terms seen, in the order in which they first came. */
export function termNames(progress: Progress): string[] {
  return [...new Set(progress.updates.flatMap((update) => Object.keys(update.terms)))];
}

/** Share of the work done, 0..1, from the trainer's own estimate; null before there is one. */
export function share(progress: Progress): number | null {
  if (progress.state === "succeeded") return 1;
  if (progress.stage === "evaluation") return 0.97;
  if (progress.etaS === null) return null;
  const total = progress.elapsedS + Math.max(0, progress.etaS);
  return total > 0 ? Math.min(0.97, progress.elapsedS / total) : null;
}

export interface Column {
  label: string;
  values: (number | null)[];
}

/** Curves over samples: the total reward first, then each term. */
export function curves(progress: Progress): { samples: number[]; columns: Column[] } {
  const { updates } = progress;
  return {
    samples: updates.map((update) => update.samples),
    columns: [
      { label: "total", values: updates.map((update) => update.reward) },
      ...termNames(progress).map((name) => ({
        label: name,
        values: updates.map((update) => update.terms[name] ?? null),
      })),
    ],
  };
}

/** All evaluations of a job and of those it goes on from, by minutes; the row's once it has ended. */
export function pointsOf(
  job: Pick<Job, "history" | "result">,
  progress: Progress,
): EvaluationPoint[] {
  if (job.result !== null) return job.history;
  const begin = progress.points[0]?.minutes ?? Number.POSITIVE_INFINITY;
  return [...job.history.filter(({ minutes }) => minutes < begin), ...progress.points];
}
