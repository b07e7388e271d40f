"""The answer of a language model that says a motion as data, and its strict JSON schema."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tabrl.contracts.ground import FLAT, Ground
from tabrl.contracts.motion import (
    Constant,
    Extreme,
    Hold,
    MotionSpec,
    Phase,
    Reached,
    Sinusoid,
    Target,
    Until,
)
from tabrl.contracts.phases import MAX_PHASES
from tabrl.embodiments.legged.askable import ENDINGS, Askable
from tabrl.embodiments.legged.gait import GAITS
from tabrl.embodiments.lookup import askables_of, grounds_of
from tabrl.robots import Robot
from tabrl_reward_worker.llm.forms import shortened
from tabrl_reward_worker.llm.schema import strict_schema

MAX_MOTIONS = 3


class _Written(BaseModel):
    """A piece of an answer, in the form that was asked for: what it says beyond that is refused,
    for it may be what matters."""

    model_config = ConfigDict(extra="forbid")


class LlmTarget(_Written):
    """What a quantity is to do."""

    quantity: str
    part: str | None = None
    shape: Annotated[Constant | Sinusoid | Extreme, Field(discriminator="kind")]


class LlmPhase(_Written):
    """What is asked for at the same time."""

    targets: list[LlmTarget]
    gait: str | None = None
    until: Until = Hold()


class LlmSpec(_Written):
    """A specification as the model writes it."""

    phases: Annotated[list[LlmPhase], Field(min_length=1, max_length=MAX_PHASES)]
    repeat: bool = False
    ground: str | None = None  # by its name among the robot's; None: as before, or as it is said

    @classmethod
    def of(cls, motion: MotionSpec) -> LlmSpec:
        """A specification as a model would write it."""
        targets = {"__all__": {"tolerance", "importance"}}
        phases = motion.model_dump(
            include={"phases"}, exclude={"phases": {"__all__": {"targets": targets}}}
        )
        return cls.model_validate(phases | {"repeat": motion.repeat})


class LlmMotion(_Written):
    """One motion that could be learnt."""

    name: Annotated[str, Field(min_length=1, max_length=60), shortened(60)]
    idea: Annotated[str, Field(min_length=1, max_length=300), shortened(300)]
    motion: LlmSpec

    def to_spec(self, robot: Robot | None = None) -> MotionSpec:
        """The specification, on the ground that it names of the robot's.

        Raises `ValidationError` if it is none.
        """
        ground = _ground(self.motion.ground, robot)
        phases = [
            Phase(
                targets=tuple(Target.model_validate(one.model_dump()) for one in phase.targets),
                gait=phase.gait,
                until=phase.until,
            )
            for phase in self.motion.phases
        ]
        if self.motion.repeat and len(phases) == 1:  # over and over, it goes on and on
            first = phases[0].model_copy(update={"until": Hold()})
            return MotionSpec(phases=(first,), ground=ground)
        return MotionSpec(phases=tuple(phases), repeat=self.motion.repeat, ground=ground)


class LlmMotions(_Written):
    """The answer asked for: two or three motions, and what they leave unsaid, if anything."""

    declined: bool
    unsaid: str
    motions: list[LlmMotion]


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
    grounds = [one.name for one in grounds_of(robot)]
    properties[LlmSpec.__name__]["ground"] = _optional(grounds)
    properties[Reached.__name__]["quantity"] |= {"enum": list(ENDINGS)}
    _without(schema["$defs"][Sinusoid.__name__], "phase")
    properties[Sinusoid.__name__]["hz"] = {"type": "number"}  # there is no tempo to leave it to
    return schema


def _ground(name: str | None, robot: Robot | None) -> Ground:
    """A ground of the robot by its name. Raises `ValidationError` for another name."""
    if name is None or robot is None:
        return FLAT
    known = {one.name: one.ground for one in grounds_of(robot)}
    names: Any = Literal[tuple(known)]
    named: str = TypeAdapter(names).validate_python(name)
    return known[named]


def _optional(names: Sequence[str]) -> dict[str, Any]:
    return {"anyOf": [{"type": "string", "enum": list(names)}, {"type": "null"}]}


def _without(node: dict[str, Any], name: str) -> None:
    """Take a property out of a schema."""
    del node["properties"][name]
    node["required"].remove(name)
