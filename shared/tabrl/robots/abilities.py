"""How far a robot was seen to go: commands that its pretrained policy follows, and what is learnt.

A file in the robot's folder, or among its pretrained policy's there. `tabrl-train-base` writes what
the model card reached, the task suite what fine-tuning adds.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, model_validator

from tabrl.domain.errors import Invalid
from tabrl.robots.registry import robot_folder

ABILITIES = "abilities.json"
_PLACES = (ABILITIES, f"pretrained/{ABILITIES}")

Span = tuple[float, float]


class Abilities(BaseModel):
    """Ranges by the names of the command channels, in their units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    commanded: dict[str, Span] = {}
    learnt: dict[str, Span] = {}

    @model_validator(mode="after")
    def _ordered(self) -> Abilities:
        for name, (low, high) in (*self.commanded.items(), *self.learnt.items()):
            if low > high:
                raise ValueError(f"{name}: {low:g} is above {high:g}")
        return self

    def reach(self, channel: str) -> Span | None:
        """From where to where a channel can go, either way; None if nobody measured it."""
        spans = [span[channel] for span in (self.commanded, self.learnt) if channel in span]
        return widest(spans) if spans else None


def widest(spans: Iterable[Span]) -> Span:
    """From the lowest to the highest of some spans."""
    lows, highs = zip(*spans, strict=True)
    return min(lows), max(highs)


def abilities_of(robot_id: str) -> Abilities | None:
    """What was measured of a robot; None if nothing was.

    Raises `NotFound` for an unknown robot, or `Invalid` (code `bad_robot`) for a wrong file.
    """
    file = _file(robot_id)
    if file is None:
        return None
    try:
        return Abilities.model_validate_json(file.read_text("utf-8"))
    except ValueError as error:
        message = f"{ABILITIES} of {robot_id} cannot be read"
        raise Invalid(message, code="bad_robot") from error


def store_abilities(abilities: Abilities, path: Path) -> None:
    """Write the file. Raises `OSError`."""
    path.write_text(abilities.model_dump_json(indent=1) + "\n")


def abilities_path(robot_id: str) -> Path | None:
    """Where the robot's file is, or would be; None for a robot in no folder of this machine."""
    file, folder = _file(robot_id), robot_folder(robot_id)
    place = folder.joinpath(ABILITIES) if file is None else file
    return place if isinstance(place, Path) else None


def _file(robot_id: str) -> Traversable | None:
    folder = robot_folder(robot_id)
    return next((file for place in _PLACES if (file := folder.joinpath(place)).is_file()), None)
