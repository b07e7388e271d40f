"""What a robot is asked to do, as data: phases of targets, between words and rewards.

A specification is written by the rule-based generator, by a language model, by a form or by a
follow-up, and read by whatever writes rewards, success checks and words from it. It says what is to
be seen of the robot, not how that is rewarded.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from tabrl.contracts.checks import Identifier, QuantityName
from tabrl.contracts.ground import FLAT, GroundField
from tabrl.contracts.path import Path
from tabrl.contracts.phases import LONGEST_EPISODE_S, MAX_PHASES, SHORTEST_S

MAX_TARGETS = 24  # of a phase
MAX_HZ = 10.0
_IN_TIME = 0.005  # what rounding does to a frequency

Hertz = Annotated[FiniteFloat, Field(gt=0.0, le=MAX_HZ)]
Seconds = Annotated[FiniteFloat, Field(ge=SHORTEST_S, le=LONGEST_EPISODE_S)]


class _Part(BaseModel):
    """A piece of a specification: never changed, and nothing in it that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Constant(_Part):
    """Held at a value."""

    kind: Literal["constant"] = "constant"
    value: FiniteFloat


class Sinusoid(_Part):
    """Swinging about a mean: `mean + amplitude · sin(2π · hz · t + phase)`, t since the reset.

    Without an `hz` it swings once a beat of the specification's tempo. Rewards keep the phase;
    success checks take any, for they look for the beat at its best phase.
    """

    kind: Literal["sinusoid"] = "sinusoid"
    mean: FiniteFloat = 0.0
    amplitude: Annotated[FiniteFloat, Field(gt=0.0)]
    hz: Hertz | None = None
    phase: FiniteFloat = Field(default=0.0, description="rad")


class Extreme(_Part):
    """As much or as little of it as the robot can."""

    kind: Literal["extreme"] = "extreme"
    sense: Literal["most", "least"] = "most"


Shape = Annotated[Constant | Sinusoid | Extreme | Path, Field(discriminator="kind")]


class Importance(StrEnum):
    """Why a target is there."""

    ASKED = "asked"  # in so many words
    KEPT = "kept"  # what should not happen beside it
    STYLE = "style"  # how it is done, where nobody said how


class Target(_Part):
    """What a quantity of the robot is to do; SI units.

    `quantity` is one that the robot's kind can be asked for, `part` the foot, joint or axis of it.
    A path, whose times are since the phase began, is of a place in space and of no single axis.
    """

    quantity: QuantityName
    part: Identifier | None = None
    shape: Shape
    tolerance: Annotated[FiniteFloat, Field(gt=0.0)] | None = Field(
        default=None,
        description=(
            "How far off still counts: how wide the reward's bell is, and how far success checks "
            "let it miss; of a sinusoid, in its amplitude. The kind's own where it is not said."
        ),
    )
    importance: Importance = Importance.ASKED

    @property
    def key(self) -> tuple[str, str]:
        """What it is about: a phase has one target of each."""
        return self.quantity, self.part or ""


