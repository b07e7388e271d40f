"""What a success check can measure: a catalogue of scalars, each a number per control step.

Data only. Each kind of robot has a catalogue of its own (`tabrl.embodiments`); what is here holds
for all of them. `tabrl.control.measures` computes the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

WORLD_AXES = ("x", "y", "z")


class Whole(StrEnum):
    """What is measured where a quantity with parts is asked for without one."""

    LENGTH = "the vector's length"
    MEAN = "the mean over all parts"
    MEAN_SIZE = "the mean size, without sign, over all parts"
    SUM = "the sum over all parts"
    LEAST = "the smallest of all parts"


@dataclass(frozen=True)
class Parts:
    """What a quantity consists of.

    `names` are those of its columns, `words` say what they are. With `owners` it is a vector in
    space for each of them: a name is then an owner with an axis, such as hand_z, and where a
    `whole` is said an owner alone, which means the vector's length. `whole` None: a part must be
    named.
    """

    names: tuple[str, ...] = ()
    words: str = ""
    owners: tuple[str, ...] = ()
    whole: Whole | None = None


@dataclass(frozen=True)
class Entry:
    """A line of a catalogue.

    Over episodes the median counts, with `per_episode` the mean, which is the share of episodes.
    """

    unit: str
    description: str
    parts: Parts = Parts()
    per_episode: bool = False
    title: str = ""  # instead of the words made of the quantity's name

    @property
    def needs_part(self) -> bool:
        """Whether a check of it is incomplete without a part."""
        return bool(self.parts.names) and self.parts.whole is None

    @property
    def in_space(self) -> bool:
        """Whether it is a vector of the world, such as a place that can follow a path."""
        return self.parts.names == WORLD_AXES and not self.parts.owners


def named(names: tuple[str, ...], words: str, whole: Whole | None = None) -> Parts:
    """Parts that are columns with names, such as joints."""
    return Parts(names, words, whole=whole)


def in_space(owners: tuple[str, ...], what: str, whole: Whole | None = None) -> Parts:
    """Parts of a vector in the world for each of its owners."""
    along = tuple(f"{owner}_{axis}" for owner in owners for axis in WORLD_AXES)
    words = f"{what}, or with an axis" if whole else f"{what} and an axis"
    if owners:
        words += f", such as {along[2]}"
    return Parts((*owners, *along) if whole else along, words, owners, whole)


# What rewards of every kind of robot call by another name.
SHARED_ALIASES = {"get_joint_angle": "joint_position"}


@dataclass(frozen=True)
class Catalogue:
    """Everything that a check of one robot can measure, by name.

    `aliases` are other names of them, beside those that all kinds share.
    """

    entries: Mapping[str, Entry]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    def __getitem__(self, name: str) -> Entry:
        """Raises `KeyError`."""
        return self.entries[name]

    def canonical(self, name: str) -> str:
        """The quantity's own name, of whatever name it was given."""
        return self.aliases.get(name, SHARED_ALIASES.get(name, name))

    def per_episode(self, name: str) -> bool:
        """Whether it is something that an episode has or has not, such as a fall."""
        entry = self.entries.get(self.canonical(name))
        return entry is not None and entry.per_episode

    def infos(self) -> list[QuantityInfo]:
        """All of it, for a form or a prompt."""
        return [
            QuantityInfo(
                name=name,
                label=label(name),
                unit=entry.unit,
                description=entry.description,
                parts=entry.parts.names,
                part_required=entry.needs_part,
                whole=str(entry.parts.whole or ""),
            )
            for name, entry in self.entries.items()
        ]


class QuantityInfo(BaseModel):
    """One quantity of one robot, for a form or a prompt.

    `parts` are the values of a check's `part`; without one, `whole` says what is measured, and
    where `whole` is empty but `parts` is not, one must be named.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    label: str
    unit: str
    description: str
    parts: tuple[str, ...] = ()
    part_required: bool = False
    whole: str = ""


def joint_entries(joints: tuple[str, ...]) -> dict[str, Entry]:
    """What every kind of robot has of its joints."""
    each = named(joints, "a joint's name", Whole.MEAN_SIZE)
    return {
        "joint_position": Entry("rad", "angle of a joint", named(joints, "a joint's name")),
        "joint_offset": Entry("rad", "angle of a joint away from the home pose", each),
        "joint_limit_gap": Entry(
            "rad", "how far a joint is from its nearer limit",
            named(joints, "a joint's name", Whole.LEAST),
        ),
        "joint_velocity": Entry("rad/s", "velocity of a joint", each),
        "joint_acceleration": Entry("rad/s²", "acceleration of a joint", each),
        "joint_torque": Entry("N·m", "torque of a motor", each),
        "power": Entry(
            "W", "mechanical power of a motor: torque times velocity",
            named(joints, "a joint's name", Whole.SUM),
        ),
        "action": Entry("", "what the policy commands a joint", each),
        "previous_action": Entry("", "the action of the step before", each),
        "previous_previous_action": Entry("", "the action two steps before", each),
        "action_change": Entry(
            "", "change of the action since the step before: jerkiness", each
        ),
    }  # fmt: skip


def body_entries(bodies: tuple[str, ...], channels: tuple[str, ...]) -> dict[str, Entry]:
    """What every kind of robot has of its bodies and commands."""
    return {
        "body_position": Entry(
            "m", "position of a body in the world", in_space(bodies, "a body's name")
        ),
        "command": Entry(
            "", "what the found schedule asks the pretrained policy for",
            named(channels, "the name of a command"),
        ),
    }  # fmt: skip


def joint_speed() -> Entry:
    """How restless a robot is, of whatever kind."""
    return Entry("rad/s", "mean speed of all joints, without sign: restlessness")


def episode_time() -> Entry:
    """The clock."""
    return Entry("s", "time since the episode began")


def label(quantity: str, part: str | None = None, owners: Sequence[str] = ()) -> str:
    """The quantity in words: "elbow joint torque", "forward base linear velocity"."""
    words = quantity.replace("_", " ")
    if part is None:
        return words
    owner, _, axis = part.rpartition("_")
    if part in WORLD_AXES or part == "w":
        return f"{words} {part}"
    if axis in WORLD_AXES and owner in owners:
        return f"{owner} {words} {axis}"
    return f"{part} {words}"
