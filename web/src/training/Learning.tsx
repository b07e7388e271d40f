import type { ReactNode } from "react";
import { useMemo, useState } from "react";
import { count, duration, figure, words } from "@/lib/format";
import { cx } from "@/ui/kit";
import { useDark } from "@/ui/ThemeButton";
import type { Mark } from "./Curve";
import { Curve, columnColor } from "./Curve";
import type { Progress } from "./progress";
import { curves, reweightedAt } from "./progress";

/** What a training has measured so far: the search's generations, then the curves. */
export function Learning({ progress }: { progress: Progress }): ReactNode {
  const dark = useDark();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const { samples, columns } = useMemo(() => curves(progress), [progress]);
  const marks = useMemo(() => marksOf(progress), [progress]);
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
      <Curve key={String(dark)} samples={samples} columns={columns} hidden={hidden} marks={marks} />
      <p className="mt-0.5 mb-2 text-center text-[11px] text-faint">
        reward a step, over samples
        {progress.reweightings.length > 0 && (
          <span className="text-violet"> · ▾ other weights from here on</span>
        )}
      </p>
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
      {Array.from({ length: Math.max(total, values.length) }, (_, n) => n + 1).map((generation) => {
        const value = values[generation - 1];
        const height = value === undefined ? 4 : 8 + (92 * (value - low)) / span;
        return (
          <div
            key={generation}
            className={cx(
              "flex-1 rounded-sm transition-[height]",
              value === undefined ? "bg-line" : "bg-info",
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

function marksOf(progress: Progress): Mark[] {
  return [
    ...progress.restarts.map((samples): Mark => ({ samples, kind: "restart" })),
    ...reweightedAt(progress).map((samples): Mark => ({ samples, kind: "reweighted" })),
  ];
}
