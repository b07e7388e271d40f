import { Check, LoaderCircle } from "lucide-react";
import type { ReactNode } from "react";
import { useCallback, useState } from "react";
import { useAskables } from "@/api/edits";
import type { Candidate, MotionSpec, Task } from "@/api/types";
import { failureWords } from "@/edit/failure";
import { useRevision } from "@/edit/useRevision";
import { figure } from "@/lib/format";
import { Badge, Button, cx } from "@/ui/kit";
import { type Chip, chipsOf, numberOf, withSize, wordsOf } from "./motion";

interface Props {
  task: Task;
  candidate: Candidate;
  motion: MotionSpec;
  /** Called with the number of the candidate that the changed motion has become. */
  onDone: (n: number) => void;
}

/** What the candidate was written for, number by number; a changed one is written anew. */
export function MotionChips({ task, candidate, motion, onDone }: Props): ReactNode {
  const askables = useAskables(task.robot).data ?? [];
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [jobId, setJobId] = useState<string | null>(null);
  const finish = useCallback(
    (n: number) => {
      setTyped({});
      setJobId(null);
      onDone(n);
    },
    [onDone],
  );
  const revision = useRevision({ task, jobId, onSent: setJobId, onDone: finish });

  const phases = chipsOf(motion, askables);
  const changed = phases.flat().filter((chip) => isChanged(chip, typed[keyOf(chip)]));
  const wrong = changed.some((chip) => numberOf(typed[keyOf(chip)] ?? "") === null);
  const problem =
    revision.error?.message ??
    (revision.job?.failure == null ? null : failureWords(revision.job.failure));
  const submit = (): void => {
    const next = changed.reduce(
      (spec, chip) => withSize(spec, chip, numberOf(typed[keyOf(chip)] ?? "") ?? chip.size),
      motion,
    );
    revision.send({ parent: candidate.n, motion: next });
  };

  return (
    <form
      className="mt-3 space-y-2"
      data-testid="motion"
      aria-label={`What candidate ${candidate.n} is written for`}
      onSubmit={(event) => {
        event.preventDefault();
        if (changed.length > 0 && !wrong && !revision.busy) submit();
      }}
    >
      {phases.map((chips, phase) => (
        <div key={keyOfPhase(phase)} className="flex flex-wrap items-center gap-1.5">
          {phases.length > 1 && <span className="text-[11px] text-faint">{phase + 1}.</span>}
          {chips.map((chip) => (
            <Field
              key={keyOf(chip)}
              chip={chip}
              text={typed[keyOf(chip)]}
              onChange={(text) => setTyped((now) => ({ ...now, [keyOf(chip)]: text }))}
            />
          ))}
          {wordsOf(motion, phase, askables).map((said) => (
            <Badge key={said}>{said}</Badge>
          ))}
        </div>
      ))}
      {changed.length > 0 && (
        <div className="flex flex-wrap items-center gap-2">
          <Button type="submit" disabled={wrong || revision.busy} className="h-8">
            {revision.busy ? (
              <LoaderCircle className="size-3.5 animate-spin" aria-hidden />
            ) : (
              <Check className="size-3.5" aria-hidden />
            )}
            Write it anew
          </Button>
          <Button tone="quiet" className="h-8" onClick={() => setTyped({})}>
            Undo
          </Button>
          <span className="text-xs text-faint">It becomes a candidate of its own.</span>
        </div>
      )}
      {problem !== null && !revision.busy && (
        <p role="alert" className="text-sm text-bad">
          {problem}
        </p>
      )}
    </form>
  );
}

interface FieldProps {
  chip: Chip;
  text: string | undefined;
  onChange: (text: string) => void;
}

function Field({ chip, text, onChange }: FieldProps): ReactNode {
  const wrong = text !== undefined && numberOf(text) === null;
  const shown = text ?? figure(chip.size);
  return (
    <label
      className={cx(
        "inline-flex items-center gap-1 rounded-xl border bg-raised px-2 py-0.5 text-xs",
        isChanged(chip, text) ? "border-accent/60 text-text" : "border-line-strong text-soft",
        wrong && "border-bad/60",
      )}
    >
      {chip.label}
      <input
        inputMode="decimal"
        autoComplete="off"
        aria-invalid={wrong}
        className="tabular min-w-0 bg-transparent text-right font-mono text-text outline-none focus:underline"
        style={{ width: `${Math.max(shown.length, 2) + 1}ch` }}
        value={shown}
        onChange={(event) => onChange(event.target.value)}
      />
      <span className="text-faint">{chip.unit}</span>
    </label>
  );
}

function isChanged(chip: Chip, text: string | undefined): boolean {
  return text !== undefined && text !== figure(chip.size);
}

function keyOf({ phase, target, field }: Chip): string {
  return `${phase}.${target}.${field}`;
}

function keyOfPhase(phase: number): string {
  return `phase ${phase}`;
}
