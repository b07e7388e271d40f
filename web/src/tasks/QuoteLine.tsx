import type { ReactNode } from "react";
import { useQuote } from "@/api/quotes";
import type { RunQuote } from "@/api/types";
import { count, dollars, duration } from "@/lib/format";

/** Before a training is begun: how long it takes, when it starts, and what it costs. */
export function QuoteLine({ robotId }: { robotId: string }): ReactNode {
  const { data } = useQuote(robotId, 1);
  if (data === undefined) return null;
  return (
    <p className="text-xs text-faint" data-testid="quote">
      {quoteWords(data.training)}
    </p>
  );
}

/** "A training takes about 58 s and 2.5 M samples, and would start at once." */
export function quoteWords(quote: RunQuote["training"]): string {
  const samples = quote.samples === null ? "" : ` and ${count(quote.samples)} samples`;
  const takes = `A training takes about ${duration(quote.seconds)}${samples}`;
  const begins = quote.starts_in_s < 1 ? "at once" : `in about ${duration(quote.starts_in_s)}`;
  const cost = quote.cost_usd === null ? "" : ` It costs about ${dollars(quote.cost_usd)}.`;
  const basis = quote.measured_on === 0 ? " Nothing was measured yet: this is assumed." : "";
  return `${takes}, and would start ${begins}.${cost}${basis}`;
}
