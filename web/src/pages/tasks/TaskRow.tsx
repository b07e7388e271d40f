import { Star } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Robot, TaskSummary } from "@/api/types";
import { ago } from "@/lib/format";
import { RobotTag } from "@/robots/RobotTag";
import { cx } from "@/ui/kit";
import { STANDINGS, standingOf } from "./standing";

/** A task in the list of all. */
export function TaskRow({
  task,
  robot,
}: {
  task: TaskSummary;
  robot: Robot | undefined;
}): ReactNode {
  const { label, dot } = STANDINGS[standingOf(task)];
  return (
    <li>
      <Link
        href={`/tasks/${task.id}`}
        className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1 px-4 py-3 transition-colors hover:bg-raised sm:grid-cols-[auto_minmax(0,1fr)_8rem_12rem_6rem]"
      >
        <span className={cx("size-2 rounded-full", dot)} aria-hidden />
        <span className="flex min-w-0 items-center gap-2">
          <span dir="auto" title={task.prompt} className="truncate font-medium">
            {task.prompt}
          </span>
          {task.starred && (
            <Star className="size-3.5 shrink-0 text-accent" fill="currentColor" aria-label="kept" />
          )}
        </span>
        <span className="text-right text-xs text-soft sm:text-left">
          {label}
          <span className="tabular text-faint">{checksOf(task)}</span>
        </span>
        <span className="text-xs text-faint max-sm:col-start-2">
          <RobotTag robot={robot} robotId={task.robot} />
        </span>
        <span className="text-right text-xs text-faint">{ago(task.created_at)}</span>
      </Link>
    </li>
  );
}

/** " 6/6": the checks that its best training meets. */
function checksOf({ jobs }: TaskSummary): string {
  const counts = jobs.flatMap(({ result }) =>
    result === null
      ? []
      : [{ met: result.checks.filter(({ passed }) => passed).length, of: result.checks.length }],
  );
  const best = counts.sort((a, b) => b.met / b.of - a.met / a.of)[0];
  return best === undefined ? "" : ` ${best.met}/${best.of}`;
}
