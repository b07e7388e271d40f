"""The phrases of follow-ups, which are data: comparisons, what people see, what says nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from tabrl_reward_worker.generator.reading.data import table_of

Entry = Mapping[str, Any]


def table(kind: str) -> Any:
    """What the files say of a kind."""
    files = (table_of(f"{name}.toml", __package__) for name in ("comparisons", "complaints"))
    return next(file[kind] for file in files if kind in file)


@cache
def phrases(kind: str) -> Mapping[str, Entry]:
    """The entries of a kind by phrase, the longest first."""
    pairs = [(phrase, entry) for entry in table(kind) for phrase in entry["words"]]
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))


def find_phrase(kind: str, text: str) -> tuple[str, Entry] | None:
    """The longest phrase of a kind in a text."""
    for phrase, entry in phrases(kind).items():
        if re.search(rf"\b{re.escape(phrase)}\b", text):
            return phrase, entry
    return None


@cache
def patterns(kind: str) -> Sequence[tuple[re.Pattern[str], Entry]]:
    """The entries of a kind with any of their patterns, as whole words."""
    found = []
    for entry in table(kind):
        words = [re.sub(" +", r"\\s*", word.strip()) for word in entry["words"]]
        found.append((re.compile(rf"(?<![\w'])(?:{'|'.join(words)})(?![\w'])"), entry))
    return found


def begins(kind: str, text: str) -> tuple[str, Entry] | None:
    """What follows one of the patterns that a text begins with, and its entry."""
    tried = ((pattern.match(text), entry) for pattern, entry in patterns(kind))
    return next(((text[found.end() :].strip(), entry) for found, entry in tried if found), None)


def holds(kind: str, text: str) -> Entry | None:
    """The entry of a pattern that a text has anywhere."""
    return next((entry for pattern, entry in patterns(kind) if pattern.search(text)), None)
