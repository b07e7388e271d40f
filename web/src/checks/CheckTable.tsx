import { Check, X } from "lucide-react";
import type { CSSProperties, ReactNode } from "react";
import type { Candidate, CheckResult, Comparison, EvaluationRow, Finding } from "@/api/types";
import { figure, percent } from "@/lib/format";
import { Badge, cx, Note, StepHeading } from "@/ui/kit";
import { CheckLabel } from "./CheckLabel";
import { byPhase, phasesOf } from "./phases";

type RowName = "base" | "program" | "result";

export interface Evaluation {
  checks: CheckResult[];
  base: EvaluationRow;
  program: EvaluationRow;
  result: EvaluationRow;
  /** Of the result with what the search found; older results have none. */
  comparison?: Comparison | null | undefined;
}

interface Props {
  evaluation: Evaluation;
  candidate: Candidate | undefined;
  scheduleWords: string | undefined;
  delivered: string | undefined;
  /** What a person should know before believing the result. */
  flags: readonly Finding[];
}

const FLAG_TITLES: Record<string, string> = {
  reward_up_checks_down: "The reward rose but the success checks fell",
  uglier_than_schedule: "It looks worse than before learning",
};

/** More checks than these are wider than any screen; the table is then turned over. */
const MAX_COLUMNS = 7;

const CELL = "px-1.5 py-3 sm:px-4";
const TOP = "text-left align-bottom font-medium";

/** Success checks, measured in three rows: before, after the search, after learning. */
export function Checks({
  evaluation,
  candidate,
  scheduleWords,
  delivered,
  flags,
}: Props): ReactNode {
  const met = evaluation.checks.filter((check) => check.passed).length;
  const fallsChecked = candidate?.checks.some(({ quantity }) => quantity === "fallen") === true;
  const all = met === evaluation.checks.length;
  const phaseOf = phaseTitles(candidate);
  const rows: { name: RowName; title: string; note: string }[] = [
    { name: "base", title: "Pretrained policy", note: "without any command" },
    {
      name: "program",
      title: "After the search",
      note: scheduleWords ?? "pretrained policy with the found commands",
    },
    { name: "result", title: "Result", note: "after learning" },
  ];
  return (
    <section
      aria-label="Success checks"
      data-testid="checks"
      data-met={met}
      data-total={evaluation.checks.length}
    >
      <StepHeading
        step="Step 7"
        title="Success checks"
        aside={
          <Badge mood={all ? "good" : "warn"}>
            {met} of {evaluation.checks.length} met
          </Badge>
        }
      />
      {flags.map(({ code, message }) => (
        <div key={code} className="mb-3" data-testid="flag" data-code={code}>
          <Note kind="warn" title={FLAG_TITLES[code] ?? "Look twice at this result"}>
            {message}
          </Note>
        </div>
      ))}
      <div className="card overflow-x-auto">
        <table
          className={cx(
            "w-full border-collapse text-[13px] sm:text-sm",
            evaluation.checks.length > MAX_COLUMNS ? "upright" : "max-xl:upright",
          )}
          style={{ "--rows": evaluation.checks.length + (fallsChecked ? 2 : 3) } as CSSProperties}
        >
          <thead>
            <tr>
              <th className={cx(CELL, TOP, "sticky left-0 bg-panel font-normal text-faint")}>
                Measured over {evaluation.result.episodes} episodes
              </th>
              {evaluation.checks.map((check) => (
                <th key={check.id} scope="col" className={cx(CELL, TOP, "min-w-32")}>
                  {phaseOf.has(check.id) && (
                    <span className="block text-[11px] font-normal text-faint">
                      {phaseOf.get(check.id)}
                    </span>
                  )}
                  <CheckLabel name={check.name} target={check.target} />
                </th>
              ))}
              <th scope="col" className={cx(CELL, TOP)}>
                <CheckLabel name="reward" target="a step" />
              </th>
              {!fallsChecked && (
                <th scope="col" className={cx(CELL, TOP)}>
                  <CheckLabel name="falls" target="of episodes" />
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, title, note }) => {
              const ground = name === "result" ? "bg-raised" : "bg-panel";
              return (
                <tr key={name} className="border-t border-line" data-row={name}>
                  <th
                    scope="row"
                    className={cx(CELL, ground, "sticky left-0 min-w-40 text-left font-medium")}
                  >
                    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
                      {title}
                      {delivered === name && <Badge mood="accent">delivered</Badge>}
                    </span>
                    <span className="block max-w-64 text-xs font-normal text-faint max-sm:hidden">
                      {note}
                    </span>
                  </th>
                  {evaluation.checks.map((check) => (
                    <Cell key={check.id} ground={ground} passed={passes(check, name, candidate)}>
                      {figure(check[name])}
                    </Cell>
                  ))}
                  <Cell ground={ground}>{figure(evaluation[name].reward)}</Cell>
                  {!fallsChecked && (
                    <Cell ground={ground}>{percent(evaluation[name].fall_rate)}</Cell>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p className="mt-2 px-1.5 text-xs text-faint sm:px-4" data-testid="comparison">
        {summary(evaluation)}
      </p>
    </section>
  );
}

interface CellProps {
  ground: string;
  /** Whether it meets its check; null where there is nothing to meet or no telling. */
  passed?: boolean | null;
  children: string;
}

function Cell({ ground, passed = null, children }: CellProps): ReactNode {
  return (
    <td className={cx(CELL, ground)}>
      <span className="tabular flex items-center gap-1 font-mono max-sm:text-xs sm:gap-2">
        {passed !== null &&
          (passed ? (
            <Check className="size-4 shrink-0 text-good max-sm:size-3.5" aria-label="met" />
          ) : (
            <X className="size-4 shrink-0 text-bad max-sm:size-3.5" aria-label="not met" />
          ))}
        {children}
      </span>
    </td>
  );
}

/** What was gained by learning, and how sure it is that the result does not fall. */
export function summary({ comparison, result }: Evaluation): string {
  const sentences = [];
  if (comparison)
    sentences.push(
      `The result’s reward is ${comparison.words}, over ${comparison.episodes} episodes from ` +
        "the same starts; in brackets, the 95 % interval.",
    );
  const seen = result.fall_rate > 0 ? `Falls in ${percent(result.fall_rate)} of` : "No falls in";
  const upper = result.fall_rate_upper ?? null;
  const bound = upper === null ? "" : `: fewer than ${percent(upper)}, with 95 % confidence`;
  sentences.push(`${seen} ${result.episodes} episodes${bound}.`);
  return sentences.join(" ");
}

/** Which part of the task each check is about, where one thing follows another. */
function phaseTitles(candidate: Candidate | undefined): ReadonlyMap<string, string> {
  if (candidate === undefined) return new Map();
  const groups = byPhase(candidate.checks, phasesOf(candidate.phases_s));
  return new Map(
    groups
      .filter(({ title }) => title !== "")
      .flatMap(({ title, checks }) => checks.map(({ id }) => [id, title] as const)),
  );
}

/** Whether a row meets a check; the server says it of the result, the bounds of the other rows. */
export function passes(
  check: CheckResult,
  row: RowName,
  candidate: Candidate | undefined,
): boolean | null {
  if (row === "result") return check.passed;
  const bounds = candidate?.checks.find((spec) => spec.id === check.id);
  if (bounds === undefined) return null;
  const value = check[row];
  if (value === null) return false;
  return value >= (bounds.at_least ?? -Infinity) && value <= (bounds.at_most ?? Infinity);
}
