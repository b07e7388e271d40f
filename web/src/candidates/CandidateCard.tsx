import {
  Bot,
  ChevronDown,
  CornerDownRight,
  ListOrdered,
  Pencil,
  Play,
  Target,
  UserRound,
  Wrench,
} from "lucide-react";
import type { ReactNode } from "react";
import { useEffect, useRef, useState } from "react";
import type { Candidate, Task } from "@/api/types";
import { CheckLabel } from "@/checks/CheckLabel";
import { byPhase, inTurn, phasesOf } from "@/checks/phases";
import { withWeights } from "@/edit/literal";
import { seriesColor } from "@/lib/format";
import { MotionChips } from "@/motion/MotionChips";
import { Findings } from "@/report/Findings";
import { Ranking } from "@/report/Ranking";
import { ShareBar } from "@/report/ShareBar";
import { Similarity } from "@/report/Similarity";
import { shares } from "@/report/shares";
import { FollowUp } from "@/tasks/FollowUp";
import { Badge, Button, cx } from "@/ui/kit";
import { Section } from "@/ui/Section";
import { WeightSlider } from "@/ui/WeightSlider";
import { Code } from "./Code";

interface Props {
  task: Task;
  candidate: Candidate;
  onTrain: (weights: Record<string, number> | undefined) => void;
  onPreview: () => void;
  onEdit: () => void;
  /** Called with the number of the candidate that a changed motion has become. */
  onMade: (n: number) => void;
  busy: boolean;
  trained: boolean;
  /** It has just come into being: bring it into view. */
  selected: boolean;
  editing: boolean;
  codeOpen: boolean;
  onCode: () => void;
}

