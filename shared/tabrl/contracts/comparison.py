"""One policy against another over the same episodes, and when it may be called better."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

MIN_EFFECT = 0.01  # of the other's reward: less is not worth calling a difference
_TINY = 1e-9

Verdict = Literal["better", "as_good", "worse"]


class Comparison(BaseModel):
    """A policy's reward a step against a reference's, over `episodes` with the same starts.

    `difference` is the mean of the paired differences and `ci95` half the width of its 95 %
    confidence interval; `effect` is the difference in parts of the reference's reward, None where
    that is zero. `words` say it to a person.
    """

    model_config = ConfigDict(frozen=True)

    reference: float
    difference: float
    ci95: float
    episodes: int
    effect: float | None
    verdict: Verdict
    words: str

    @classmethod
    def of(cls, reference: float, difference: float, ci95: float, episodes: int) -> Self:
        """Judge a difference: it is one if it is at least 1 %, with an interval apart from zero."""
        size = abs(reference)
        effect = difference / size if size > _TINY else None
        clear = abs(difference) > ci95 and (effect is None or abs(effect) >= MIN_EFFECT)
        verdict: Verdict = "as_good"
        if clear:
            verdict = "better" if difference > 0.0 else "worse"
        return cls(
            reference=reference,
            difference=difference,
            ci95=ci95,
            episodes=episodes,
            effect=effect,
            verdict=verdict,
            words=_words(verdict, difference, ci95, size),
        )

    @property
    def settled(self) -> bool:
        """Whether more episodes would hardly change the verdict: the interval lies to one side of
        the least effect, or within it on both sides."""
        low, high = self.difference - self.ci95, self.difference + self.ci95
        least = MIN_EFFECT * abs(self.reference)
        return low > least or high < -least or (-least < low and high < least)


def _words(verdict: Verdict, difference: float, ci95: float, size: float) -> str:
    """ "better by 12 % (9…15)", "as good as the schedule (−0.4…0.6 %)"."""
    scale, unit, form = (100.0 / size, " %", _percent) if size > _TINY else (1.0, "", _figure)
    middle, half = difference * scale, ci95 * scale
    if verdict == "as_good":
        return f"as good as the schedule ({form(middle - half)}…{form(middle + half)}{unit})"
    middle = abs(middle)
    return f"{verdict} by {form(middle)}{unit} ({form(middle - half)}…{form(middle + half)})"


def _percent(value: float) -> str:
    digits = 0 if abs(value) >= 9.95 else 1
    return f"{value:.{digits}f}".replace("-", "−")


def _figure(value: float) -> str:
    return f"{value:.2g}".replace("-", "−")
