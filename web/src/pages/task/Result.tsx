import type { ReactNode } from "react";
import { useMemo } from "react";
import { isTerminal } from "@/api/queries";
import type { Candidate, Job, Robot, Task } from "@/api/types";
import { Checks } from "@/checks/CheckTable";
import { TriedRobustness } from "@/checks/TriedRobustness";
import { Download } from "@/exports/Download";
import { FollowUp } from "@/tasks/FollowUp";
import { KeepGoing } from "@/training/KeepGoing";
import { MinutesCurve } from "@/training/MinutesCurve";
import type { Progress } from "@/training/progress";
import { pointsOf } from "@/training/progress";

interface Props {
  task: Task;
  job: Job;
  robot: Robot | undefined;
  candidate: Candidate | undefined;
  progress: Progress;
  /** Called with a training that goes on from this result. */
  onStarted: (job: Job) => void;
}

/** What came out of a training, and how to go on from there. */
export function Result({ task, job, robot, candidate, progress, onStarted }: Props): ReactNode {
  const evaluation = job.result ?? progress.evaluation;
  const points = useMemo(() => pointsOf(job, progress), [job, progress]);
  const left = isTerminal(job.state) && progress.snapshots.length > 0;
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
      {points.length > 1 && <MinutesCurve points={points} />}
      {left && <KeepGoing key={`on from ${job.id}`} job={job} onStarted={onStarted} />}
      <TriedRobustness rows={job.result?.robustness ?? []} troubles={robot?.troubles ?? []} />
      {job.model_id !== null && job.result !== null && <Download modelId={job.model_id} />}
      {job.candidate !== null && (
        <FollowUp key={job.id} task={task} candidate={job.candidate} jobId={job.id} />
      )}
    </>
  );
}
