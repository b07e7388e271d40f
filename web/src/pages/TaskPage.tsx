import type { ReactNode } from "react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { TrainOrder } from "@/api/queries";
import { isTerminal, useRobots, useTask, useTrain } from "@/api/queries";
import type { Job, Task } from "@/api/types";
import { Candidates, WritingCandidates } from "@/candidates/Candidates";
import { Preview } from "@/candidates/Preview";
import { Checks } from "@/checks/CheckTable";
import { Robustness } from "@/checks/Robustness";
import { ago } from "@/lib/format";
import { RobotTag } from "@/robots/RobotTag";
import { FollowUp } from "@/tasks/FollowUp";
import { Keep } from "@/tasks/Keep";
import { LineageLine } from "@/tasks/Lineage";
import { TaskForm } from "@/tasks/TaskForm";
import { Usage } from "@/tasks/Usage";
import { useChosenRobot } from "@/tasks/useChosenRobot";
import { JobTabs } from "@/training/JobTabs";
import { KeepGoing } from "@/training/KeepGoing";
import { MinutesCurve } from "@/training/MinutesCurve";
import { pointsOf } from "@/training/progress";
import { useProgress } from "@/training/useProgress";
import { Workspace } from "@/training/Workspace";
import { Badge, Button, Note, Skeleton } from "@/ui/kit";
import { useTitle } from "@/ui/useTitle";
import { StepRail, stepsDone } from "./StepRail";

interface Props {
  taskId: string;
  jobId: string | null;
}

/** One task from its sentence to its checks. */
export function TaskPage({ taskId, jobId }: Props): ReactNode {
  const task = useTask(taskId);
  useTitle(task.data?.prompt);
  if (task.data !== undefined) return <Loaded task={task.data} jobId={jobId} />;
  return (
    <main className="mx-auto w-full max-w-[1500px] flex-1 space-y-5 p-4 sm:p-6">
      {task.error !== null ? (
        <Note
          kind="bad"
          title={task.error.message}
          action={<Button onClick={() => void task.refetch()}>Try again</Button>}
        >
          The address may be mistyped, or the task belongs to another data directory.
        </Note>
      ) : (
        <>
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
  const evaluation = job?.result ?? progress.evaluation;

  const minutes = useMemo(
    () => (job === undefined ? [] : pointsOf(job, progress)),
    [job, progress],
  );

  const show = (shown: Job): void => {
    navigate(`/tasks/${task.id}/jobs/${shown.id}`);
    window.scrollTo({ top: 0, behavior: "smooth" });
  };
  const order = (what: TrainOrder): void =>
    train.mutate(what, { onSuccess: ([first]) => first && show(first) });

  return (
    <main className="mx-auto w-full max-w-[1500px] flex-1 space-y-5 p-4 sm:p-6">
      <header className="flex flex-wrap items-start justify-between gap-x-8 gap-y-3">
        <div className="min-w-0">
          <p className="text-xs text-faint">
            <RobotTag robot={robot} robotId={task.robot} /> · {ago(task.created_at)}
          </p>
          <h1 className="mt-0.5 text-xl font-semibold tracking-tight break-words sm:text-2xl">
            {task.prompt}
          </h1>
          <LineageLine task={task} />
          <Words task={task} />
          <Keep task={task} />
        </div>
        <StepRail done={stepsDone(task, job, progress.snapshots.length)} />
      </header>

      {task.state === "writing" && <WritingCandidates />}
      {(task.state === "failed" || task.state === "cancelled") && <WritingFailed task={task} />}
      <Usage task={task} />
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
              order({ candidate: job.candidate ?? 1, ...(job.weights && { weights: job.weights }) })
            }
          />
        </>
      )}
      {evaluation !== null && (
        <Checks
          evaluation={evaluation}
          candidate={candidate}
          scheduleWords={job?.result?.program_words ?? progress.search?.program_words}
          delivered={job?.result?.delivered}
          flags={job?.result?.flags ?? []}
        />
      )}
      {minutes.length > 1 && <MinutesCurve points={minutes} />}
      {job !== undefined && isTerminal(job.state) && progress.snapshots.length > 0 && (
        <KeepGoing key={`on from ${job.id}`} job={job} onStarted={show} />
      )}
      <Robustness rows={job?.result?.robustness ?? []} />
      {job !== undefined && job.candidate !== null && (
        <FollowUp key={job.id} task={task} candidate={job.candidate} jobId={job.id} />
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

/** Which words of the sentence the writer could use. */
function Words({ task }: { task: Task }): ReactNode {
  if (task.understood.length === 0 && task.not_understood.length === 0) return null;
  return (
    <section className="mt-2 flex flex-wrap gap-x-3 gap-y-1.5" aria-label="What was understood">
      <WordList title="Understood" mood="accent" words={task.understood} />
      <WordList title="Not understood" mood="warn" words={task.not_understood} />
    </section>
  );
}

interface WordListProps {
  title: string;
  mood: "accent" | "warn";
  words: readonly string[];
}

function WordList({ title, mood, words }: WordListProps): ReactNode {
  if (words.length === 0) return null;
  return (
    <p className="flex flex-wrap items-center gap-1.5 text-xs">
      <span className="text-faint">{title}</span>
      {words.map((word) => (
        <Badge key={word} mood={mood}>
          {word}
        </Badge>
      ))}
    </p>
  );
}

/** The sentence led to no reward: why, and another try. */
function WritingFailed({ task }: { task: Task }): ReactNode {
  const robots = useRobots();
  const [robot, chooseRobot] = useChosenRobot(robots.data ?? [], task.robot);
  const title =
    task.state === "cancelled" ? "Writing was cancelled" : "No reward could be written for this";
  return (
    <div className="max-w-3xl space-y-5">
      <Note kind={task.state === "failed" ? "bad" : "info"} title={title}>
        {task.failure?.message}
      </Note>
      {robots.data !== undefined && (
        <TaskForm robots={robots.data} robot={robot} onRobot={chooseRobot} sentence={task.prompt} />
      )}
    </div>
  );
}
