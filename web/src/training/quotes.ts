import type { TierQuote } from "@/api/types";
import { count, dollars, duration } from "@/lib/format";

/** "about 62 s · 480 k samples · US$ 0.02 · starts in 30 s". */
export function quoteWords(quote: TierQuote): string {
  const parts = [`about ${duration(quote.seconds)}`];
  if (quote.samples !== null) parts.push(`${count(quote.samples)} samples`);
  if (quote.cost_usd !== null) parts.push(dollars(quote.cost_usd));
  if (quote.starts_in_s >= 1) parts.push(`starts in ${duration(quote.starts_in_s)}`);
  return parts.join(" · ");
}
