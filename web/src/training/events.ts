/** Progress events of a job, as the api streams them. */
import type { components } from "@/api/schema";

export type JobEvent = components["schemas"]["Event"];
export type NoticeEvent = components["schemas"]["NoticeEvent"];
export type SearchEvent = components["schemas"]["SearchEvent"];
export type ProgressEvent = components["schemas"]["ProgressEvent"];
export type ReweightedEvent = components["schemas"]["ReweightedEvent"];
export type SnapshotEvent = components["schemas"]["SnapshotEvent"];
export type EvaluationEvent = components["schemas"]["EvaluationEvent"];
export type Stage = components["schemas"]["StageEvent"]["stage"];

/** The browser tells events apart by name and hears only those it asked for. */
export const EVENT_TYPES = Object.keys({
  state: 1,
  stage: 1,
  notice: 1,
  search: 1,
  progress: 1,
  reweighted: 1,
  snapshot: 1,
  measured: 1,
  evaluation: 1,
} satisfies Record<JobEvent["type"], 1>) as JobEvent["type"][];
