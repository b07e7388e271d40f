import { Check, X } from "lucide-react";
import type { ReactNode } from "react";
import type { Candidate, CheckResult, EvaluationRow, Finding } from "@/api/types";
import { figure } from "@/lib/format";
import { Badge, cx, Note, StepHeading } from "@/ui/kit";

type RowName = "base" | "program" | "result";

export interface Evaluation {
  checks: CheckResult[];
  base: EvaluationRow;
  program: EvaluationRow;
  result: EvaluationRow;
}

interface Props {
  evaluation: Evaluation;
  candidate: Candidate | undefined;
  programWords: string | undefined;
  delivered: string | undefined;
  /** What a person should know before believing the result. */
  flags: readonly Finding[];
}

const FLAG_TITLES: Record<string, string> = {
  reward_up_checks_down: "The reward rose but the success checks fell",
};

/** Success checks, measured in three rows: before, after the search, after learning. */
export function Checks({
  evaluation,
  candidate,
  programWords,
  delivered,
  flags,
}: Props): ReactNode {
  const met = evaluation.checks.filter((check) => check.passed).length;
  const fallsChecked = evaluation.checks.some((check) => check.name === "falls");
  const all = met === evaluation.checks.length;
  const rows: { name: RowName; title: string; note: string }[] = [
    { name: "base", title: "Base policy", note: "without any command" },
    {
      name: "program",
      title: "After the search",
      note: programWords ?? "base policy with the found commands",
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
        <table className="w-full border-collapse text-sm">
          <thead>
            <tr className="text-left align-bottom">
              <th className="sticky left-0 bg-panel px-4 py-3 font-normal text-faint">
                Measured over {evaluation.result.episodes} episodes
              </th>
              {evaluation.checks.map((check) => (
                <th key={check.id} className="min-w-32 px-4 py-3 font-medium">
                  <span className="block first-letter:uppercase">{check.name}</span>
                  <span className="tabular font-mono text-xs font-normal text-faint">
                    {check.target}
                  </span>
                </th>
              ))}
              <th className="px-4 py-3 font-medium">
                Reward<span className="block text-xs font-normal text-faint">a step</span>
              </th>
              {!fallsChecked && (
                <th className="px-4 py-3 font-medium">
                  Falls<span className="block text-xs font-normal text-faint">of episodes</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, title, note }) => (
              <tr
                key={name}
                className={cx("border-t border-line", name === "result" && "bg-raised/40")}
                data-row={name}
              >
                <th
                  scope="row"
                  className={cx(
                    "sticky left-0 min-w-40 px-4 py-3 text-left font-medium",
                    name === "result" ? "bg-[#171d27]" : "bg-panel",
                  )}
                >
                  <span className="flex items-center gap-2">
                    {title}
                    {delivered === name && <Badge mood="accent">delivered</Badge>}
                  </span>
                  <span className="block max-w-64 text-xs font-normal text-faint">{note}</span>
                </th>
                {evaluation.checks.map((check) => (
                  <Cell
                    key={check.id}
                    value={check[name]}
                    passed={passes(check, name, candidate)}
                  />
                ))}
                <td className="tabular px-4 py-3 font-mono">{figure(evaluation[name].reward)}</td>
                {!fallsChecked && (
                  <td className="tabular px-4 py-3 font-mono">
                    {percent(evaluation[name].fall_rate)}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Cell({ value, passed }: { value: number | null; passed: boolean | null }): ReactNode {
  return (
    <td className="px-4 py-3">
      <span className="tabular flex items-center gap-2 font-mono">
        {passed !== null &&
          (passed ? (
            <Check className="size-4 text-good" aria-label="met" />
          ) : (
            <X className="size-4 text-bad" aria-label="not met" />
          ))}
        {figure(value)}
      </span>
    </td>
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

function percent(rate: number): string {
  return `${(100 * rate).toFixed(rate > 0 && rate < 0.1 ? 1 : 0)} %`;
}
