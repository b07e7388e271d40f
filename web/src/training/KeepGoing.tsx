import { FastForward } from "lucide-react";
import type { ReactNode } from "react";
import { useState } from "react";
import type { Length } from "@/api/lengths";
import { useKeepGoing } from "@/api/lengths";
import type { Job } from "@/api/types";
import { MINUTES } from "@/generated/contract";
import { Button, Note } from "@/ui/kit";
import { TierChoice } from "./TierChoice";

interface Props {
  job: Job;
  /** Called with the training that goes on from this one. */
  onStarted: (job: Job) => void;
}

/** A result can be trained on from, with the same reward: nothing of it is lost. */
export function KeepGoing({ job, onStarted }: Props): ReactNode {
  const [length, setLength] = useState<Length>(() => following(job));
  const keepGoing = useKeepGoing(job);
  return (
    <section className="card p-4 sm:p-5" aria-label="Keep going" data-testid="keep-going">
      <TierChoice
        robot={job.robot}
        value={length}
        onChange={setLength}
        tiers={["fine-tune", "full"]}
        label="Not good enough yet? Train on from here, with the same reward"
      />
      <div className="mt-3 flex flex-wrap items-center gap-3">
        <Button
          tone="primary"
          busy={keepGoing.isPending}
          onClick={() => keepGoing.mutate(length, { onSuccess: onStarted })}
        >
          <FastForward className="size-4" aria-hidden /> Keep going
        </Button>
        <span className="text-xs text-faint">What is there now stays as it is.</span>
      </div>
      {keepGoing.error !== null && (
        <div className="mt-3">
          <Note kind="warn" title={keepGoing.error.message} />
        </div>
      )}
    </section>
  );
}

/** What a result goes on with unless told otherwise. */
function following(job: Job): Length {
  return job.tier === "command" ? { tier: "fine-tune" } : { tier: "full", minutes: MINUTES.usual };
}
