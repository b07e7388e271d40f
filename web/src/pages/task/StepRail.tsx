import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { isActive } from "@/api/queries";
import type { Job, Task } from "@/api/types";
import { cx } from "@/ui/kit";

const STEPS = ["Robot", "Task", "Candidates", "Choose", "Train", "Watch", "Checks"] as const;

/** How many of the seven steps are behind the user. */
export function stepsDone(task: Task | undefined, job: Job | undefined, snapshots: number): number {
  if (task === undefined) return 1;
  if (task.state !== "ready") return 2;
  if (job === undefined) return 3;
  if (job.result !== null) return 7;
  if (!isActive(job)) return 4;
  return snapshots > 0 ? 5 : 4;
}

export function StepRail({ done }: { done: number }): ReactNode {
  return (
    <ol className="flex items-center gap-1 text-xs sm:gap-2" aria-label="Steps">
      {STEPS.map((label, index) => {
        const behind = index < done;
        const now = index === done;
        return (
          <li
            key={label}
            aria-current={now ? "step" : undefined}
            className="flex items-center gap-1 sm:gap-2"
          >
            {index > 0 && (
              <span
                className={cx("h-px w-2 sm:w-4", index <= done ? "bg-accent/50" : "bg-line-strong")}
                aria-hidden
              />
            )}
            <span
              className={cx(
                "grid size-5 place-items-center rounded-full border text-[10px] font-semibold",
                behind && "border-transparent bg-accent-deep text-accent",
                now && "border-accent text-accent",
                !behind && !now && "border-line-strong text-faint",
              )}
            >
              {behind ? <Check className="size-3" aria-label="done" /> : index + 1}
            </span>
            <span className={now ? "text-text" : "text-faint max-xl:sr-only"}>{label}</span>
          </li>
        );
      })}
    </ol>
  );
}
