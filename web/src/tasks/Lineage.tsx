import { CornerDownRight } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { isGone } from "@/api/client";
import { useTask, useTasks } from "@/api/queries";
import type { Lineage, Task } from "@/api/types";

/** One line of a sentence: whoever follows the link reads the rest. */
const LINK =
  "line-clamp-1 wrap-anywhere text-soft underline decoration-line-strong underline-offset-4 transition-colors hover:text-text hover:decoration-accent";

/** What a task goes on from, and which tasks went on from it. */
export function LineageLine({ task }: { task: Task }): ReactNode {
  const { data: tasks = [] } = useTasks();
  const followers = tasks
    .filter(({ parent }) => parent?.task_id === task.id)
    .sort((a, b) => a.created_at.localeCompare(b.created_at));
  if (task.parent === null && followers.length === 0) return null;
  return (
    <div className="mt-1.5 space-y-0.5 text-sm text-faint" data-testid="lineage">
      {task.parent !== null && <Before parent={task.parent} />}
      {followers.length > 0 && (
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span>Gone on from here:</span>
          {followers.map(({ id, prompt }) => (
            <Link key={id} href={`/tasks/${id}`} dir="auto" title={prompt} className={LINK}>
              {prompt}
            </Link>
          ))}
        </p>
      )}
    </div>
  );
}

function Before({ parent }: { parent: Lineage }): ReactNode {
  const { data: earlier, error } = useTask(parent.task_id);
  const name = earlier?.candidates.find(({ n }) => n === parent.candidate)?.name;
  const href =
    parent.job_id == null
      ? `/tasks/${parent.task_id}`
      : `/tasks/${parent.task_id}/jobs/${parent.job_id}`;
  return (
    <p className="flex items-baseline gap-2">
      <CornerDownRight className="size-3.5 shrink-0 self-center text-accent" aria-hidden />
      <span className="shrink-0">after: </span>
      {isGone(error) ? (
        "a task that was deleted"
      ) : (
        <>
          <Link href={href} dir="auto" title={earlier?.prompt} className={LINK}>
            {earlier?.prompt ?? "the earlier task"}
          </Link>
          {name !== undefined && <span className="max-w-2/5 shrink-0 truncate"> · {name}</span>}
        </>
      )}
    </p>
  );
}
