import { LoaderCircle } from "lucide-react";
import type { ReactNode } from "react";
import type { Job } from "@/api/types";
import { failureWords } from "./failure";
import type { Revision } from "./useRevision";

interface Props {
  revision: Revision;
  /** How many success checks are incomplete. */
  faulty: number;
  /** How many characters the code is too long. */
  excess: number;
  /** Whether there is anything to check. */
  changed: boolean;
}

/** How far the check of an edit is, or what it found. */
export function RevisionStatus({ revision, faulty, excess, changed }: Props): ReactNode {
  const { job, busy, error } = revision;
  if (busy) {
    return (
      <p role="status" className="flex items-center gap-2.5 text-sm text-soft">
        <LoaderCircle className="size-4 animate-spin text-accent" aria-hidden />
        {stage(job)}
      </p>
    );
  }
  const problem = error?.message ?? (job?.failure == null ? null : failureWords(job.failure));
  if (problem !== null || faulty > 0 || excess > 0) {
    return (
      <div className="min-w-0 flex-1 basis-72 space-y-2">
        {problem !== null && <Problem title={problem} />}
        {excess > 0 && (
          <p className="text-sm text-soft">The code is {excess} characters too long.</p>
        )}
        {faulty > 0 && (
          <p className="text-sm text-soft">
            {faulty === 1 ? "One success check is" : `${faulty} success checks are`} not complete
            yet.
          </p>
        )}
      </div>
    );
  }
  return (
    <p className="text-sm text-faint">
      {changed
        ? "It becomes a candidate of its own; this one stays as it is."
        : "Change the code, a weight or a success check."}
    </p>
  );
}

function Problem({ title }: { title: string }): ReactNode {
  return (
    <p
      role="alert"
      className="rounded-lg border border-bad/35 bg-bad/10 px-3 py-2 text-sm leading-relaxed text-bad"
    >
      {title}
    </p>
  );
}

function stage(job: Job | undefined): string {
  if (job === undefined) return "Sending…";
  if (job.state === "running")
    return "Building it in isolation, then trying it on recorded motion…";
  if (job.state === "succeeded") return "It passed.";
  if (job.state === "cancelling") return "Stopping…";
  const place = job.place_in_queue;
  return place === null || place <= 1 ? "Next in the queue" : `Number ${place} in the queue`;
}
