"""How far a robot is behind the moves of its dances, as measured of its pretrained policy.

A file in the robot's folder, which `make bench-music` writes; robots without one are taken to be on
time.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import RootModel, ValidationError

from tabrl.contracts.driving import Lag
from tabrl.domain.errors import Invalid
from tabrl.robots.registry import robot_folder

LAGS = "lags.json"


class _Lags(RootModel[dict[str, tuple[Lag, ...]]]):
    """By the names of moves."""


def lags_of(robot_id: str) -> dict[str, tuple[Lag, ...]]:
    """By the names of moves; nothing where nobody measured.

    Raises `NotFound` for an unknown robot, or `Invalid` (code `bad_robot`) for a wrong file.
    """
    file = robot_folder(robot_id).joinpath(LAGS)
    if not file.is_file():
        return {}
    try:
        return _Lags.model_validate_json(file.read_text("utf-8")).root
    except ValidationError as error:
        raise Invalid(f"{LAGS} of {robot_id} cannot be read", code="bad_robot") from error


def store_lags(lags: dict[str, tuple[Lag, ...]], path: Path) -> None:
    """Write the file. Raises `OSError`."""
    path.write_text(_Lags(lags).model_dump_json() + "\n")
