import type { ReactNode } from "react";
import type { RobustnessRow, Trouble } from "@/api/types";
import { figure, percent } from "@/lib/format";
import { Button, cx, StepHeading } from "@/ui/kit";

const CELL = "px-2 py-2 sm:px-4";
/** From here on a share of the episodes that fell is worth a colour. */
const NOTEWORTHY_FALLS = 0.05;

interface Props {
  /** The undisturbed robot first. */
  rows: readonly RobustnessRow[];
  /** What can be tried in the picture, where there is one. */
  trials?: Trials | undefined;
}

export interface Trials {
  /** Named as the rows are that have measured them. */
  troubles: readonly Trouble[];
  /** The one that the picture shows now. */
  tried: string | null;
  onTry: (trouble: Trouble | null) => void;
}

/** What the result is worth on a robot that is other than its simulation. */
export function Robustness({ rows, trials }: Props): ReactNode {
  const nominal = rows[0];
  if (nominal === undefined) return null;
  const troubleOf = ({ name }: RobustnessRow): Trouble | undefined =>
    trials?.troubles.find((trouble) => trouble.name === name);
  const triable = rows.some((row) => troubleOf(row) !== undefined);
  const speeds = rows.some(({ speed_error }) => speed_error !== null);
  return (
    <section aria-label="Robustness" data-testid="robustness">
      <StepHeading step="Step 7" title="Robustness" />
      <p className="mb-3 max-w-prose text-sm text-soft">
        The result on robots that are other than the simulation it learnt in, {nominal.episodes}{" "}
        episodes each: what is left of its reward says what it would be worth on a real one.
      </p>
      <div className="card overflow-x-auto">
        <table className="w-full border-collapse text-[13px] sm:text-sm">
          <thead>
            <tr className="text-left text-faint">
              <th className={cx(CELL, "font-normal")}>The robot</th>
              <th className={cx(CELL, "w-2/5 font-normal")}>reward a step</th>
              {speeds && <th className={cx(CELL, "font-normal")}>speed error</th>}
              <th className={cx(CELL, "font-normal")}>falls</th>
              {triable && (
                <th className={CELL}>
                  <span className="sr-only">in the picture</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name} className="border-t border-line" data-row={row.name}>
                <th scope="row" className={cx(CELL, "text-left font-medium")}>
                  {row.words}
                </th>
                <td className={CELL}>
                  <Reward value={row.reward} nominal={nominal.reward} />
                </td>
                {speeds && (
                  <td className={cx(CELL, "tabular font-mono")}>
                    {row.speed_error === null ? "–" : percent(row.speed_error)}
                  </td>
                )}
                <td
                  className={cx(
                    CELL,
                    "tabular font-mono",
                    row.fall_rate >= NOTEWORTHY_FALLS && "text-bad",
                  )}
                >
                  {percent(row.fall_rate)}
                </td>
                {triable && (
                  <td className={cx(CELL, "w-0 text-right")}>
                    <Trial trouble={troubleOf(row)} trials={trials} />
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

/** Brings about in the picture what a row has measured, or puts it right again. */
function Trial({
  trouble,
  trials,
}: {
  trouble: Trouble | undefined;
  trials: Trials | undefined;
}): ReactNode {
  if (trouble === undefined || trials === undefined) return null;
  const on = trials.tried === trouble.name;
  return (
    <Button
      className={cx("h-7 px-2.5 text-xs", on && "border-warn/60 text-warn")}
      aria-pressed={on}
      aria-label={`Try it: ${trouble.label}`}
      onClick={() => trials.onTry(on ? null : trouble)}
    >
      {on ? "As it was" : "Try it"}
    </Button>
  );
}

/** A bar as long as the share of the undisturbed robot's reward, and the figure. */
function Reward({ value, nominal }: { value: number | null; nominal: number | null }): ReactNode {
  if (value === null) return "–";
  const share = nominal === null || nominal <= 0 ? null : Math.max(0, Math.min(1, value / nominal));
  return (
    <span className="flex items-center gap-3">
      {share !== null && (
        <span className="h-1.5 min-w-16 flex-1 overflow-hidden rounded bg-line" aria-hidden>
          <span
            className={cx("block h-full", share < 0.8 ? "bg-warn" : "bg-good")}
            style={{ width: `${100 * share}%` }}
          />
        </span>
      )}
      <span className="tabular w-12 text-right font-mono">{figure(value)}</span>
    </span>
  );
}
