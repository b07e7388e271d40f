import type { ReactNode } from "react";
import { useState } from "react";
import { useLocation } from "wouter";
import { isGone } from "@/api/client";
import type { TrainOrder } from "@/api/queries";
import { useRobots, useTask, useTrain } from "@/api/queries";
import type { Job, Task } from "@/api/types";
import { Candidates, WritingCandidates } from "@/candidates/Candidates";
import { Preview } from "@/candidates/Preview";
import { Usage } from "@/tasks/Usage";
import { JobTabs } from "@/training/JobTabs";
import { useProgress } from "@/training/useProgress";
import { Workspace } from "@/training/Workspace";
import { Note, Skeleton } from "@/ui/kit";
import { useTitle } from "@/ui/useTitle";
import { Absent } from "./Absent";
import { About } from "./task/About";
import { Result } from "./task/Result";
import { stepsDone } from "./task/StepRail";
import { TaskHeader } from "./task/TaskHeader";
import { WritingFailed } from "./task/WritingFailed";

interface Props {
  taskId: string;
  jobId: string | null;
}

/** One task from its sentence to its checks. */
export function TaskPage({ taskId, jobId }: Props): ReactNode {
  const task = useTask(taskId);
  useTitle(task.data?.prompt);
  const gone = isGone(task.error);
  if (task.data !== undefined && !gone) return <Loaded task={task.data} jobId={jobId} />;
  return (
    <main className="mx-auto w-full max-w-[1500px] flex-1 space-y-5 p-4 sm:p-6">
      {task.error !== null ? (
        <Absent
          what="task"
          error={task.error}
          known={task.data !== undefined}
          retry={task.refetch}
        />
      ) : (
        <>
          <h1 className="sr-only">Task</h1>
          <Skeleton className="h-10 w-2/5" />
          <Skeleton className="h-[60vh]" />
        </>
      )}
    </main>
  );
}

function Loaded({ task, jobId }: { task: Task; jobId: string | null }): ReactNode {
  const [, navigate] = useLocation();
  const [previewed, setPreviewed] = useState<number | null>(null);
  const robots = useRobots();
  const train = useTrain(task.id);
  const robot = robots.data?.find(({ id }) => id === task.robot);
  const job = chosen(task, jobId);
  const candidate = task.candidates.find(({ n }) => n === job?.candidate);
  const { progress, stream } = useProgress(job?.id ?? null);

  const show = (shown: Job): void => {
    navigate(`/tasks/${task.id}/jobs/${shown.id}`);
    window.scrollTo({ top: 0, behavior: "smooth" });
  };
  const order = (what: TrainOrder): void =>
    train.mutate(what, {
      onSuccess: ([first]) => {
        if (first === undefined) return;
        if (what.candidate === "all") navigate(`/tasks/${task.id}/compare`);
        else show(first);
      },
    });

  return (
    <main className="mx-auto w-full max-w-[1500px] flex-1 space-y-4 p-4 sm:space-y-5 sm:p-6">
      <TaskHeader
        task={task}
        robot={robot}
        done={stepsDone(task, job, progress.snapshots.length)}
      />
      {/* Once there is a robot to see it comes first. */}
      {job === undefined && <About task={task} />}
      {task.state === "writing" && <WritingCandidates />}
      {(task.state === "failed" || task.state === "cancelled") && <WritingFailed task={task} />}
      {train.error !== null && <Note kind="bad" title={train.error.message} />}

      {job !== undefined && (
        <>
          <JobTabs task={task} current={job.id} />
          <Workspace
            task={task}
            job={job}
            robot={robot}
            candidate={candidate}
            progress={progress}
            stream={stream}
            suspended={previewed !== null}
            onRetry={() =>
              order({
                candidate: job.candidate ?? 1,
                ground: job.ground,
                ...(job.weights && { weights: job.weights }),
              })
            }
          />
          <About task={task} />
        </>
      )}
      <Usage task={task} />
      {job !== undefined && (
        <Result
          task={task}
          job={job}
          robot={robot}
          candidate={candidate}
          progress={progress}
          onStarted={show}
        />
      )}
      {task.state === "ready" && (
        <Candidates
          task={task}
          onTrain={order}
          onPreview={setPreviewed}
          ordering={train.isPending ? (train.variables?.candidate ?? null) : null}
        />
      )}
      <Preview task={task} robot={robot} n={previewed} onClose={() => setPreviewed(null)} />
    </main>
  );
}

/** The addressed job, else the one under way, else the newest. */
function chosen(task: Task, jobId: string | null): Job | undefined {
  const newest = [...task.jobs].sort((a, b) => b.created_at.localeCompare(a.created_at));
  return (
    task.jobs.find(({ id }) => id === jobId) ??
    newest.find(({ state }) => state === "running") ??
    newest[0]
  );
}
