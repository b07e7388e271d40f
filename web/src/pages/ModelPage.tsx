import type { ReactNode } from "react";
import { Link } from "wouter";
import { isGone } from "@/api/client";
import { useModel, useRobots, useTask } from "@/api/queries";
import type { Model } from "@/api/types";
import { Stand } from "@/deck/Stand";
import { Download } from "@/exports/Download";
import { useOnGround } from "@/grounds/onGround";
import { ago } from "@/lib/format";
import { Absent } from "@/pages/Absent";
import { Share } from "@/pages/Share";
import { RobotTag } from "@/robots/RobotTag";
import { Headline } from "@/ui/Headline";
import { Skeleton } from "@/ui/kit";
import { useTitle } from "@/ui/useTitle";
import { usePolicyDrive } from "@/viewer/drive";

/** A model alone: the address to share a motion by. */
export function ModelPage({ modelId }: { modelId: string }): ReactNode {
  const { data: model, error, refetch } = useModel(modelId);
  if (model !== undefined && !isGone(error)) return <Loaded model={model} />;
  return (
    <main className="flex flex-1 flex-col p-4 sm:p-6">
      {error !== null ? (
        <Absent what="model" error={error} known={model !== undefined} retry={refetch} />
      ) : (
        <>
          <h1 className="sr-only">Model</h1>
          <Skeleton className="flex-1" />
        </>
      )}
    </main>
  );
}

function Loaded({ model }: { model: Model }): ReactNode {
  const task = useTask(model.task_id);
  const robot = useRobots().data?.find(({ id }) => id === model.robot);
  const onGround = useOnGround(robot, model);
  const drive = usePolicyDrive(model);
  useTitle(task.data?.prompt);
  return (
    <main className="flex flex-1 flex-col">
      <header className="flex flex-wrap items-end justify-between gap-3 border-b border-line px-4 py-3 sm:px-6">
        <div className="min-w-0">
          <p className="text-xs text-faint">
            <RobotTag robot={robot} robotId={model.robot} /> · {model.ground_words} · updated{" "}
            {ago(model.updated_at)}
          </p>
          <Headline
            text={task.data?.prompt ?? model.id}
            className="text-lg font-semibold tracking-tight"
          />
        </div>
        <Share modelId={model.id} />
        <Download modelId={model.id} />
        <Link
          href={`/tasks/${model.task_id}/jobs/${model.job_id}`}
          className="text-sm text-accent hover:underline"
        >
          How it was trained
        </Link>
      </header>
      <Stand
        className="min-h-[60vh] flex-1"
        robot={onGround}
        drive={drive}
        model={model}
        task={task.data}
      />
    </main>
  );
}
