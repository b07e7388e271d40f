"""Success checks: what a task promises, fixed before its reward is optimised.

A check is data over a small vocabulary: a quantity of the episode, a statistic over a time window
and a bound. It holds no free text: its name is derived, so a trainer can evaluate it without ever
receiving words that a person or a language model wrote.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from tabrl.contracts.path import Path
from tabrl.contracts.phases import EPISODE_S, LONGEST_EPISODE_S
from tabrl.contracts.quantities import Catalogue, Entry, label

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]
QuantityName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
SHORTEST_WINDOW_S = 0.1  # of less there are too few control steps for a number


class Statistic(StrEnum):
    """How the quantity's window becomes one number per episode."""

    MEAN = "mean"
    MEAN_ABS = "mean_abs"
    MIN = "min"
    MAX = "max"
    STD = "std"
    RANGE = "range"
    CHANGE = "change"
    FINAL = "final"
    AMPLITUDE = "amplitude"
    FREQUENCY = "frequency"
    RHYTHM = "rhythm"
    SHARE_ABOVE = "share_above"
    SHARE_BELOW = "share_below"
    ANY = "any"


STATISTICS: dict[Statistic, str] = {
    Statistic.MEAN: "mean over the window",
    Statistic.MEAN_ABS: "mean of the size, without sign",
    Statistic.MIN: "smallest value",
    Statistic.MAX: "largest value",
    Statistic.STD: "standard deviation: how much it varies",
    Statistic.RANGE: "largest minus smallest value",
    Statistic.CHANGE: "last value minus first value",
    Statistic.FINAL: "last value",
    Statistic.AMPLITUDE: (
        "amplitude of its swing: of the sinusoid at `frequency`, or of the strongest one (by "
        "Fourier transform) where no frequency is given"
    ),
    Statistic.FREQUENCY: "how often it swings, Hz: the strongest frequency by Fourier transform",
    Statistic.RHYTHM: (
        "correlation with the beat, a sinusoid at `frequency`, 0 to 1, at the best phase"
    ),
    Statistic.SHARE_ABOVE: "share of the time, 0 to 1, in which it is above `threshold`",
    Statistic.SHARE_BELOW: "share of the time, 0 to 1, in which it is below `threshold`",
    Statistic.ANY: "1 if it was ever above one half, else 0; over episodes their share",
}
_SHARES = (Statistic.SHARE_ABOVE, Statistic.SHARE_BELOW)
_QUANTITY_WORDS = (
    "What is measured at every control step (50 Hz): one of the robot's quantities, by name."
)
_PART_WORDS = (
    "Which part of the robot, or which axis of a vector, where the quantity has parts: a joint, an "
    "end effector, one of these or a body along an axis of the world (hand_z), forward, left or up "
    "in the root's frame, x, y or z in the world. Without it, quantities that can be are measured "
    "over all parts."
)
_STATISTIC_WORDS = "How the window becomes one number. " + "; ".join(
    f"{statistic}: {words}" for statistic, words in STATISTICS.items()
)


