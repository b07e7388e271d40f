"""What words mean in numbers, and the limits of what the robot can do."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

Table = dict[str, float]


@cache
def abilities() -> dict[str, Table]:
    """The table from words to numbers."""
    return tomllib.loads(files(__package__).joinpath("abilities.toml").read_text("utf-8"))
