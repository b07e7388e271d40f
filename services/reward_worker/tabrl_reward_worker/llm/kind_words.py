"""What the prompt says of a robot's kind: its words and its worked examples, from files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Any

from pydantic import BaseModel, ConfigDict

from tabrl.embodiments.legged.limbs import is_rear
from tabrl.embodiments.legged.scale import Scale
from tabrl.robots import Robot
from tabrl_reward_worker.limbs import feet_of, folding, knee_of
from tabrl_reward_worker.llm.schema import LlmCandidate

_OTHER = "other"  # for kinds without a folder of their own
_FILES = ("words.toml", "examples.toml", "motions.toml")
_BEND = 0.25  # of a joint's room to its farther limit, but no more than:
_MAX_BEND = 0.3  # rad
_FRONT, _HIND = (0.0, 0.2, -0.4), (0.0, -0.125, 0.25)  # rad, of the legs in a bow


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
    able: dict[str, str] = {}  # said of robots that have the ability
    styles: dict[str, str]

    def filled(self, facts: Mapping[str, str], robot: Robot) -> dict[str, str]:
        """The words for the prompt, with a robot's facts in them."""
        texts: dict[str, str] = self.model_dump(exclude={"styles", "able"})
        able = "".join(f" {text}" for name, text in self.able.items() if name not in robot.without)
        known = {**facts, "able": able, "folding": folding(robot)}
        return {
            name: Template(as_large(text, robot)).substitute(known) for name, text in texts.items()
        }


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
    return KindWords.model_validate(tomllib.loads(kind_file(kind, "words.toml")))


@cache
def examples(robot: Robot) -> tuple[Example, ...]:
    """The worked examples, with names of the robot's joints in them."""
    text = kind_file(robot.embodiment, "examples.toml")
    entries = tomllib.loads(Template(as_large(text, robot)).substitute(_names(robot)))["example"]
    every = (Example.model_validate(entry) for entry in entries)
    return tuple(example for example in every if example.fits(robot))


def kind_texts() -> list[str]:
    """All kinds' files, always in the same order."""
    folders = sorted(files(__package__).joinpath("kinds").iterdir(), key=lambda entry: entry.name)
    every = (folder.joinpath(name) for folder in folders for name in _FILES)
    return [file.read_text("utf-8") for file in every if file.is_file()]


def kind_file(kind: str, name: str) -> str:
    """The text of one of a kind's files."""
    return _folder(kind).joinpath(name).read_text("utf-8")


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
    words |= {"bow": _listed(_bow(robot)), "folded": f"{_folded(robot):.4g}"}
    words |= {f"{end}_{side}": str(place) for (end, side), place in _corners(robot).items()}
    return words | {name: f"{value:.3f}" for name, value in numbers.items()}


def as_large(text: str, robot: Robot) -> str:
    """Amounts of the reference robot in a text, such as `{{0.3 m/s}}`, made the robot's."""
    scale = Scale.of(robot)
    factors = {
        "m": scale.length, "cm": scale.length, "m/s": scale.speed, "/m2": 1.0 / scale.length**2,
    }  # fmt: skip

    def amount(found: re.Match[str]) -> str:
        return str(float(f"{float(found[1]) * factors[found[2]]:.3g}"))

    return re.sub(r"\{\{(-?[\d.]+) (\S+)\}\}", amount, text)


def _corners(robot: Robot) -> dict[tuple[str, str], int]:
    """Where the foot at each corner is in the robot's order; 0 where there is none."""
    feet = feet_of(robot)
    return {
        (end, side): robot.end_effectors.index(feet[end, side]) if (end, side) in feet else 0
        for end in ("front", "rear")
        for side in ("left", "right")
    }


def _bow(robot: Robot) -> list[float]:
    """By how much each joint is turned in a bow, rad: front legs folded, hind legs stretched."""
    turned = [0.0] * robot.nu
    for limb in robot.limbs:
        leg = _HIND if is_rear(limb) else _FRONT
        signs = limb.signs or (1.0,) * len(limb.joints)
        for name, sign, angle in zip(limb.joints, signs, leg, strict=False):
            turned[robot.joint_names.index(name)] = sign * angle
    return turned


def _folded(robot: Robot) -> float:
    """The first leg's last joint in that bow, rad."""
    place = robot.joint_names.index(robot.limbs[0].joints[-1])
    return robot.home[place] + _bow(robot)[place]


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
