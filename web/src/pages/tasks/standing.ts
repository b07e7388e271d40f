import { isActive } from "@/api/queries";
import type { Standing } from "@/api/search";
import type { TaskSummary } from "@/api/types";

/** Where a task stands; what it learns now tells more than what it has learnt. */
export function standingOf({ state, jobs }: Pick<TaskSummary, "state" | "jobs">): Standing {
  if (state === "writing") return "writing";
  if (state !== "ready") return "failed";
  if (jobs.some(isActive)) return "learning";
  return jobs.some((job) => job.state === "succeeded") ? "taught" : "ready";
}

export const STANDINGS: Record<Standing, { label: string; dot: string }> = {
  taught: { label: "Taught", dot: "bg-good" },
  learning: { label: "Learning", dot: "bg-accent animate-pulse" },
  ready: { label: "To be taught", dot: "bg-line-strong" },
  writing: { label: "Being written", dot: "bg-accent animate-pulse" },
  failed: { label: "Not written", dot: "bg-bad" },
};
