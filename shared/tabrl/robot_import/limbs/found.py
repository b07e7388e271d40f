"""What is found of a robot before anything is written: limbs, and joints that are held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tabrl.robot_import.model.source import Doubles, Source, is_hinge
from tabrl.robot_import.refusal import refusal


@dataclass(frozen=True, eq=False)
class FoundLimb:
    """A chain of hinges and what is at its end, at home.

    `joints` of the model, from the root on. `point` is the end effector's in the world, m, on
    `body`; for a foot the middle of a sphere of `radius`, or as far above its sole. `turn` is a
    tool's orientation there, wxyz.
    """

    name: str
    place: tuple[str, ...]
    joints: tuple[int, ...]
    signs: tuple[float, ...]
    body: int
    point: Doubles
    radius: float
    end: str  # what it is, in words
    effector: str  # its name
    turn: Doubles | None = None


@dataclass(frozen=True, eq=False)
class Survey:
    """What a robot of a kind consists of.

    `feet` are the geoms at the limbs' ends that touch; `without` names abilities of the kind that
    the robot has not.
    """

    kind: str
    limbs: tuple[FoundLimb, ...]
    length: float  # characteristic, m
    feet: frozenset[int] = frozenset()
    without: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def joints(self) -> list[int]:
        """The joints that policies move, in the model's order."""
        return sorted(joint for limb in self.limbs for joint in limb.joints)

    def held(self, source: Source) -> list[int]:
        """The joints that are held as they are at home."""
        return [joint for joint in source.joints if joint not in set(self.joints)]


def way_to(source: Source, body: int) -> list[int]:
    """All joints between the root and a body, from the root on."""
    joints: list[int] = []
    while body not in (source.root, 0):
        first, count = int(source.model.body_jntadr[body]), int(source.model.body_jntnum[body])
        joints = [*range(first, first + count), *joints]
        body = int(source.model.body_parentid[body])
    return joints


def hinges_only(source: Source, joints: Sequence[int]) -> None:
    """Raises `Invalid` for joints of a limb that are no hinges, or two on one body."""
    bodies = [source.body_of(joint) for joint in joints]
    for body in bodies:
        if bodies.count(body) > 1:
            raise refusal(
                f"the body {body} turns on {bodies.count(body)} joints: give each joint a body of "
                "its own"
            )
    for joint in joints:
        if not is_hinge(source.model, joint):
            raise refusal(
                f"the joint {source.name(joint)} is no hinge: limbs of TabRL turn on hinges only, "
                "so replace it, or take it out"
            )


def common_prefixes(names: list[list[str]]) -> list[str]:
    """What the names of each limb's joints begin with, up to an underscore; "" where nothing."""
    found = []
    for own in names:
        parts = [name.split("_") for name in own]
        same = 0
        while all(len(part) > same + 1 and part[same] == parts[0][same] for part in parts):
            same += 1
        found.append("_".join(parts[0][:same]))
    return found


def unit(vector: Doubles) -> Doubles:
    """A vector of length one, or zero."""
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0.0 else vector
