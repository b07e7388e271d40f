import { useMemo } from "react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useModel, useTask } from "@/api/queries";
import type { Model } from "@/api/types";
import { ago } from "@/lib/format";
import { Note, Skeleton } from "@/ui/kit";
import { Viewer } from "@/viewer/Viewer";
import type { Drive } from "@/viewer/Viewer";

/** A model alone: the address to share a motion by. */
export function ModelPage({ modelId }: { modelId: string }): ReactNode {
  const { data: model, error } = useModel(modelId);
  if (model !== undefined) return <Loaded model={model} />;
  return (
    <main className="flex flex-1 flex-col p-4 sm:p-6">
      {error !== null ? <Note kind="bad" title={error.message} /> : <Skeleton className="flex-1" />}
    </main>
  );
}

function Loaded({ model }: { model: Model }): ReactNode {
  const task = useTask(model.task_id);
  const drive = useMemo<Drive>(
    () => ({
      kind: "policy",
      connection: { url: model.inference_url, modelId: model.id, sceneSha256: model.scene_sha256 },
    }),
    [model.inference_url, model.id, model.scene_sha256],
  );
  return (
    <main className="flex flex-1 flex-col">
      <header className="flex flex-wrap items-end justify-between gap-3 border-b border-line px-4 py-3 sm:px-6">
        <div className="min-w-0">
          <p className="text-xs text-faint">
            {model.robot} · updated {ago(model.updated_at)}
          </p>
          <h1 className="truncate text-lg font-semibold tracking-tight">
            {task.data?.prompt ?? model.id}
          </h1>
        </div>
        <Link
          href={`/tasks/${model.task_id}/jobs/${model.job_id}`}
          className="text-sm text-accent hover:underline"
        >
          How it was trained
        </Link>
      </header>
      <Viewer
        className="min-h-[60vh] flex-1"
        sceneUrl={model.scene_url}
        visualsUrl={model.visuals_url}
        drive={drive}
      />
    </main>
  );
}
