/** The curves and strips of a replay, drawn once; the moment moves over them. */
import type { ReactNode } from "react";
import { memo } from "react";
import { against, bandOf, boundsOf, heightOf, lineOf, runsOf, spanOf } from "./curves";
import type { RecordedCheck } from "./episodes";

function Box({ steps, children }: { steps: number; children: ReactNode }): ReactNode {
  return (
    <svg
      viewBox={`0 0 ${Math.max(1, steps - 1)} 1`}
      preserveAspectRatio="none"
      className="block size-full overflow-visible"
      aria-hidden
    >
      {children}
    </svg>
  );
}

/** A number over time, filled down or up to zero; what is below zero hurts, and is red. */
export const Band = memo(function Band({
  values,
  color,
}: {
  values: Float32Array;
  color: string;
}): ReactNode {
  const span = spanOf(values);
  const zero = heightOf(0, span);
  const positive = values.map((value) => Math.max(0, value));
  const negative = values.map((value) => Math.min(0, value));
  return (
    <Box steps={values.length}>
      <line
        x1={0}
        x2={values.length - 1}
        y1={zero}
        y2={zero}
        className="stroke-line-strong"
        {...THIN}
      />
      <path d={bandOf(positive, span)} fill={color} opacity={0.25} />
      <path d={bandOf(negative, span)} className="fill-bad" opacity={0.4} />
      <path d={lineOf(values, span)} fill="none" stroke={color} {...THIN} />
    </Box>
  );
});

/** What a check looks at, with its bounds; the steps that speak against it are underlined in red. */
export const CheckCurve = memo(function CheckCurve({
  check,
  values,
  time,
}: {
  check: RecordedCheck;
  values: Float32Array;
  time: Float32Array;
}): ReactNode {
  const bounds = boundsOf(check);
  const span = spanOf(values, bounds);
  const last = values.length - 1;
  const first = time[0] ?? 0;
  const stepOf = (at: number): number =>
    Math.max(0, Math.min(last, ((at - first) * last) / ((time[last] ?? 1) - first)));
  const from = stepOf(check.start_s);
  return (
    <Box steps={values.length}>
      <rect x={from} width={stepOf(check.end_s) - from} y={0} height={1} className="fill-raised" />
      {bounds.map((bound) => (
        <line
          key={bound}
          x1={from}
          x2={stepOf(check.end_s)}
          y1={heightOf(bound, span)}
          y2={heightOf(bound, span)}
          className="stroke-good"
          strokeDasharray="3 3"
          {...THIN}
        />
      ))}
      {runsOf(against(check, values, time)).map(([begin, end]) => (
        <rect key={begin} x={begin} width={end - begin} y={0.9} height={0.1} className="fill-bad" />
      ))}
      <path d={lineOf(values, span)} fill="none" className="stroke-soft" {...THIN} />
    </Box>
  );
});

/** Filled while something touches. */
export const Strip = memo(function Strip({ holds }: { holds: Float32Array }): ReactNode {
  return (
    <Box steps={holds.length}>
      <rect width={holds.length - 1} height={1} className="fill-well" />
      {runsOf(holds).map(([begin, end]) => (
        <rect key={begin} x={begin} width={end - begin} height={1} className="fill-accent" />
      ))}
    </Box>
  );
});

/** Lines stay as thin however far their box is stretched. */
const THIN = { strokeWidth: 1.25, vectorEffect: "non-scaling-stroke" } as const;
