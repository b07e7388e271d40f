"""Which leg is where: front or rear, left or right. Data only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol

from tabrl.robots import Limb, Robot

PairName = Literal["diagonals_apart", "sides_apart", "ends_apart"]
BASIC_CHANNELS = ("vx", "vy", "yaw", "height", "pitch", "roll", "swing", "jump", "rear")


_CORNERS = 4


class Placed(Protocol):
    """A leg that says where it is."""

    @property
    def place(self) -> tuple[str, ...]:
        """In words: front or rear, left or right."""
        ...


def lift_channel(limb: Limb) -> str:
    """The command channel that holds up a leg's foot."""
    return f"lift_{limb.name.lower()}"


def channel_names(robot: Robot) -> tuple[str, ...]:
    """Command channels of a robot: of the trunk, of all feet, then each foot's lift."""
    basic = tuple(name for name in BASIC_CHANNELS if name not in robot.without)
    return (*basic, *(lift_channel(limb) for limb in robot.limbs))


def is_rear(limb: Placed) -> bool:
    """Whether a leg is a hind one; what is in the middle counts as front."""
    return "rear" in limb.place


def is_left(limb: Placed) -> bool:
    """Whether a leg is on the left; what is in the middle counts as right."""
    return "left" in limb.place


def at_every_corner(limbs: Iterable[Placed]) -> bool:
    """Whether legs are front and rear, left and right: of such robots sentences can be read without
    a language model."""
    return len({(is_rear(limb), is_left(limb)) for limb in limbs}) == _CORNERS


def front(robot: Robot) -> list[int]:
    """Places of the front legs."""
    return [place for place, limb in enumerate(robot.limbs) if not is_rear(limb)]


def rear(robot: Robot) -> list[int]:
    """Places of the hind legs."""
    return [place for place, limb in enumerate(robot.limbs) if is_rear(limb)]


def pairs(robot: Robot, name: str) -> tuple[list[int], list[int]]:
    """Places of the legs that a gait keeps apart: the one group steps when the other stands.

    Diagonals: right front with left rear, against the others. Raises `KeyError`.
    """
    second = {
        "diagonals_apart": lambda limb: is_left(limb) != is_rear(limb),
        "sides_apart": is_left,
        "ends_apart": is_rear,
    }[name]
    groups: tuple[list[int], list[int]] = ([], [])
    for place, limb in enumerate(robot.limbs):
        groups[bool(second(limb))].append(place)
    return groups


def has_pairs(robot: Robot, name: str) -> bool:
    """Whether a robot has legs on both sides of the comparison."""
    return all(pairs(robot, name))


def in_words(limb: Limb) -> str:
    """Which leg, as a person would say it: "right front"."""
    words = {"left": "left", "right": "right", "front": "front", "rear": "hind"}
    return " ".join(word for place, word in words.items() if place in limb.place) or limb.name
