import { Hourglass } from "lucide-react";
import type { ReactNode } from "react";
import type { Job } from "@/api/types";
import { duration } from "@/lib/format";

/** Over the preview of a job that waits: its place, and when it starts. */
export function Waiting({ job }: { job: Job }): ReactNode {
  return (
    <div
      role="status"
      data-testid="waiting"
      className="card pointer-events-none absolute inset-x-4 top-14 z-10 mx-auto w-fit max-w-md bg-panel/90 px-4 py-2.5 text-center text-sm backdrop-blur"
    >
      <p className="flex items-center justify-center gap-2 font-medium">
        <Hourglass className="size-4 text-accent" aria-hidden /> {placeWords(job)}
      </p>
      <p className="mt-0.5 text-xs text-soft">
        Meanwhile: the recorded motion that this reward likes best.
      </p>
    </div>
  );
}

/** "Number 2 in the queue, starts in about 40 s". */
export function placeWords({ attempt, place_in_queue: place, starts_in_s }: Job): string {
  if (attempt > 0) return "Waiting for a trainer to go on with it";
  const where = place === null || place <= 1 ? "Next in the queue" : `Number ${place} in the queue`;
  if (starts_in_s == null || starts_in_s < 1) return where;
  return `${where}, starts in about ${duration(starts_in_s)}`;
}