class CheckSpec(BaseModel):
    """One bound on one statistic of one quantity, over a window of an episode.

    An episode lasts 10 s; with phases, as long as these and their checks, up to 20 s.

    A statistic is taken per episode; over episodes the median counts, for `any` and for what an
    episode has or has not (a fall) the mean, which is the share of episodes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Identifier = Field(description="A short name of its own, such as speed or paw_up.")
    quantity: QuantityName = Field(description=_QUANTITY_WORDS)
    statistic: Statistic = Field(description=_STATISTIC_WORDS)
    part: Identifier | None = Field(default=None, description=_PART_WORDS)
    frequency: FiniteFloat | None = Field(
        default=None, gt=0.0, le=10.0, description="Hz; needed by rhythm, possible for amplitude."
    )
    threshold: FiniteFloat | None = Field(
        default=None, description="In the quantity's unit; needed by share_above and share_below."
    )
    path: Path | None = Field(
        default=None,
        description=(
            "For a place in space: what is measured is how far it is from where this path leads at "
            "that time. Its times are in s since the reset."
        ),
    )
    start_s: FiniteFloat = Field(
        default=2.0, ge=0.0, description="Where the window begins, s; 2 leaves out the start."
    )
    end_s: FiniteFloat = Field(default=10.0, gt=0.0, description="Where the window ends, s.")
    at_least: FiniteFloat | None = Field(default=None, description="The target: no less than this.")
    at_most: FiniteFloat | None = Field(default=None, description="The target: no more than this.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a check needs at_least, at_most or both")
        if self.end_s <= self.start_s:
            raise ValueError("a check's window must end after it starts")
        if self.statistic is Statistic.RHYTHM and self.frequency is None:
            raise ValueError("rhythm needs a frequency")
        if self.statistic in _SHARES and self.threshold is None:
            raise ValueError(f"{self.statistic} needs a threshold")
        return self

    def passed(self, value: float) -> bool:
        """Whether a measured value satisfies the bounds; NaN never does."""
        above = self.at_least is None or value >= self.at_least
        below = self.at_most is None or value <= self.at_most
        return above and below and value == value

    def shortfall(self, value: float | None) -> float:
        """How far a value is outside the bounds, in the size of the bound.

        0 within, 1 for one that was not measured: None or NaN.
        """
        if value is None or value != value:
            return 1.0
        bounds = [bound for bound in (self.at_least, self.at_most) if bound is not None]
        size = max(abs(bound) for bound in bounds)
        if len(bounds) == 2:
            size = min(size, bounds[1] - bounds[0]) or size
        missing = 0.0 if self.at_least is None else max(self.at_least - value, 0.0)
        excess = 0.0 if self.at_most is None else max(value - self.at_most, 0.0)
        return (missing + excess) / (size or 1.0)


class CheckWords(NamedTuple):
    """A check in words: "mean forward speed", "≥ 0.4 m/s" or "0.4 … 0.6 m/s", "m/s"."""

    name: str
    target: str
    unit: str


def describe(check: CheckSpec, catalogue: Catalogue) -> CheckWords:
    """A check in words. One of a quantity that the catalogue has not keeps its bare name."""
    quantity = catalogue.canonical(check.quantity)
    entry = catalogue[quantity] if quantity in catalogue else Entry("", "")
    unit = _unit(check, entry)
    return CheckWords(_name(check, quantity, entry), f"{_bounds(check)} {unit}".strip(), unit)


def _unit(check: CheckSpec, entry: Entry) -> str:
    if entry.per_episode:
        return entry.unit
    if check.statistic is Statistic.ANY:
        return "of episodes"
    if check.statistic is Statistic.RHYTHM or check.statistic in _SHARES:
        return ""
    return "Hz" if check.statistic is Statistic.FREQUENCY else entry.unit


def _name(check: CheckSpec, quantity: str, entry: Entry) -> str:
    if entry.title:
        return entry.title
    words = label(quantity, check.part, entry.parts.owners)
    if check.path is not None:
        words = f"distance of {words} from its path"
    if check.statistic is Statistic.FREQUENCY:
        return f"{words} rhythm frequency"
    rhythm = "" if check.frequency is None else f"{check.frequency:g} Hz "
    threshold = 0.0 if check.threshold is None else check.threshold
    lead = {
        Statistic.MEAN_ABS: "mean absolute",
        Statistic.SHARE_ABOVE: f"time above {threshold:g} of",
        Statistic.SHARE_BELOW: f"time below {threshold:g} of",
        Statistic.RANGE: "range of",
        Statistic.AMPLITUDE: f"{rhythm}amplitude of",
        Statistic.RHYTHM: f"{rhythm}rhythm of",
    }.get(check.statistic, str(check.statistic))
    return f"{lead} {words}"


def _bounds(check: CheckSpec) -> str:
    if check.at_least is not None and check.at_most is not None:
        return f"{check.at_least:g} … {check.at_most:g}"
    return f"≥ {check.at_least:g}" if check.at_least is not None else f"≤ {check.at_most:g}"


def episode_s(phases_s: Sequence[float], checks: Sequence[CheckSpec]) -> float:
    """How long to evaluate: 10 s, or with phases until all of them and all checks have been."""
    if len(phases_s) < 2:
        return EPISODE_S
    ends = [check.end_s for check in checks]
    return min(LONGEST_EPISODE_S, max(EPISODE_S, sum(phases_s), *ends))


def fault_of(check: CheckSpec, catalogue: Catalogue, lasts_s: float) -> str | None:
    """Why a check that is complete in itself cannot be measured; None if it can.

    Measured on the robot of the catalogue, in an episode of `lasts_s` seconds (see `episode_s`).
    """
    quantity = catalogue.canonical(check.quantity)
    if quantity not in catalogue:
        return _unknown(quantity, catalogue)
    entry = catalogue[quantity]
    if check.path is not None and (check.part is not None or not entry.in_space):
        return f"{quantity} follows no path" if not entry.in_space else "a path has no part"
    if entry.needs_part and check.part is None and check.path is None:
        return f"{quantity} needs in part: {entry.parts.words}"
    if check.part is not None and not entry.parts.names:
        return f"{quantity} has no parts: leave part out"
    if check.part is not None and check.part not in entry.parts.names:
        return f"{quantity} has no part {check.part!r}; there are: {', '.join(entry.parts.names)}"
    if check.at_least is not None and check.at_most is not None and check.at_least > check.at_most:
        return "at_least is greater than at_most: nothing can meet that"
    if check.start_s >= lasts_s:
        return f"its window begins after the episode's {lasts_s:g} s"
    if min(check.end_s, lasts_s) - check.start_s < SHORTEST_WINDOW_S:
        return f"its window is shorter than {SHORTEST_WINDOW_S:g} s"
    return None


def _unknown(quantity: str, catalogue: Catalogue) -> str:
    close = difflib.get_close_matches(quantity, catalogue.entries, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known are: {', '.join(catalogue.entries)}"
    return f"this robot has no quantity {quantity!r}; {hint}"
