import type { ReactNode } from "react";
import { seriesColor, words } from "@/lib/format";

interface Props {
  /** The terms in their order, which gives them their colours. */
  terms: readonly string[];
  share: Readonly<Record<string, number>>;
}

/** One bar, cut into what each term adds to the movement of the reward. */
export function ShareBar({ terms, share }: Props): ReactNode {
  const percent = (term: string): string =>
    `${words(term)} ${Math.round(100 * (share[term] ?? 0))} %`;
  return (
    <div
      role="img"
      aria-label={`Shares of the reward: ${terms.map(percent).join(", ")}`}
      className="mb-3 flex h-2.5 gap-px overflow-hidden rounded-full bg-line"
      data-testid="shares"
    >
      {terms.map((term, index) => (
        <span
          key={term}
          title={percent(term)}
          className="h-full transition-[width] duration-300"
          style={{ width: `${100 * (share[term] ?? 0)}%`, background: seriesColor(index) }}
        />
      ))}
    </div>
  );
}
