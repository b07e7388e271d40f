import type { ReactNode } from "react";
import type { CandidateReport } from "@/api/types";
import { figure } from "@/lib/format";

/** How much a candidate judges like the others, and how clear its verdict is. */
export function Similarity({ report }: { report: CandidateReport }): ReactNode {
  const others = Object.entries(report.similarity ?? {}).sort(([, a], [, b]) => b - a);
  const [nearest] = others;
  const margin = report.margin ?? null;
  if (nearest === undefined && margin === null) return null;
  return (
    <dl className="mt-3 space-y-1 text-xs text-faint">
      {margin !== null && (
        <div className="flex justify-between gap-3">
          <dt title="How far the asked motion is ahead of standing, falling and random motion, in standard deviations of all motions' scores">
            Lead of the asked motion
          </dt>
          <dd className="tabular font-mono text-soft">{figure(margin)} σ</dd>
        </div>
      )}
      {nearest !== undefined && (
        <div className="flex justify-between gap-3">
          <dt title="Rank correlation over all recorded motions: 1 is the same verdict">
            Judges most like candidate {nearest[0]}
          </dt>
          <dd className="tabular font-mono text-soft">{nearest[1].toFixed(2)}</dd>
        </div>
      )}
    </dl>
  );
}
