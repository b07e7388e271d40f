"""The data files of this folder."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table_of(name: str) -> Mapping[str, Any]:
    """What a file beside this one says."""
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))
