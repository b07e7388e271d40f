"""The answer of a language model that says a motion as data, and its strict JSON schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from tabrl.contracts.motion import (
    Constant,
    Duration,
    Extreme,
    Hold,
    MotionSpec,
    Phase,
    Reached,
    Sinusoid,
    Target,
    Until,
)
from tabrl.embodiments.legged.askable import ENDINGS, Askable
from tabrl.embodiments.legged.gait import GAITS
from tabrl.embodiments.lookup import askables_of
from tabrl.robots import Robot
from tabrl_reward_worker.llm.answers import AnswerError, best_of, declines, in_words
from tabrl_reward_worker.llm.lenient import Object, attempts, holding
from tabrl_reward_worker.llm.schema import one_line, strict_schema

MAX_MOTIONS = 3
_KEYS = frozenset({"motions", "motion", "unsaid", "declined"})
_SHAPES = {"value": "constant", "amplitude": "sinusoid", "sense": "extreme"}
_MAX_REASON = 160  # characters


class _Written(BaseModel):
    """A piece of an answer. What it says beyond its fields is not read."""

    model_config = ConfigDict(extra="ignore")


class LlmTarget(_Written):
    """What a quantity is to do."""

    quantity: str
    part: str | None = None
    shape: Annotated[Constant | Sinusoid | Extreme, Field(discriminator="kind")]

    @field_validator("part", mode="before")
    @classmethod
    def _none(cls, part: object) -> object:
        return part or None

    @field_validator("shape", mode="before")
    @classmethod
    def _of_its_kind(cls, shape: object) -> object:
        """Models without a schema to follow write a bare number, or leave the kind out."""
        if isinstance(shape, int | float):
            return {"kind": "constant", "value": shape}
        if isinstance(shape, dict) and "kind" not in shape:
            kinds = [kind for name, kind in _SHAPES.items() if name in shape]
            return shape | {"kind": kinds[-1]} if kinds else shape
        return shape


class LlmPhase(_Written):
    """What is asked for at the same time."""

    targets: list[LlmTarget]
    gait: str | None = None
    until: Until = Hold()

    @field_validator("gait", mode="before")
    @classmethod
    def _none(cls, gait: object) -> object:
        return gait or None

    @field_validator("until", mode="before")
    @classmethod
    def _held(cls, until: object) -> object:
        if isinstance(until, int | float):
            return Duration(seconds=until)
        return Hold() if until is None else until


class LlmSpec(_Written):
    """A specification as the model writes it."""

    phases: Annotated[list[LlmPhase], Field(min_length=1)]
    repeat: bool = False


class LlmMotion(_Written):
    """One motion that could be learnt."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    idea: Annotated[str, Field(min_length=1, max_length=300)]
    motion: LlmSpec

    def to_spec(self) -> MotionSpec:
        """The specification. Raises `ValidationError` if it is none."""
        phases = [
            Phase(
                targets=tuple(Target.model_validate(one.model_dump()) for one in phase.targets),
                gait=phase.gait,
                until=phase.until,
            )
            for phase in self.motion.phases
        ]
        # A single phase goes on by itself.
        return MotionSpec(phases=tuple(phases), repeat=self.motion.repeat and len(phases) > 1)


class LlmMotions(_Written):
    """The answer asked for: two or three motions, and what they leave unsaid, if anything."""

    declined: bool
    unsaid: str
    motions: list[LlmMotion]


@dataclass(frozen=True)
class Unread:
    """A motion that is not of the form asked for; the fault is for whoever wrote it."""

    name: str
    fault: str


@dataclass(frozen=True)
class MotionAnswer:
    """What a model answered; `unsaid` is empty where its motions say all that is asked for."""

    motions: Sequence[LlmMotion | Unread]
    unsaid: str = ""
    declined: bool = False


def read_motions(text: str) -> MotionAnswer:
    """The motions in an answer; of several attempts the last is meant. Raises `AnswerError`."""
    written = attempts(text)
    for attempt in reversed(written):
        for answer in holding(attempt, "motions"):
            return _answer(answer, answer["motions"])
        singly = holding(attempt, "motion")
        if singly:
            return _answer(attempt[0], list[JsonValue](singly))
        for answer in (*holding(attempt, "unsaid"), *holding(attempt, "declined")):
            return _answer(answer, [])
    return _answer(best_of([one for attempt in written for one in attempt], _KEYS, text), [])


def _answer(answer: Object, given: JsonValue) -> MotionAnswer:
    if declines(answer):
        return MotionAnswer((), declined=True)
    if isinstance(given, dict):  # by name
        given = [*given.values()]
    given = [] if given is None else given
    if not isinstance(given, list):
        raise AnswerError("motions: give a list of two or three")
    unsaid = answer.get("unsaid")
    reason = one_line(unsaid)[:_MAX_REASON] if isinstance(unsaid, str) else ""
    if not given and not reason:
        raise AnswerError(
            "motions is empty: give two or three, or say in `unsaid` what a motion cannot say"
        )
    return MotionAnswer([_motion(one, n) for n, one in enumerate(given[:MAX_MOTIONS], 1)], reason)


def _motion(given: JsonValue, number: int) -> LlmMotion | Unread:
    try:
        return LlmMotion.model_validate(given)
    except ValidationError as error:
        name = given.get("name") if isinstance(given, dict) else None
        shown = one_line(name)[:60] if isinstance(name, str) else ""
        return Unread(shown or f"Motion {number}", in_words(error))


@cache
def motion_schema(robot: Robot) -> dict[str, Any]:
    """The answer's JSON schema: quantities, parts and gaits are this robot's own."""
    schema = strict_schema(TypeAdapter(LlmMotions).json_schema(by_alias=False))
    known = askables_of(robot)
    held = [one.name for one in known if one.name != Askable.WAY]
    parts = list(dict.fromkeys(part for one in known for part in one.parts))
    properties = {name: node["properties"] for name, node in schema["$defs"].items()}
    properties[LlmTarget.__name__]["quantity"] |= {"enum": held}
    properties[LlmTarget.__name__]["part"] = _optional(parts)
    properties[LlmPhase.__name__]["gait"] = _optional(GAITS)
    properties[Reached.__name__]["quantity"] |= {"enum": list(ENDINGS)}
    _without(schema["$defs"][Sinusoid.__name__], "phase")
    properties[Sinusoid.__name__]["hz"] = {"type": "number"}  # there is no tempo to leave it to
    return schema


def _optional(names: Sequence[str]) -> dict[str, Any]:
    return {"anyOf": [{"type": "string", "enum": list(names)}, {"type": "null"}]}


def _without(node: dict[str, Any], name: str) -> None:
    """Take a property out of a schema."""
    del node["properties"][name]
    node["required"].remove(name)
