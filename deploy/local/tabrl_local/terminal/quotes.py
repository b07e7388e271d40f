"""What a sentence will take, in words."""

from __future__ import annotations

from tabrl_local.api_schemas import QuoteView, RunQuote, TierQuote


def quote_lines(quote: RunQuote) -> list[str]:
    """One line for the writing, one for the trainings, one for both, then one for each tier."""
    parts = {"writing": quote.writing, "training": quote.training}
    lines = [f"{name:8}  {quote_words(part)}" for name, part in parts.items()]
    total = quote.writing.seconds + quote.training.seconds
    tiers = [f"{_tier(one):15}  {quote_words(one)}" for one in quote.tiers]
    return [*lines, f"{'together':8}  {_duration(total)}", *tiers]


def _tier(quote: TierQuote) -> str:
    return quote.tier if quote.minutes is None else f"{quote.tier} ({quote.minutes} min)"


def quote_words(part: QuoteView) -> str:
    """Seconds, samples, money and start of some jobs, and how well that is known."""
    known = [_duration(part.seconds)]
    if part.samples is not None:
        known.append(f"{part.samples:,} samples")
    if part.cost_usd is not None:
        known.append(f"${part.cost_usd:.2f}")
    if part.starts_in_s >= 1.0:
        known.append(f"starts in {_duration(part.starts_in_s)}")
    basis = f"as the last {part.measured_on} took" if part.measured_on else "nothing measured yet"
    return f"{', '.join(known)} ({basis})"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
