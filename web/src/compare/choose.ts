import type { Job, Model, Task } from "@/api/types";

/** More candidates than that are not told apart at a glance. */
const MOST = 3;

/** The newest training of each candidate that has a model, in the order of the candidates. */
export function trainingsOf(task: Pick<Task, "jobs">): Job[] {
  const newest = [...task.jobs].sort((a, b) => b.created_at.localeCompare(a.created_at));
  const seen = new Map<number, Job>();
  for (const job of newest) {
    if (job.candidate === null || job.model_id === null || seen.has(job.candidate)) continue;
    if (job.state !== "failed" && job.state !== "cancelled") seen.set(job.candidate, job);
  }
  return [...seen.values()].sort((a, b) => (a.candidate ?? 0) - (b.candidate ?? 0));
}

export interface Trained {
  job: Job;
  model: Model;
}

interface Seats {
  together: Trained[];
  /** On another ground than the first: robots side by side stand in one scene. */
  elsewhere: Trained[];
  /** In the same scene, but too many. */
  more: Trained[];
}

/** Who moves side by side, and who is left out. */
export function seated(trained: readonly Trained[]): Seats {
  const scene = trained[0]?.model.scene_sha256;
  const same = trained.filter(({ model }) => model.scene_sha256 === scene);
  return {
    together: same.slice(0, MOST),
    elsewhere: trained.filter(({ model }) => model.scene_sha256 !== scene),
    more: same.slice(MOST),
  };
}
