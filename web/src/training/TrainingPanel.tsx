import { History } from "lucide-react";
import { useMemo, useState } from "react";
import type { ReactNode } from "react";
import { isActive } from "@/api/queries";
import type { Candidate, Job } from "@/api/types";
import { count, duration, figure, words } from "@/lib/format";
import { Badge, Button, cx, Note } from "@/ui/kit";
import { Clock } from "./Clock";
import { columnColor, Curve } from "./Curve";
import { curves } from "./progress";
import type { Progress } from "./progress";
import { StageBar } from "./StageBar";
import type { Stream } from "./useProgress";

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
          <p className="text-[11px] font-medium tracking-[0.14em] text-faint uppercase">Training</p>
          <h2 className="truncate text-lg font-semibold tracking-tight">
            {candidate?.name ?? `Candidate ${job.candidate ?? ""}`}
          </h2>
        </div>
        <div className="flex items-center gap-2">
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
      <Clock job={job} progress={progress} state={state} />
      <StageBar stage={progress.stage} state={state} />
      <Ending job={job} progress={progress} state={state} onRetry={props.onRetry} />
      {props.stream === "lost" && active && (
        <Note kind="warn" title="Progress is not coming through">
          The training goes on. This page keeps asking and catches up by itself.
        </Note>
      )}
      <Learning progress={progress} />
      <Notices progress={progress} />
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

function Learning({ progress }: { progress: Progress }): ReactNode {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const { samples, columns } = useMemo(() => curves(progress), [progress]);
  const latest = progress.updates.at(-1);
  const { search } = progress;

  if (latest === undefined) {
    if (search === null)
      return (
        <p className="py-8 text-center text-sm text-faint">
          The first measurement comes in a few seconds.
        </p>
      );
    return (
      <div className="rounded-xl bg-well p-4 text-sm">
        <p className="text-faint">
          Generation {search.generation} of {search.generations} · {count(search.samples)} samples ·
          best reward{" "}
          <span className="tabular font-mono text-text">{figure(search.best_reward)}</span>
        </p>
        <p className="mt-2 text-base leading-snug text-text">{search.program_words}</p>
        <Bars values={progress.searchRewards} total={search.generations} />
      </div>
    );
  }
  const toggle = (label: string): void => {
    const next = new Set(hidden);
    if (!next.delete(label)) next.add(label);
    setHidden(next);
  };
  return (
    <div className="min-w-0">
      <dl className="mb-3 grid grid-cols-2 gap-x-4 gap-y-2 sm:grid-cols-4">
        <Fact label="Samples" value={count(latest.samples)} />
        <Fact label="Per second" value={count(latest.samples_per_s)} />
        <Fact label="Episode" value={duration(latest.episode_length_s)} />
        <Fact label="Falls a minute" value={figure(latest.falls_per_minute)} />
      </dl>
      <Curve samples={samples} columns={columns} hidden={hidden} restarts={progress.restarts} />
      <p className="mt-0.5 mb-2 text-center text-[11px] text-faint">reward a step, over samples</p>
      <div className="flex flex-wrap gap-1.5">
        {columns.map((column, index) => (
          <button
            key={column.label}
            type="button"
            aria-pressed={!hidden.has(column.label)}
            onClick={() => toggle(column.label)}
            className={cx(
              "flex items-center gap-1.5 rounded-md border border-line px-2 py-1 text-xs transition-opacity hover:border-line-strong",
              hidden.has(column.label) && "opacity-40",
            )}
          >
            <span
              className="h-0.5 w-3 rounded-full"
              style={{ background: columnColor(index) }}
              aria-hidden
            />
            {words(column.label)}
            <span className="tabular font-mono text-faint">
              {figure(column.values.at(-1) ?? Number.NaN)}
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}

/** Best reward of each generation so far; empty places for those to come. */
function Bars({ values, total }: { values: number[]; total: number }): ReactNode {
  const low = Math.min(0, ...values);
  const span = Math.max(...values) - low || 1;
  return (
    <div className="mt-4 flex h-16 items-end gap-1" aria-hidden>
      {Array.from({ length: Math.max(total, values.length) }, (_, index) => {
        const value = values[index];
        const height = value === undefined ? 4 : 8 + (92 * (value - low)) / span;
        return (
          <div
            key={index}
            className={cx(
              "flex-1 rounded-sm transition-[height]",
              value === undefined ? "bg-line" : "bg-[#8ab4ff]",
            )}
            style={{ height: `${height}%` }}
          />
        );
      })}
    </div>
  );
}

function Fact({ label, value }: { label: string; value: string }): ReactNode {
  return (
    <div>
      <dt className="text-[11px] text-faint">{label}</dt>
      <dd className="tabular font-mono text-sm">{value}</dd>
    </div>
  );
}

function Notices({ progress }: { progress: Progress }): ReactNode {
  const last = progress.snapshots.at(-1);
  if (progress.notices.length === 0 && last === undefined) return null;
  return (
    <ul className="space-y-1.5 border-t border-line pt-3 text-[13px] text-soft">
      {progress.notices.map((notice, index) => (
        <li
          key={`${notice.code}-${index}`}
          className="flex gap-2 text-[#f3d7a2]"
          data-testid="notice"
        >
          <History className="mt-0.5 size-3.5 shrink-0" aria-hidden />
          {notice.message}
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
