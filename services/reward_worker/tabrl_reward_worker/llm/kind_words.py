"""What the prompt says of a robot's kind: its words and its worked examples, from files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Any

from pydantic import BaseModel, ConfigDict

from tabrl.robots import Robot
from tabrl_reward_worker.limbs import knee_of
from tabrl_reward_worker.llm.schema import LlmCandidate

_OTHER = "other"  # for kinds without a folder of their own
_BEND = 0.25  # of a joint's room to its farther limit, but no more than:
_MAX_BEND = 0.3  # rad


class KindWords(BaseModel):
    """The parts of the prompt that differ between kinds, with facts of a robot to fill in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    body: str
    bending: str = ""
    limits: str
    form: str
    pays: str
    held: str
    missed: str
    styles: dict[str, str]

    def filled(self, facts: Mapping[str, str]) -> dict[str, str]:
        """The words for the prompt, with a robot's facts in them."""
        texts: dict[str, str] = self.model_dump(exclude={"styles"})
        return {name: Template(text).substitute(facts) for name, text in texts.items()}


class Example(LlmCandidate):
    """A worked example: a sentence and a good answer to it.

    Shown for robots of so many limbs and joints, where these are said.
    """

    sentence: str
    style: str
    limbs: int | None = None
    joints: int | None = None

    def fits(self, robot: Robot) -> bool:
        """Whether it is written for such a robot."""
        return self.limbs in (None, len(robot.limbs)) and self.joints in (None, robot.nu)


@cache
def kind_words(kind: str) -> KindWords:
    """The words of a kind of robot."""
    return KindWords.model_validate(
        tomllib.loads(_folder(kind).joinpath("words.toml").read_text("utf-8"))
    )


@cache
def examples(robot: Robot) -> tuple[Example, ...]:
    """The worked examples, with names of the robot's joints in them."""
    text = _folder(robot.embodiment).joinpath("examples.toml").read_text("utf-8")
    entries = tomllib.loads(Template(text).substitute(_names(robot)))["example"]
    every = (Example.model_validate(entry) for entry in entries)
    return tuple(example for example in every if example.fits(robot))


def kind_texts() -> list[str]:
    """All kinds' files, always in the same order."""
    folders = sorted(files(__package__).joinpath("kinds").iterdir(), key=lambda entry: entry.name)
    return [
        folder.joinpath(name).read_text("utf-8")
        for folder in folders
        for name in ("words.toml", "examples.toml")
    ]


def _folder(kind: str) -> Traversable:
    kinds = files(__package__).joinpath("kinds")
    own = kinds.joinpath(kind)
    return own if own.is_dir() else kinds.joinpath(_OTHER)


def _names(robot: Robot) -> dict[str, Any]:
    """What examples may name: a joint, and how far it can well be bent from home, rad."""
    limb = robot.limbs[0]
    joint = robot.joints[robot.joint_names.index(limb.joints[0])]
    lower, upper = joint.range
    farther = max(upper - joint.home, lower - joint.home, key=abs)
    bend = max(-_MAX_BEND, min(_MAX_BEND, _BEND * farther))
    least, most = sorted((0.5 * bend, 1.5 * bend))
    numbers = {
        "bend": bend,
        "width": 0.5 * abs(bend),
        "rate": 3.0 * abs(bend),
        "swing": 0.3 * abs(bend),
        "least": least,
        "most": most,
    }
    words = {"knee": knee_of(robot, limb.end_effector), "joint": joint.name}
    return words | {name: f"{value:.3f}" for name, value in numbers.items()}
