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
