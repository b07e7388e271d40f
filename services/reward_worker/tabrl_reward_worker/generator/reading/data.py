"""The data files of this folder."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any


def source_of(name: str) -> str:
    """A file beside this one."""
    return files(__package__).joinpath(name).read_text("utf-8")


def table_of(name: str) -> dict[str, Any]:
    """A file beside this one, read."""
    return tomllib.loads(source_of(name))
