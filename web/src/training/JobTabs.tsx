import { Check, CircleDashed, Columns3, LoaderCircle, X } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Job, Task } from "@/api/types";
import { cx } from "@/ui/kit";

/** The trainings of a task, one tab each, and the way to see them side by side. */
export function JobTabs({ task, current }: { task: Task; current: string }): ReactNode {
  const several = task.jobs.length > 1;
  const jobs = [...(several ? task.jobs : [])].sort((a, b) =>
    a.created_at.localeCompare(b.created_at),
  );
  return (
    <nav aria-label="Trainings of this task" className="flex flex-wrap gap-1.5">
      {jobs.map((job) => {
        const name =
          task.candidates.find(({ n }) => n === job.candidate)?.name ??
          `Candidate ${job.candidate ?? ""}`;
        const here = job.id === current;
        return (
          <Link
            key={job.id}
            href={`/tasks/${task.id}/jobs/${job.id}`}
            aria-current={here ? "page" : undefined}
            className={cx(
              "flex items-center gap-2 rounded-lg border px-3 py-1.5 text-[13px] transition-colors",
              here
                ? "border-line-strong bg-raised text-text"
                : "border-line text-soft hover:border-line-strong hover:text-text",
            )}
          >
            <Mark job={job} />
            <span className="min-w-0 wrap-anywhere">{name}</span>
            {job.result !== null && (
              <span className="tabular font-mono text-xs text-faint">
                {job.result.checks.filter((check) => check.passed).length}/
                {job.result.checks.length}
              </span>
            )}
          </Link>
        );
      })}
      <Link
        href={`/tasks/${task.id}/compare`}
        className="flex items-center gap-2 rounded-lg border border-line px-3 py-1.5 text-[13px] text-soft transition-colors hover:border-line-strong hover:text-text"
      >
        <Columns3 className="size-3.5" aria-hidden />
        {several ? "Side by side" : "Beside the pretrained policy"}
      </Link>
    </nav>
  );
}

function Mark({ job }: { job: Job }): ReactNode {
  switch (job.state) {
    case "succeeded":
      return <Check className="size-3.5 text-good" aria-label="finished" />;
    case "failed":
      return <X className="size-3.5 text-bad" aria-label="failed" />;
    case "running":
    case "cancelling":
      return <LoaderCircle className="size-3.5 animate-spin text-accent" aria-label="running" />;
    default:
      return <CircleDashed className="size-3.5 text-faint" aria-label={job.state} />;
  }
}