class AskableInfo(BaseModel):
    """A quantity that a robot can be asked for: for a form, a prompt or a check of a specification.

    `positive` and `negative` say what either sign of it looks like; `parts` are those of which one
    must be named.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    label: str
    unit: str
    positive: str
    negative: str = ""
    parts: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ("constant",)

    @classmethod
    def of(
        cls,
        name: str,
        unit: str,
        positive: str,
        negative: str = "",
        *,
        parts: tuple[str, ...] = (),
        shapes: tuple[str, ...] = ("constant",),
    ) -> Self:
        """With a label made of the name."""
        return cls(
            name=name, label=name.replace("_", " "), unit=unit, positive=positive,
            negative=negative, parts=parts, shapes=shapes,
        )  # fmt: skip

    def fault(self, target: Target) -> str | None:
        """Why a target of this quantity cannot be asked for; None if it can."""
        if isinstance(target.shape, Path) and "path" in self.shapes:
            return f"{self.name} follows a path as a whole: leave part out" if target.part else None
        if self.parts and target.part not in self.parts:
            return f"{self.name} needs a part: one of {', '.join(self.parts)}"
        if target.part is not None and not self.parts:
            return f"{self.name} has no parts"
        if not self.shapes:
            return f"{self.name} can only end a phase"
        if target.shape.kind not in self.shapes:
            return f"{self.name} can be {' or '.join(self.shapes)}, not {target.shape.kind}"
        return None


class Hold(_Part):
    """For as long as anybody looks."""

    kind: Literal["hold"] = "hold"


class Duration(_Part):
    """For so many seconds."""

    kind: Literal["duration"] = "duration"
    seconds: Seconds


class Reached(_Part):
    """Until a quantity has changed by so much since the phase began, however long that takes.

    It must have come to that after `within_s`.
    """

    kind: Literal["reached"] = "reached"
    quantity: QuantityName
    by: FiniteFloat
    within_s: Seconds = LONGEST_EPISODE_S


Until = Annotated[Hold | Duration | Reached, Field(discriminator="kind")]


class Phase(_Part):
    """What is asked for at the same time, and until when."""

    targets: Annotated[tuple[Target, ...], Field(max_length=MAX_TARGETS)] = ()
    gait: Identifier | None = None
    until: Until = Hold()

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        keys = [target.key for target in self.targets]
        twice = sorted({" of ".join(filter(None, key)) for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"more than one target for {', '.join(twice)}: name each once a phase")
        return self

    def find(self, quantity: str, part: str | None = None) -> Target | None:
        """The target of a quantity, of any part unless one is named."""
        return next(
            (
                target
                for target in self.targets
                if target.quantity == quantity and part in (None, target.part)
            ),
            None,
        )


class MotionSpec(_Part):
    """One thing to do, or several one after the other.

    After the last phase the first begins again if it is to `repeat`; else the last one is held.
    All of it keeps the beat of `tempo_hz`, where that is said: what swings or hops without saying
    how often does so once a beat, and what says it a whole number of times a beat, or once in a
    whole number of beats.
    """

    version: Literal[1] = 1
    phases: Annotated[tuple[Phase, ...], Field(min_length=1, max_length=MAX_PHASES)]
    repeat: bool = False
    tempo_hz: Hertz | None = Field(default=None, description="The beat that all of it keeps.")
    ground: GroundField = FLAT

    @model_validator(mode="after")
    def _comes_to_an_end(self) -> Self:
        for number, phase in enumerate(self.phases, 1):
            last = number == len(self.phases) and not self.repeat
            if isinstance(phase.until, Hold) and not last:
                raise ValueError(
                    f"phase {number} is held for ever, so nothing can follow it: say how long it "
                    "lasts (duration) or what it reaches (reached)"
                )
        if self.repeat and len(self.phases) < 2:
            raise ValueError("a single phase goes on by itself: repeat needs two or more")
        return self

    @model_validator(mode="after")
    def _keeps_time(self) -> Self:
        for number, phase in enumerate(self.phases, 1):
            for target in phase.targets:
                if not isinstance(target.shape, Sinusoid):
                    continue
                hz, tempo = target.shape.hz, self.tempo_hz
                where = f"{target.quantity} in phase {number} swings"
                if hz is None and tempo is None:
                    raise ValueError(f"{where}: say its hz, or a tempo_hz")
                if hz is not None and tempo is not None and not in_time(hz, tempo):
                    raise ValueError(
                        f"{where} at {hz:g} Hz, which does not keep the tempo of {tempo:g} Hz"
                    )
        return self


def in_time(hz: float, tempo_hz: float) -> bool:
    """Whether something comes a whole number of times a beat, or once in a whole number of them."""
    times = max(hz / tempo_hz, tempo_hz / hz)
    return abs(times - round(times)) <= _IN_TIME * times


def fault_of(motion: MotionSpec, askables: Sequence[AskableInfo]) -> str | None:
    """Why a robot that can be asked for `askables` cannot be asked for a motion; None if it can."""
    known = {one.name: one for one in askables}
    for number, phase in enumerate(motion.phases, 1):
        where = f" in phase {number}" if len(motion.phases) > 1 else ""
        for target in phase.targets:
            one = known.get(target.quantity)
            if one is None:
                return f"there is no {target.quantity}{where}; there are {', '.join(known)}"
            fault = one.fault(target)
            if fault is not None:
                return f"{fault}{where}"
        if isinstance(phase.until, Reached) and phase.until.quantity not in known:
            return f"nothing ends by {phase.until.quantity}{where}"
    return None
