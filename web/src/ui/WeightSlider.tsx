import type { ReactNode } from "react";
import { figure } from "@/lib/format";
import { cx } from "./kit";
import { TermName, TermSlider } from "./TermSlider";

interface Props {
  term: string;
  color: string;
  value: number;
  initial: number;
  onChange: (value: number) => void;
  disabled?: boolean;
  /** How much of the reward's movement is this term's, 0 to 1. */
  share?: number | undefined;
}

/** A reward term's weight as a slider; its number leads back to what the author gave it. */
export function WeightSlider({ share, ...slider }: Props): ReactNode {
  const { term, color, value, initial, onChange, disabled = false } = slider;
  const changed = Math.abs(value - initial) > 1e-9;
  return (
    <div
      className={cx(
        "grid items-center gap-3 text-[13px]",
        share === undefined
          ? "grid-cols-[minmax(0,1fr)_minmax(64px,1fr)_3.25rem]"
          : "grid-cols-[minmax(0,1fr)_minmax(52px,1fr)_3.25rem_2.5rem]",
      )}
    >
      <TermName term={term} color={color} />
      <TermSlider {...slider} />
      <button
        type="button"
        disabled={!changed || disabled}
        onClick={() => onChange(initial)}
        title={changed ? `Back to ${figure(initial)}` : undefined}
        className={cx(
          "tabular text-right font-mono text-xs",
          changed ? "text-accent underline decoration-dotted underline-offset-4" : "text-soft",
        )}
      >
        {figure(value)}
      </button>
      {share !== undefined && <Share share={share} />}
    </div>
  );
}

function Share({ share }: { share: number }): ReactNode {
  const percent = Math.round(100 * share);
  return (
    <span className="tabular text-right font-mono text-xs text-faint" data-testid="share">
      {share > 0 && percent === 0 ? "<1" : percent}&thinsp;%
    </span>
  );
}
