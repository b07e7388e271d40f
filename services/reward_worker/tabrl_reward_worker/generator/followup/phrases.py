"""The phrases of follow-ups: comparisons, what they are about, and what says nothing."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _all_phrases() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(files(__package__).joinpath("comparisons.toml").read_text("utf-8"))


@cache
def phrases(kind: str) -> dict[str, dict[str, Any]]:
    """The entries of a kind by phrase, the longest first."""
    pairs = [(phrase, entry) for entry in _all_phrases()[kind] for phrase in entry["words"]]
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))


def find_phrase(kind: str, text: str) -> tuple[str, dict[str, Any]] | None:
    """The longest phrase of a kind in a text."""
    for phrase, entry in phrases(kind).items():
        if re.search(rf"\b{re.escape(phrase)}\b", text):
            return phrase, entry
    return None
