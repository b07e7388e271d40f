import type { ReactNode } from "react";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { count, figure, seriesColor } from "@/lib/format";
import { resolved } from "@/lib/theme";
import type { Column } from "./progress";

const TOTAL_COLOR = "var(--color-text)";

/** A moment in the training, drawn as a line across the curves. */
export interface Mark {
  samples: number;
  kind: "restart" | "reweighted";
}

const MARK_COLORS: Record<Mark["kind"], string> = {
  restart: "var(--color-warn)",
  reweighted: "var(--color-violet)",
};

interface Props {
  samples: number[];
  columns: Column[];
  hidden: ReadonlySet<string>;
  marks: Mark[];
  height?: number;
}

/** Colour of a column: the total has the text's, terms take the palette in their order. */
export function columnColor(index: number): string {
  return index === 0 ? TOTAL_COLOR : seriesColor(index - 1);
}

/** Reward curves over samples, drawn by uPlot; its colours stay those it was made with. */
export function Curve({ samples, columns, hidden, marks, height = 220 }: Props): ReactNode {
  const container = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<uPlot | null>(null);
  const drawn = useRef(marks);
  const labels = columns.map((column) => column.label).join("\n");

  useEffect(() => {
    const element = container.current;
    if (element === null) return undefined;
    const names = labels === "" ? [] : labels.split("\n");
    const made = new uPlot(options(names, element.clientWidth, height, drawn), [[]], element);
    setChart(made);
    const resizer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resizer.observe(element);
    return () => {
      resizer.disconnect();
      made.destroy();
      setChart(null);
    };
  }, [labels, height]);

  useEffect(() => {
    // A chart of other terms is about to be replaced: it has another number of columns.
    if (chart === null || chart.series.length !== columns.length + 1) return;
    drawn.current = marks;
    chart.batch(() => {
      columns.forEach((column, index) => {
        chart.setSeries(index + 1, { show: !hidden.has(column.label) });
      });
      chart.setData([samples, ...columns.map((column) => column.values)] as uPlot.AlignedData);
    });
  }, [chart, samples, columns, hidden, marks]);

  return <div ref={container} className="w-full" data-testid="curve" />;
}

function options(
  names: string[],
  width: number,
  height: number,
  marks: { current: Mark[] },
): uPlot.Options {
  const font = "11px Inter Variable, sans-serif";
  const axis = {
    stroke: resolved("var(--color-faint)"),
    font,
    ticks: { show: false },
    grid: { stroke: resolved("var(--color-line)"), width: 1 },
  };
  return {
    width,
    height,
    padding: [8, 12, 0, 0],
    cursor: { points: { size: 6 }, y: false },
    scales: { x: { time: false } },
    legend: { show: false },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map(count), space: 70, size: 26 },
      { ...axis, values: (_, ticks) => ticks.map(figure), size: 44 },
    ],
    series: [
      {},
      ...names.map((label, index) => ({
        label,
        stroke: resolved(columnColor(index)),
        width: index === 0 ? 2.25 : 1.5,
        // A first lone measurement has no line to be seen by.
        points: { show: (plot: uPlot) => plot.data[0].length < 3, size: 5 },
        spanGaps: true,
      })),
    ],
    hooks: {
      draw: [
        (plot) => {
          for (const mark of marks.current) drawMark(plot, mark);
        },
      ],
    },
  };
}

function drawMark({ ctx, bbox, valToPos }: uPlot, { samples, kind }: Mark): void {
  const x = Math.round(valToPos(samples, "x", true));
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = resolved(MARK_COLORS[kind]);
  ctx.setLineDash([4, 4]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  const size = 4 * devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top + size);
  ctx.lineTo(x - size, bbox.top - size / 2);
  ctx.lineTo(x + size, bbox.top - size / 2);
  ctx.fill();
  ctx.restore();
}
