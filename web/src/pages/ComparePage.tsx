import { useQueries } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { isGone } from "@/api/client";
import { modelQuery, useRobots, useTask } from "@/api/queries";
import type { Job, Robot, Task } from "@/api/types";
import type { Trained } from "@/compare/choose";
import { seated, trainingsOf } from "@/compare/choose";
import type { Shown } from "@/compare/SideBySide";
import { SideBySide } from "@/compare/SideBySide";
import { words } from "@/lib/format";
import { Absent } from "@/pages/Absent";
import { placeWords } from "@/training/Waiting";
import { Headline } from "@/ui/Headline";
import { Note, Skeleton } from "@/ui/kit";
import { useTitle } from "@/ui/useTitle";

/** A task's candidates and the pretrained policy, side by side. */
export function ComparePage({ taskId }: { taskId: string }): ReactNode {
  const task = useTask(taskId);
  const robots = useRobots().data;
  useTitle(task.data?.prompt);
  const robot = robots?.find(({ id }) => id === task.data?.robot);
  return (
    <main className="mx-auto w-full max-w-[1800px] flex-1 space-y-4 p-4 sm:p-6">
      {task.error !== null && (task.data === undefined || isGone(task.error)) ? (
        <Absent
          what="task"
          error={task.error}
          known={task.data !== undefined}
          retry={task.refetch}
        />
      ) : task.data === undefined || robot === undefined ? (
        <>
          <h1 className="sr-only">Side by side</h1>
          <Skeleton className="h-[70vh]" />
        </>
      ) : (
        <Loaded task={task.data} robot={robot} />
      )}
    </main>
  );
}

function Loaded({ task, robot }: { task: Task; robot: Robot }): ReactNode {
  const jobs = trainingsOf(task);
  const models = useQueries({ queries: jobs.map(({ model_id: id }) => modelQuery(id ?? "")) });
  const trained = jobs.flatMap((job, n) => {
    const model = models[n]?.data;
    return model === undefined ? [] : [{ job, model }];
  });
  const { together, elsewhere, more } = seated(trained);
  const first = together[0];
  // The pretrained policy is served in the robot's own scene alone.
  const flat = first?.model.scene_sha256 === robot.scene_sha256;
  return (
    <>
      <header className="flex flex-wrap items-end justify-between gap-3">
        <div className="min-w-0">
          <p className="eyebrow">Side by side</p>
          <Headline
            text={task.prompt}
            className="text-xl font-semibold tracking-tight sm:text-2xl"
          />
        </div>
        <Link href={`/tasks/${task.id}`} className="text-sm text-accent hover:underline">
          Back to the task
        </Link>
      </header>
      {jobs.length === 0 ? (
        <Note title="Nothing was trained yet">
          Train one candidate or all of them: they learn here side by side.
        </Note>
      ) : first === undefined || trained.length < jobs.length ? (
        <Skeleton className="h-[60vh]" />
      ) : (
        <>
          <SideBySide
            robot={robot}
            sceneUrl={first.model.scene_url}
            shown={[...together.map(shownOf), ...(flat ? pretrained(robot) : [])]}
          />
          {elsewhere.length > 0 && (
            <Note title={`Left out: ${named(elsewhere)}`}>
              Robots side by side stand on one ground, here {first.job.ground_words}.{" "}
              {elsewhere
                .map(({ job }) => `${nameOf(job)} was trained on: ${job.ground_words}.`)
                .join(" ")}
            </Note>
          )}
          {more.length > 0 && (
            <Note title={`Left out: ${named(more)}`}>
              More than {together.length} candidates are not told apart at a glance.
            </Note>
          )}
        </>
      )}
    </>
  );

  function nameOf({ candidate }: Job): string {
    const name = task.candidates.find(({ n }) => n === candidate)?.name;
    return name ?? `Candidate ${candidate ?? ""}`;
  }

  function named(out: Trained[]): string {
    return out.map(({ job }) => nameOf(job)).join(", ");
  }

  function shownOf({ job, model }: Trained): Shown {
    return {
      key: job.id,
      name: nameOf(job),
      note: noteOf(job),
      connection: {
        url: model.inference_url,
        modelId: model.id,
        sceneSha256: model.scene_sha256,
      },
    };
  }
}

function noteOf(job: Job): string {
  if (job.state === "queued") return placeWords(job);
  if (job.result !== null) {
    const { checks } = job.result;
    return `${checks.filter(({ passed }) => passed).length} of ${checks.length} checks met`;
  }
  return job.stage == null ? words(job.state) : `learning: ${words(job.stage)}`;
}

/** Last in the row, and the first that a slow machine leaves out. */
function pretrained(robot: Robot): Shown[] {
  if (robot.pretrained === null) return [];
  const { model_id: modelId, inference_url: url } = robot.pretrained;
  const connection = { url, modelId, sceneSha256: robot.scene_sha256 };
  return [{ key: modelId, name: "Pretrained policy", note: "without any command", connection }];
}
