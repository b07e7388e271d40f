import * as Slider from "@radix-ui/react-slider";
import type { PointerEvent, ReactNode } from "react";
import { useMemo } from "react";
import { figure, seriesColor, words } from "@/lib/format";
import { cx } from "@/ui/kit";
import type { Episode, Episodes } from "./episodes";
import { Band, CheckCurve, Strip } from "./plots";
import type { Playback } from "./usePlayback";

interface Props {
  episodes: Episodes;
  episode: Episode;
  playback: Playback;
  /** What stands over the slider. */
  children: ReactNode;
}

/** One line of the picture under the slider: a name with its number now, and a curve over time. */
interface Row {
  key: string;
  name: ReactNode;
  /** Of a step; empty where the curve says it all. */
  now: (step: number) => string;
  plot: ReactNode;
  low?: boolean;
}

interface Group {
  title: string;
  rows: Row[];
}

const LABELS = "w-[8.75rem] shrink-0 sm:w-[15rem]";

/** A slider through an episode, and in line with it what was earned, touched and checked. */
export function TimeLine({ episodes, episode, playback, children }: Props): ReactNode {
  const { step, seek } = playback;
  const groups = useMemo(() => groupsOf(episodes, episode), [episodes, episode]);
  const last = episode.time.length - 1;
  const share = (100 * step) / Math.max(1, last);
  const scrub = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.buttons !== 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const { left, width } = event.currentTarget.getBoundingClientRect();
    seek(Math.round((last * (event.clientX - left)) / width));
  };
  return (
    <>
      {/* Over the panel's own padding as well, or rows would be seen above it. */}
      <div className="sticky -top-3 z-10 -mx-3 -mt-3 bg-panel px-3 pt-3 pb-1.5 sm:-top-4 sm:-mx-4 sm:-mt-4 sm:px-4 sm:pt-4">
        <div className="flex flex-wrap items-center gap-1.5 sm:gap-2">{children}</div>
        <div className="mt-1.5 flex items-center">
          <span className={cx(LABELS, "tabular font-mono text-xs")} data-testid="moment">
            {(episode.time[step] ?? 0).toFixed(2)}{" "}
            <span className="text-faint">of {(episode.time.at(-1) ?? 0).toFixed(2)} s</span>
          </span>
          <Scrubber episode={episode} playback={playback} />
        </div>
      </div>
      <div className="flex">
        <div className={LABELS}>
          {groups.map(({ title, rows }) => (
            <section key={title} aria-label={title}>
              <Title>{title}</Title>
              <dl>
                {rows.map((row) => (
                  <div key={row.key} className={cx("flex items-center gap-2 pr-3", height(row))}>
                    <dt className="min-w-0 flex-1 truncate text-xs text-soft">{row.name}</dt>
                    <dd className="tabular font-mono text-xs">{row.now(step)}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
        {/* The slider does the same by keyboard. */}
        <div
          className="relative min-w-0 flex-1 cursor-ew-resize touch-pan-y"
          onPointerDown={scrub}
          onPointerMove={scrub}
          aria-hidden
        >
          {groups.map(({ title, rows }) => (
            <div key={title}>
              <Title />
              {rows.map((row) => (
                <div key={row.key} className={cx("py-0.5", height(row))}>
                  {row.plot}
                </div>
              ))}
            </div>
          ))}
          <FailureLine episode={episode} />
          <div
            className="pointer-events-none absolute inset-y-0 w-px bg-text"
            style={{ left: `${share}%` }}
          />
        </div>
      </div>
    </>
  );
}

function Scrubber({ episode, playback }: Pick<Props, "episode" | "playback">): ReactNode {
  const { step, seek } = playback;
  const last = episode.time.length - 1;
  const at = (of: number): string => (episode.time[of] ?? 0).toFixed(2);
  return (
    // As wide as the curves and half a thumb more at both ends: its middle is then above the line.
    <Slider.Root
      className="relative -mx-[7px] flex h-5 min-w-0 flex-1 touch-none items-center select-none pointer-coarse:-mx-2.5 pointer-coarse:h-8"
      min={0}
      max={last}
      step={1}
      value={[step]}
      onValueChange={([next]) => seek(next ?? 0)}
      onKeyDown={({ key }) => {
        // Where it is there already the slider tells of no change, and the replay would play on.
        if (key === "Home") seek(0);
        if (key === "End") seek(last);
      }}
    >
      <Slider.Track className="relative h-1 grow rounded-full bg-line-strong">
        <Slider.Range className="absolute h-full rounded-full bg-accent" />
      </Slider.Track>
      <Slider.Thumb
        aria-label="Moment of the episode"
        aria-valuetext={`${at(step)} of ${at(last)} s`}
        className="block size-3.5 rounded-full border-2 border-accent bg-panel pointer-coarse:size-5"
      />
    </Slider.Root>
  );
}

function Title({ children }: { children?: ReactNode }): ReactNode {
  return (
    <div className="flex h-5.5 items-end pb-0.5 text-[11px] whitespace-nowrap text-faint">
      {children}
    </div>
  );
}

function height({ low = false }: Row): string {
  return low ? "h-3.5" : "h-5.5";
}

function FailureLine({ episode: { failedS, time } }: Pick<Props, "episode">): ReactNode {
  if (failedS === null) return null;
  const step = time.findIndex((at) => at >= failedS);
  return (
    <div
      className="pointer-events-none absolute inset-y-0 border-l border-dashed border-bad"
      style={{ left: `${(100 * step) / Math.max(1, time.length - 1)}%` }}
    />
  );
}

function groupsOf(episodes: Episodes, episode: Episode): Group[] {
  const total: Row = {
    key: "reward",
    name: "reward",
    now: (step) => figure(episode.reward[step] ?? null),
    plot: <Band values={episode.reward} color="var(--color-text)" />,
  };
  const terms = episodes.terms.map((term, index): Row => {
    const values = episode.terms[index] ?? new Float32Array();
    return {
      key: term,
      name: <Named color={seriesColor(index)}>{words(term)}</Named>,
      now: (step) => figure(values[step] ?? null),
      plot: <Band values={values} color={seriesColor(index)} />,
    };
  });
  const touches = episodes.touches.map((touch, index): Row => {
    const values = episode.touches[index] ?? new Float32Array();
    return {
      key: touch,
      name: touch,
      now: (step) => ((values[step] ?? 0) > 0.5 ? "touches" : ""),
      plot: <Strip holds={values} />,
      low: true,
    };
  });
  const checks = episodes.checks.map((check, index): Row => {
    const values = episode.checks[index] ?? new Float32Array();
    const passed = episode.passed[index] ?? false;
    return {
      key: check.id,
      name: (
        <span title={`${check.name}: ${figure(episode.values[index] ?? null)}, ${check.target}`}>
          <span className={passed ? "text-good" : "text-bad"}>
            {passed ? "✓" : "✗"}
            <span className="sr-only">{passed ? " passed: " : " missed: "}</span>
          </span>{" "}
          {check.name}
        </span>
      ),
      now: (step) => `${figure(values[step] ?? null)} ${check.unit}`.trim(),
      plot: <CheckCurve check={check} values={values} time={episode.time} />,
    };
  });
  return [
    { title: "Reward and its terms", rows: [total, ...terms] },
    { title: "What touches", rows: touches },
    { title: "Success checks, in this episode", rows: checks },
  ].filter(({ rows }) => rows.length > 0);
}

function Named({ color, children }: { color: string; children: ReactNode }): ReactNode {
  return (
    <span className="flex items-center gap-1.5">
      <span className="size-2 shrink-0 rounded-full" style={{ background: color }} aria-hidden />
      <span className="truncate">{children}</span>
    </span>
  );
}
