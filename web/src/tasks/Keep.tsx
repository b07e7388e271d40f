import { Star, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { useState } from "react";
import { useLocation } from "wouter";
import { useDeleteTask, useStar } from "@/api/keeping";
import { isActive } from "@/api/queries";
import type { Task } from "@/api/types";
import { Button, Note } from "@/ui/kit";

/** Keeping a task for good, or deleting it with what it has learnt. */
export function Keep({ task }: { task: Task }): ReactNode {
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState(false);
  const star = useStar(task.id);
  const remove = useDeleteTask(task.id);
  const busy = task.state === "writing" || task.jobs.some(isActive);
  const failed = star.error ?? remove.error;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button
        aria-pressed={task.starred}
        busy={star.isPending}
        onClick={() => star.mutate(!task.starred)}
        title={task.starred ? "Kept however old it gets" : "Keep it however old it gets"}
      >
        <Star className="size-4" fill={task.starred ? "currentColor" : "none"} aria-hidden />
        {task.starred ? "Kept" : "Keep"}
      </Button>
      {asking ? (
        <>
          <Button
            busy={remove.isPending}
            onClick={() => remove.mutate(undefined, { onSuccess: () => navigate("/") })}
          >
            Delete with all it has learnt
          </Button>
          <Button onClick={() => setAsking(false)}>No</Button>
        </>
      ) : (
        <Button
          disabled={busy}
          onClick={() => setAsking(true)}
          title={busy ? "First cancel what is under way" : "Delete this task"}
        >
          <Trash2 className="size-4" aria-hidden />
          Delete
        </Button>
      )}
      {failed !== null && <Note kind="bad" title={failed.message} />}
    </div>
  );
}
