import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useJob, useRevise } from "@/api/edits";
import { isActive, useCancel } from "@/api/queries";
import type { Job, RevisionRequest, Task } from "@/api/types";

export interface Revision {
  /** The job that checks the edit, or checked it and found something. */
  job: Job | undefined;
  /** From the moment of asking until the answer is there. */
  busy: boolean;
  /** The server could not be asked. */
  error: Error | null;
  send: (request: RevisionRequest) => void;
  stop: () => void;
}

interface Options {
  task: Task;
  /** The job last asked for, which outlives a reload. */
  jobId: string | null;
  onSent: (jobId: string) => void;
  /** Called with the number of the candidate that the edit has become. */
  onDone: (n: number) => void;
}

/** Have an edit checked, and follow the job that does it. */
export function useRevision({ task, jobId, onSent, onDone }: Options): Revision {
  const cache = useQueryClient();
  const revise = useRevise(task.id);
  const cancel = useCancel(task.id);
  const followed = useJob(jobId);
  const job = followed.data?.id === jobId ? followed.data : undefined;
  const succeeded = job?.state === "succeeded";
  const made = task.candidates.find((candidate) => candidate.revised_by === jobId)?.n;

  useEffect(() => {
    if (succeeded) void cache.invalidateQueries({ queryKey: ["task", task.id] });
  }, [succeeded, cache, task.id]);
  useEffect(() => {
    if (succeeded && made !== undefined) onDone(made);
  }, [succeeded, made, onDone]);

  const asked = jobId !== null && followed.error === null;
  return {
    job,
    busy: revise.isPending || (asked && (job === undefined || isActive(job) || succeeded)),
    error: revise.error ?? followed.error,
    send: (request) => revise.mutate(request, { onSuccess: (sent) => onSent(sent.id) }),
    stop: () => job !== undefined && cancel.mutate(job.id),
  };
}
