import type { ReactNode } from "react";
import type { Candidate, Job, Task } from "@/api/types";
import { Checks } from "@/checks/CheckTable";
import { Robustness } from "@/checks/Robustness";
import { Download } from "@/exports/Download";
import { FollowUp } from "@/tasks/FollowUp";
import type { Progress } from "@/training/progress";

interface Props {
  task: Task;
  job: Job;
  candidate: Candidate | undefined;
  progress: Progress;
}

/** What came out of a training, and how to go on from there. */
export function Result({ task, job, candidate, progress }: Props): ReactNode {
  const evaluation = job.result ?? progress.evaluation;
  return (
    <>
      {evaluation !== null && (
        <Checks
          evaluation={evaluation}
          candidate={candidate}
          scheduleWords={job.result?.program_words ?? progress.search?.program_words}
          delivered={job.result?.delivered}
          flags={job.result?.flags ?? []}
        />
      )}
      <Robustness rows={job.result?.robustness ?? []} />
      {job.model_id !== null && job.result !== null && <Download modelId={job.model_id} />}
      {job.candidate !== null && (
        <FollowUp key={job.id} task={task} candidate={job.candidate} jobId={job.id} />
      )}
    </>
  );
}
