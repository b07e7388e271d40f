import type { ReactNode } from "react";
import { figure, words } from "@/lib/format";
import { cx } from "./kit";
import type { TermProps } from "./TermSlider";
import { TermRow } from "./TermSlider";

interface Props extends TermProps {
  /** How much of the reward's movement is this term's, 0 to 1. */
  share?: number | undefined;
}

/** A reward term's weight as a slider; its number leads back to what the author gave it. */
export function WeightSlider({ share, ...slider }: Props): ReactNode {
  const { term, value, initial, onChange, disabled = false } = slider;
  const changed = Math.abs(value - initial) > 1e-9;
  return (
    <TermRow {...slider}>
      <button
        type="button"
        disabled={!changed || disabled}
        onClick={() => onChange(initial)}
        title={changed ? `Back to ${figure(initial)}` : undefined}
        aria-label={changed ? `Weight of ${words(term)} back to ${figure(initial)}` : undefined}
        className={cx(
          "tabular w-13 text-right font-mono text-xs",
          changed ? "text-accent underline decoration-dotted underline-offset-4" : "text-soft",
        )}
      >
        {figure(value)}
      </button>
      {share !== undefined && <Share share={share} />}
    </TermRow>
  );
}

function Share({ share }: { share: number }): ReactNode {
  const percent = Math.round(100 * share);
  return (
    <span className="tabular w-10 text-right font-mono text-xs text-faint" data-testid="share">
      {share > 0 && percent === 0 ? "<1" : percent}&thinsp;%
    </span>
  );
}
