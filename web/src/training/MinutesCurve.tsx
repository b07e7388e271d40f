import type { ReactNode } from "react";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { EvaluationPoint } from "@/api/types";
import { count, figure, percent } from "@/lib/format";
import { resolved } from "@/lib/theme";

const REWARD = "var(--color-accent)";
const CHECKS = "var(--color-info)";
const HEIGHT = 190;

interface Props {
  points: EvaluationPoint[];
}

/** Reward and checks as evaluated, against minutes of learning: one curve over all that went on. */
export function MinutesCurve({ points }: Props): ReactNode {
  const container = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const total = Object.keys(points[0]?.checks ?? {}).length;

  useEffect(() => {
    const element = container.current;
    if (element === null) return undefined;
    const made = new uPlot(options(element.clientWidth, total), [[]], element);
    chart.current = made;
    const resizer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    resizer.observe(element);
    return () => {
      resizer.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [total]);

  useEffect(() => {
    chart.current?.setData(columns(points));
  }, [points]);

  const best = points.findLast((point) => point.best);
  return (
    <section className="card p-4 sm:p-5" aria-label="Minute by minute" data-testid="minutes">
      <div className="mb-1 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h2 className="text-base font-semibold tracking-tight">Minute by minute</h2>
        {best !== undefined && (
          <p className="tabular text-xs text-soft" data-testid="best-so-far">
            best: {figure(best.reward)} ± {figure(best.reward_ci95)} a step, {best.passed} of{" "}
            {total} checks, falls {percent(best.fall_rate)}, after {figure(best.minutes)} min and{" "}
            {count(best.samples)} samples
          </p>
        )}
      </div>
      <div ref={container} className="w-full" />
      <p className="mt-0.5 text-center text-[11px] text-faint">
        <span style={{ color: REWARD }}>reward a step, with its 95 % interval</span> ·{" "}
        <span style={{ color: CHECKS }}>checks met</span> · over minutes of learning
      </p>
    </section>
  );
}

/** The reward's colour at some per cent. */
function faded(percentage: number): string {
  return resolved(`color-mix(in srgb, ${REWARD} ${percentage}%, transparent)`);
}

function columns(points: EvaluationPoint[]): uPlot.AlignedData {
  return [
    points.map(({ minutes }) => minutes),
    points.map(({ reward }) => reward),
    points.map(({ reward, reward_ci95 }) => reward - reward_ci95),
    points.map(({ reward, reward_ci95 }) => reward + reward_ci95),
    points.map(({ passed }) => passed),
  ];
}

function options(width: number, checks: number): uPlot.Options {
  const axis = {
    stroke: resolved("var(--color-faint)"),
    font: "11px Inter Variable, sans-serif",
    ticks: { show: false },
    grid: { stroke: resolved("var(--color-line)"), width: 1 },
  };
  const edge = { stroke: faded(35), width: 1, points: { show: false } };
  return {
    width,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    cursor: { points: { size: 6 }, y: false },
    scales: { x: { time: false }, checks: { range: [0, Math.max(checks, 1)] } },
    legend: { show: false },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((tick) => `${figure(tick)}`), size: 26 },
      { ...axis, values: (_, ticks) => ticks.map(figure), size: 44 },
      {
        ...axis,
        scale: "checks",
        side: 1,
        grid: { show: false },
        values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? String(tick) : "")),
        size: 28,
      },
    ],
    bands: [{ series: [3, 2], fill: faded(12) }],
    series: [
      {},
      { label: "reward", stroke: resolved(REWARD), width: 2.25, points: { show: true, size: 5 } },
      { label: "from", ...edge },
      { label: "to", ...edge },
      {
        label: "checks",
        scale: "checks",
        stroke: resolved(CHECKS),
        width: 1.5,
        dash: [4, 4],
        points: { show: true, size: 4 },
      },
    ],
  };
}
