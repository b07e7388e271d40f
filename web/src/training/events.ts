/** Progress events of a job, as the api streams them (contract: `tabrl.contracts.events`). */
import type { CheckResult, EvaluationRow } from "@/api/types";

export type Stage = "writing" | "loading" | "search" | "value_warmup" | "ppo" | "evaluation";

export interface StateEvent {
  type: "state";
  state: string;
  attempt: number;
  code?: string | null;
  message?: string | null;
}

export interface StageEvent {
  type: "stage";
  stage: Stage;
  elapsed_s: number;
}

export interface NoticeEvent {
  type: "notice";
  code: string;
  message: string;
}

export interface SearchEvent {
  type: "search";
  generation: number;
  generations: number;
  best_reward: number;
  samples: number;
  program_words: string;
  elapsed_s: number;
  eta_s: number;
}

export interface ProgressEvent {
  type: "progress";
  update: number;
  samples: number;
  samples_per_s: number;
  reward: number;
  terms: Record<string, number>;
  episode_length_s: number;
  falls_per_minute: number;
  kl: number;
  elapsed_s: number;
  eta_s: number;
}

export interface SnapshotEvent {
  type: "snapshot";
  version: number;
  update: number;
  samples: number;
  params_sha256: string;
  reward: number;
  elapsed_s: number;
}

export interface EvaluationEvent {
  type: "evaluation";
  checks: CheckResult[];
  base: EvaluationRow;
  program: EvaluationRow;
  result: EvaluationRow;
}

export type JobEvent =
  | StateEvent
  | StageEvent
  | NoticeEvent
  | SearchEvent
  | ProgressEvent
  | SnapshotEvent
  | EvaluationEvent;

export const EVENT_TYPES = [
  "state",
  "stage",
  "notice",
  "search",
  "progress",
  "snapshot",
  "evaluation",
] as const satisfies readonly JobEvent["type"][];

const TERMINAL = new Set(["succeeded", "failed", "cancelled"]);

export function isTerminal(state: string): boolean {
  return TERMINAL.has(state);
}
