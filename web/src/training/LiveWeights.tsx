import { ChevronDown, LoaderCircle, SlidersHorizontal } from "lucide-react";
import type { ReactNode } from "react";
import { useEffect, useRef, useState } from "react";
import { useReweight } from "@/api/edits";
import type { Candidate, Job } from "@/api/types";
import { seriesColor } from "@/lib/format";
import { Button, cx, Note } from "@/ui/kit";
import { WeightSlider } from "@/ui/WeightSlider";
import type { Progress } from "./progress";
import { isAwaited } from "./progress";

/** Pause after the last movement of a slider before its weight is sent. */
const SETTLED_MS = 400;

interface Props {
  job: Job;
  candidate: Candidate | undefined;
  progress: Progress;
}

/** The weights of a training on its way: what is moved here counts from the next update on. */
export function LiveWeights({ job, candidate, progress }: Props): ReactNode {
  const [open, setOpen] = useState(false);
  const [wanted, setWanted] = useState<Record<string, number>>({});
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const reweight = useReweight(job);
  const weights = { ...job.weights, ...wanted };
  const terms = candidate?.terms ?? Object.keys(job.weights);
  const inForce = progress.reweightings.at(-1);

  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );

  const change = (term: string, value: number): void => {
    const next = { ...wanted, [term]: Number(value.toPrecision(4)) };
    setWanted(next);
    if (timer.current !== null) clearTimeout(timer.current);
    timer.current = setTimeout(() => reweight.mutate(next), SETTLED_MS);
  };

  return (
    <div className="rounded-xl border border-line bg-well/50" data-testid="live-weights">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-2 px-3.5 py-2.5 text-[13px] text-soft hover:text-text"
      >
        <SlidersHorizontal className="size-3.5" aria-hidden />
        Change weights while it learns
        <ChevronDown
          className={cx("ml-auto size-4 transition-transform", open && "rotate-180")}
          aria-hidden
        />
      </button>
      {open && (
        <div className="space-y-1.5 px-3.5 pb-3.5">
          {terms.map((term, index) => (
            <WeightSlider
              key={term}
              term={term}
              color={seriesColor(index)}
              value={weights[term] ?? 0}
              initial={candidate?.weights[term] ?? job.weights[term] ?? 0}
              onChange={(value) => change(term, value)}
            />
          ))}
          {reweight.error !== null ? (
            <Note
              kind="warn"
              title={reweight.error.message}
              action={<Button onClick={() => reweight.mutate(wanted)}>Send again</Button>}
            />
          ) : (
            <WeightStatus
              moved={Object.keys(wanted).length > 0}
              waiting={isAwaited(weights, job, progress)}
              update={inForce?.update}
            />
          )}
        </div>
      )}
    </div>
  );
}

/** Whether what was asked for is in force yet. */
function WeightStatus({
  moved,
  waiting,
  update,
}: {
  moved: boolean;
  waiting: boolean;
  update: number | undefined;
}): ReactNode {
  if (moved && waiting) {
    return (
      <p role="status" className="flex items-center gap-2 pt-1 text-xs text-soft">
        <LoaderCircle className="size-3.5 animate-spin text-accent" aria-hidden />
        Takes effect with the next update
      </p>
    );
  }
  return (
    <p role="status" className="pt-1 text-xs text-faint">
      {update === undefined
        ? "Takes effect with the next update, without a restart."
        : `In force since update ${update}`}
    </p>
  );
}
