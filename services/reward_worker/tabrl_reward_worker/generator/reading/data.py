"""Data files of this folder and others."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table_of(name: str, package: str = __package__) -> Mapping[str, Any]:
    """What a file says that is beside this one, or in another package."""
    return tomllib.loads(files(package).joinpath(name).read_text("utf-8"))