/** One written reward: what it is about, what recorded motion says of it, its code and checks. */
export function CandidateCard(props: Props): ReactNode {
  const { candidate, busy, trained, selected, codeOpen } = props;
  const { report } = candidate;
  const [weights, setWeights] = useState<Record<string, number>>(candidate.weights);
  const changed = candidate.terms.some((term) => weights[term] !== candidate.weights[term]);
  const share = shares(report, weights);
  const phases = phasesOf(candidate.phases_s);
  const [goingOn, setGoingOn] = useState(false);
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!selected) return;
    place.current?.scrollIntoView({ behavior: "smooth", block: "start" });
    place.current?.focus({ preventScroll: true });
  }, [selected]);

  return (
    <article
      ref={place}
      tabIndex={-1}
      aria-label={`Candidate ${candidate.n}`}
      aria-current={selected || undefined}
      className={cx(
        "card rise flex min-w-0 scroll-mt-[4.5rem] flex-col outline-none lg:row-span-7 lg:grid lg:grid-cols-[minmax(0,1fr)] lg:grid-rows-subgrid lg:gap-y-0",
        selected && "border-accent/60 shadow-ring",
      )}
      data-testid="candidate"
      data-n={candidate.n}
    >
      <div className="p-4 sm:p-5 sm:pb-4">
        <div className="mb-2 flex items-center justify-between gap-2">
          <span className="text-xs font-medium text-faint">
            Candidate {candidate.n}
            {candidate.parent !== null && ` · edited from ${candidate.parent}`}
          </span>
          <Author author={candidate.author} />
        </div>
        <h3 className="text-base font-semibold tracking-tight">{candidate.name}</h3>
        <p className="mt-1 text-sm leading-relaxed text-soft">{candidate.idea}</p>
        {candidate.motion && (
          <MotionChips
            task={props.task}
            candidate={candidate}
            motion={candidate.motion}
            onDone={props.onMade}
          />
        )}
        {phases.length > 0 && (
          <p className="mt-2 flex gap-2 text-[13px] text-soft" data-testid="phases">
            <ListOrdered className="mt-0.5 size-4 shrink-0 text-accent" aria-hidden />
            {inTurn(phases, candidate.repeat)}
          </p>
        )}
      </div>

      <div className="flex flex-wrap content-start items-center gap-2 px-4 pb-4 sm:px-5">
        <Button
          tone={trained ? "plain" : "primary"}
          className={cx("flex-1", !trained && "max-sm:basis-full")}
          busy={busy}
          onClick={() => props.onTrain(changed ? weights : undefined)}
        >
          <Play className="size-4" aria-hidden />
          {trained ? "Train again" : "Train this one"}
        </Button>
        <Button className="max-sm:flex-1" onClick={props.onEdit} aria-pressed={props.editing}>
          <Pencil className="size-3.5" aria-hidden /> Edit
        </Button>
        {changed && (
          <Button tone="quiet" onClick={() => setWeights(candidate.weights)}>
            Undo weights
          </Button>
        )}
        {!trained && (
          <Button
            className="max-sm:flex-1"
            onClick={() => setGoingOn(!goingOn)}
            aria-expanded={goingOn}
            title="Say what should be different, without training this one first"
          >
            <CornerDownRight className="size-3.5" aria-hidden /> Go on
          </Button>
        )}
        {!trained && goingOn && (
          <div className="w-full pt-1">
            <FollowUp task={props.task} candidate={candidate.n} jobId={null} />
          </div>
        )}
      </div>

      <Findings report={report} />

      <Section
        title="Terms and weights"
        action={
          share !== null && (
            <span
              className="text-xs text-faint"
              title="How much of the reward's movement over all recorded motions is each term's"
            >
              share of the reward
            </span>
          )
        }
      >
        {share !== null && <ShareBar terms={candidate.terms} share={share} />}
        <div className="space-y-1.5">
          {candidate.terms.map((term, index) => (
            <WeightSlider
              key={term}
              term={term}
              color={seriesColor(index)}
              value={weights[term] ?? 0}
              initial={candidate.weights[term] ?? 0}
              onChange={(value) => setWeights({ ...weights, [term]: value })}
              share={share === null ? undefined : (share[term] ?? 0)}
            />
          ))}
        </div>
      </Section>

      <Section title="Fixed success checks" icon={<Target className="size-3.5" aria-hidden />}>
        {byPhase(candidate.checks, phases).map(({ title, checks }) => (
          <div key={title} className="not-first:mt-2.5">
            {title !== "" && <p className="mb-1 text-[11px] font-medium text-faint">{title}</p>}
            <ul className="space-y-1 text-[13px]">
              {checks.map((check) => (
                <li
                  key={check.id}
                  className="flex items-baseline justify-between gap-3 [&>:last-child]:text-right"
                >
                  <CheckLabel name={check.name} target={check.target} />
                </li>
              ))}
            </ul>
          </div>
        ))}
      </Section>

      <Ranking report={report} onPreview={props.onPreview}>
        <Similarity report={report} />
      </Ranking>

      <div className="mt-auto border-t border-line [&>*:last-child]:rounded-b-[13px]">
        <button
          type="button"
          onClick={props.onCode}
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
          <Code source={withWeights(candidate.code, candidate.weights)} />
          {!codeOpen && (
            <div className="pointer-events-none absolute inset-x-0 bottom-0 h-14 bg-gradient-to-t from-well" />
          )}
        </div>
      </div>
    </article>
  );
}

function Author({ author }: { author: string }): ReactNode {
  if (author === "you") {
    return (
      <Badge title="Edited by hand">
        <UserRound className="size-3" aria-hidden /> you
      </Badge>
    );
  }
  const model = author.startsWith("llm:") ? author.slice(4) : null;
  return model === null ? (
    <Badge title="Written by rules, without a language model">
      <Wrench className="size-3" aria-hidden /> rule-based
    </Badge>
  ) : (
    <Badge title={`Written by ${model}`}>
      <Bot className="size-3" aria-hidden /> <span className="max-w-32 truncate">{model}</span>
    </Badge>
  );
}
