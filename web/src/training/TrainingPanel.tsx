import { History, SlidersHorizontal } from "lucide-react";
import type { ReactNode } from "react";
import { isActive } from "@/api/queries";
import type { Candidate, Job } from "@/api/types";
import { figure, words } from "@/lib/format";
import { keyed } from "@/lib/keyed";
import { Badge, Button, Note } from "@/ui/kit";
import type { ReweightedEvent } from "./events";
import { Learning } from "./Learning";
import { LiveWeights } from "./LiveWeights";
import { ProgressBar } from "./ProgressBar";
import type { Progress } from "./progress";
import { StageBar } from "./StageBar";
import type { Stream } from "./useProgress";

/** What is not worth saying of a training. */
const FLAT = "flat ground";

interface Props {
  job: Job;
  candidate: Candidate | undefined;
  progress: Progress;
  stream: Stream;
  onCancel: () => void;
  cancelling: boolean;
  onRetry: () => void;
}

/** One training job as it goes: stage, time left, curves, notices. */
export function TrainingPanel(props: Props): ReactNode {
  const { job, candidate, progress } = props;
  const state = progress.state ?? job.state;
  const active = isActive(job) && isActive({ state: state as Job["state"] });
  return (
    <section
      className="card flex min-w-0 flex-col gap-4 p-4 sm:p-5"
      aria-label="Training"
      data-testid="training"
      data-state={state}
    >
      <header className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <p className="eyebrow">Training</p>
          <h2 className="truncate text-lg font-semibold tracking-tight">
            {candidate?.name ?? `Candidate ${job.candidate ?? ""}`}
          </h2>
        </div>
        <div className="flex items-center gap-2">
          {job.ground_words !== FLAT && <Badge mood="accent">{job.ground_words}</Badge>}
          <StateBadge state={state} />
          {active && (
            <Button
              tone="danger"
              className="h-8"
              onClick={props.onCancel}
              busy={props.cancelling || state === "cancelling"}
            >
              Cancel
            </Button>
          )}
        </div>
      </header>
      <ProgressBar job={job} progress={progress} state={state} />
      <StageBar stage={progress.stage} state={state} />
      <Ending job={job} progress={progress} state={state} onRetry={props.onRetry} />
      {props.stream === "lost" && active && (
        <Note kind="warn" title="Progress is not coming through">
          The training goes on. This page keeps asking and catches up by itself.
        </Note>
      )}
      <Learning progress={progress} />
      {active && job.kind === "train" && progress.stage !== "evaluation" && (
        <LiveWeights key={job.id} job={job} candidate={candidate} progress={progress} />
      )}
      <Notices progress={progress} initial={job.first_weights} />
    </section>
  );
}

function StateBadge({ state }: { state: string }): ReactNode {
  const mood = { succeeded: "good", failed: "bad", running: "accent", cancelling: "warn" } as const;
  return <Badge mood={mood[state as keyof typeof mood] ?? "neutral"}>{words(state)}</Badge>;
}

function Ending({
  job,
  progress,
  state,
  onRetry,
}: {
  job: Job;
  progress: Progress;
  state: string;
  onRetry: () => void;
}): ReactNode {
  if (state === "cancelled") {
    return (
      <Note title="Training was cancelled" action={<Button onClick={onRetry}>Train again</Button>}>
        {progress.snapshots.length > 0
          ? "The last snapshot stays playable."
          : "No snapshot was made."}
      </Note>
    );
  }
  if (state !== "failed") return null;
  const kind = job.failure?.kind ?? "infrastructure";
  const advice = {
    infrastructure:
      "Nothing is wrong with your task. Train it again; if it happens twice, look at the trainer's log.",
    code: "This reward does not run as written. Choose another candidate or word the task differently.",
    learning:
      "This reward taught the robot nothing it could keep. Try another candidate or change the weights.",
  }[kind];
  return (
    <Note
      kind="bad"
      title={job.failure?.message ?? progress.failure?.message ?? "Training failed"}
      action={<Button onClick={onRetry}>Train again</Button>}
    >
      {advice}{" "}
      <span className="font-mono text-xs opacity-70">
        ({job.failure?.code ?? progress.failure?.code})
      </span>
    </Note>
  );
}

/** "sway 0.8, forward 2": the weights that another set has in place of the earlier one. */
function changesOf(event: ReweightedEvent, earlier: Record<string, number>): string {
  const changed = Object.entries(event.weights).filter(([term, w]) => earlier[term] !== w);
  return `weight of ${changed.map(([term, w]) => `${words(term)} ${figure(w)}`).join(", ")}`;
}

interface NoticesProps {
  progress: Progress;
  /** The weights that the training began with. */
  initial: Record<string, number>;
}

function Notices({ progress, initial }: NoticesProps): ReactNode {
  const last = progress.snapshots.at(-1);
  const { notices, reweightings } = progress;
  if (notices.length + reweightings.length === 0 && last === undefined) return null;
  return (
    <ul className="space-y-1.5 border-t border-line pt-3 text-[13px] text-soft">
      {keyed(notices, ({ code }) => code).map(({ key, item: notice }) => (
        <li key={key} className="flex gap-2 text-warn" data-testid="notice">
          <History className="mt-0.5 size-3.5 shrink-0" aria-hidden />
          {notice.message}
        </li>
      ))}
      {reweightings.map((event, index) => (
        <li key={event.update} className="flex gap-2 text-violet" data-testid="reweighted">
          <SlidersHorizontal className="mt-0.5 size-3.5 shrink-0" aria-hidden />
          <span>
            Update {event.update}: {changesOf(event, reweightings[index - 1]?.weights ?? initial)}
          </span>
        </li>
      ))}
      {last !== undefined && (
        <li className="flex gap-2">
          <span className="tabular" data-testid="snapshots" data-version={last.version}>
            Snapshot {last.version}, update {last.update}
          </span>
        </li>
      )}
    </ul>
  );
}
