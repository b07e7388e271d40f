import { Bot, ChevronDown, Clapperboard, Play, Target, Wrench } from "lucide-react";
import { useState } from "react";
import type { ReactNode } from "react";
import type { Candidate } from "@/api/types";
import { figure, series, words } from "@/lib/format";
import { Badge, Button, cx } from "@/ui/kit";
import { WeightSlider } from "@/ui/WeightSlider";
import { Code } from "./Code";

interface Props {
  candidate: Candidate;
  onTrain: (weights: Record<string, number> | undefined) => void;
  onPreview: () => void;
  busy: boolean;
  trained: boolean;
  codeOpen: boolean;
  onCode: () => void;
}

const CLIPS_SHOWN = 4;

/** One written reward: what it is about, its terms and weights, its code and its checks. */
export function CandidateCard({
  candidate,
  onTrain,
  onPreview,
  busy,
  trained,
  codeOpen,
  onCode,
}: Props): ReactNode {
  const [weights, setWeights] = useState<Record<string, number>>(candidate.weights);
  const changed = candidate.terms.some((term) => weights[term] !== candidate.weights[term]);
  return (
    <article
      className="card rise flex min-w-0 flex-col lg:row-span-6 lg:grid lg:grid-cols-[minmax(0,1fr)] lg:grid-rows-subgrid lg:gap-y-0"
      data-testid="candidate"
      data-n={candidate.n}
    >
      <div className="p-4 sm:p-5 sm:pb-4">
        <div className="mb-2 flex items-center justify-between gap-2">
          <span className="text-xs font-medium text-faint">Candidate {candidate.n}</span>
          <Author author={candidate.author} />
        </div>
        <h3 className="text-base font-semibold tracking-tight">{candidate.name}</h3>
        <p className="mt-1 text-sm leading-relaxed text-soft">{candidate.idea}</p>
      </div>

      <div className="flex items-center gap-2 px-4 pb-4 sm:px-5">
        <Button
          tone={trained ? "plain" : "primary"}
          className="flex-1"
          busy={busy}
          onClick={() => onTrain(changed ? weights : undefined)}
        >
          <Play className="size-4" aria-hidden />
          {trained ? "Train again" : "Train this one"}
        </Button>
        {changed && (
          <Button tone="quiet" onClick={() => setWeights(candidate.weights)}>
            Undo weights
          </Button>
        )}
      </div>

      <Section title="Terms and weights">
        <div className="space-y-1.5">
          {candidate.terms.map((term, index) => (
            <WeightSlider
              key={term}
              term={term}
              color={series(index)}
              value={weights[term] ?? 0}
              initial={candidate.weights[term] ?? 0}
              onChange={(value) => setWeights({ ...weights, [term]: value })}
            />
          ))}
        </div>
      </Section>

      <Section title="Fixed success checks" icon={<Target className="size-3.5" aria-hidden />}>
        <ul className="space-y-1 text-[13px]">
          {candidate.checks.map((check) => (
            <li key={check.id} className="flex justify-between gap-3">
              <span className="text-soft first-letter:uppercase">{check.name}</span>
              <span className="tabular font-mono text-xs whitespace-nowrap">{check.target}</span>
            </li>
          ))}
        </ul>
      </Section>

      <Likes candidate={candidate} onPreview={onPreview} />

      <div className="mt-auto border-t border-line [&>*:last-child]:rounded-b-[13px]">
        <button
          type="button"
          onClick={onCode}
          aria-expanded={codeOpen}
          className="flex w-full items-center justify-between px-4 py-2.5 text-[13px] text-soft hover:text-text sm:px-5"
        >
          Reward code
          <ChevronDown
            className={cx("size-4 transition-transform", codeOpen && "rotate-180")}
            aria-hidden
          />
        </button>
        <div className={cx("relative overflow-hidden bg-well", !codeOpen && "max-h-48")}>
          <Code source={candidate.code} />
          {!codeOpen && (
            <div className="pointer-events-none absolute inset-x-0 bottom-0 h-14 bg-gradient-to-t from-well" />
          )}
        </div>
      </div>
    </article>
  );
}

function Author({ author }: { author: string }): ReactNode {
  const model = author.startsWith("llm:") ? author.slice(4) : null;
  return model === null ? (
    <Badge title="Written by rules, without a language model">
      <Wrench className="size-3" aria-hidden /> composer
    </Badge>
  ) : (
    <Badge title={`Written by ${model}`}>
      <Bot className="size-3" aria-hidden /> <span className="max-w-32 truncate">{model}</span>
    </Badge>
  );
}

/** Which recorded motions score highest under this reward. */
function Likes({
  candidate,
  onPreview,
}: {
  candidate: Candidate;
  onPreview: () => void;
}): ReactNode {
  const { report } = candidate;
  const clips = [...(report.clips ?? [])].sort((a, b) => b.score - a.score).slice(0, CLIPS_SHOWN);
  const best = clips[0];
  if (best === undefined) return <div className="border-t border-line" />;
  const span = Math.max(...clips.map((clip) => Math.abs(clip.score))) || 1;
  return (
    <Section
      title="Recorded motions it likes best"
      action={
        <button
          type="button"
          onClick={onPreview}
          className="flex items-center gap-1 text-xs text-accent hover:underline"
        >
          <Clapperboard className="size-3.5" aria-hidden /> watch
        </button>
      }
    >
      <ul className="space-y-1 text-[13px]">
        {clips.map(({ clip, score }) => (
          <li key={clip} className="grid grid-cols-[minmax(0,7rem)_1fr_3rem] items-center gap-3">
            <span className="truncate text-soft">{words(clip)}</span>
            <span className="h-1 overflow-hidden rounded-full bg-line">
              <span
                className="block h-full rounded-full bg-[#8ab4ff]/80"
                style={{ width: `${Math.max(0, (100 * score) / span)}%` }}
              />
            </span>
            <span className="tabular text-right font-mono text-xs text-faint">{figure(score)}</span>
          </li>
        ))}
      </ul>
      {(report.notes ?? []).map((note) => (
        <p key={note} className="mt-2 text-xs leading-relaxed text-faint">
          {note}
        </p>
      ))}
    </Section>
  );
}

function Section({
  title,
  icon,
  action,
  children,
}: {
  title: string;
  icon?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}): ReactNode {
  return (
    <div className="border-t border-line px-4 py-3.5 sm:px-5">
      <div className="mb-2 flex items-center justify-between">
        <h4 className="flex items-center gap-1.5 text-xs font-medium text-faint">
          {icon}
          {title}
        </h4>
        {action}
      </div>
      {children}
    </div>
  );
}
