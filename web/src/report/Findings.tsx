import { ShieldCheck, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { CandidateReport } from "@/api/types";
import { keyed } from "@/lib/keyed";

/** What there is to know before training: warnings in plain words, or that there are none. */
export function Findings({ report }: { report: CandidateReport }): ReactNode {
  const warnings = [...(report.failures ?? []), ...(report.warnings ?? [])];
  if (warnings.length > 0) {
    return (
      <ul
        aria-label="Before you train"
        data-testid="warnings"
        className="mx-4 mb-4 space-y-1.5 self-start rounded-xl border border-warn/30 bg-warn/10 px-3.5 py-2.5 text-[13px] leading-relaxed text-soft sm:mx-5"
      >
        {keyed(warnings, ({ message }) => message).map(({ key, item: { code, message } }) => (
          <li key={key} className="flex gap-2.5" data-code={code}>
            <TriangleAlert className="mt-[3px] size-3.5 shrink-0 text-warn" aria-hidden />
            <span className="min-w-0">{message}</span>
          </li>
        ))}
      </ul>
    );
  }
  if ((report.clips ?? []).length === 0) {
    return (
      <p className="mx-4 mb-4 self-start text-[13px] text-faint sm:mx-5">
        Not tried: there is no recorded motion of this robot.
      </p>
    );
  }
  // A report of an earlier version knew no warnings: it cannot say that there are none.
  if ((report.terms ?? []).length === 0) return <div />;
  return (
    <p
      className="mx-4 mb-4 flex items-center gap-2 self-start text-[13px] text-faint sm:mx-5"
      data-testid="sound"
    >
      <ShieldCheck className="size-4 shrink-0 text-good/80" aria-hidden />
      Tried on recorded motion: nothing to warn about
    </p>
  );
}
