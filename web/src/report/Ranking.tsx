import { Clapperboard, Target } from "lucide-react";
import type { ReactNode } from "react";
import type { CandidateReport } from "@/api/types";
import { figure, words } from "@/lib/format";
import { cx } from "@/ui/kit";
import { Section } from "@/ui/Section";
import type { Place } from "./ranking";
import { ranking } from "./ranking";

/** Motions nobody asks for: a reward that pays them well has been misunderstood. */
const UNWANTED = new Set(["fall", "random"]);

/** Which recorded motions this reward pays most, and where the reference motions stand. */
export function Ranking({
  report,
  onPreview,
  children,
}: {
  report: CandidateReport;
  onPreview: () => void;
  children?: ReactNode;
}): ReactNode {
  const places = ranking(report);
  if (places.length === 0) return <div className="border-t border-line" />;
  const total = report.clips?.length ?? places.length;
  return (
    <Section
      title={`How it ranks ${total} recorded motions`}
      action={
        <button
          type="button"
          onClick={onPreview}
          className="flex items-center gap-1 text-xs text-accent hover:underline"
        >
          <Clapperboard className="size-3.5" aria-hidden /> watch the best
        </button>
      }
    >
      <ol className="space-y-1 text-[13px]" data-testid="ranking">
        {places.map((place) => (
          <Row key={place.clip} place={place} />
        ))}
      </ol>
      {children}
    </Section>
  );
}

function Row({ place }: { place: Place }): ReactNode {
  const { clip, score, height, reference, asked } = place;
  return (
    <li
      className="grid grid-cols-[1.25rem_minmax(0,9rem)_1fr_3rem] items-center gap-2.5"
      data-reference={reference || undefined}
    >
      <span className="tabular text-right font-mono text-[11px] text-faint">{place.place}</span>
      <span
        className={cx(
          "flex min-w-0 items-center gap-1.5",
          reference && !asked ? "text-faint" : "text-soft",
        )}
      >
        <span className="truncate" title={words(clip)}>
          {words(clip)}
        </span>
        {asked && (
          <Target className="size-3 shrink-0 text-good/80" aria-label="meets the success checks" />
        )}
      </span>
      <span className="h-1 overflow-hidden rounded-full bg-line">
        <span
          className={cx("block h-full rounded-full", tint(place))}
          style={{ width: `${100 * height}%` }}
        />
      </span>
      <span className="tabular text-right font-mono text-xs text-faint">{figure(score)}</span>
    </li>
  );
}

function tint({ clip, reference, asked }: Place): string {
  if (UNWANTED.has(clip)) return "bg-bad/60";
  return reference && !asked ? "bg-faint/70" : "bg-info/80";
}
