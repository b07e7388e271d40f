import type { ReactNode } from "react";
import { useState } from "react";
import { seriesColor, words } from "@/lib/format";
import { NumberInput } from "@/ui/fields";
import { TermRow } from "@/ui/TermSlider";
import { typed } from "./checkDraft";

interface Props {
  weights: Record<string, number>;
  initial: Record<string, number>;
  onChange: (term: string, value: number) => void;
}

/** Every term's weight, by slider or by number. */
export function WeightFields({ weights, initial, onChange }: Props): ReactNode {
  // In the cards' order, so that a term keeps its colour.
  const terms = Object.entries(weights).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <div className="space-y-1.5">
      {terms.map(([term, value], index) => (
        <TermRow
          key={term}
          term={term}
          color={seriesColor(index)}
          value={value}
          initial={initial[term] ?? value}
          onChange={(next) => onChange(term, Number(next.toPrecision(4)))}
        >
          <Weight term={term} value={value} onChange={(next) => onChange(term, next)} />
        </TermRow>
      ))}
    </div>
  );
}

interface WeightProps {
  term: string;
  value: number;
  onChange: (value: number) => void;
}

/** A number that may be half typed: it counts as soon as it is one. */
function Weight({ term, value, onChange }: WeightProps): ReactNode {
  const [text, setText] = useState<string | null>(null);
  const shown = text ?? String(value);
  const invalid = !Number.isFinite(typed(shown) ?? Number.NaN);
  return (
    <NumberInput
      className="w-20"
      aria-label={`Weight of ${words(term)}, as a number`}
      value={shown}
      invalid={invalid}
      onChange={(event) => {
        setText(event.target.value);
        const number = typed(event.target.value);
        if (number !== null && Number.isFinite(number)) onChange(number);
      }}
      onBlur={() => setText(null)}
    />
  );
}
