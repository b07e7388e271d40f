"""Sentences and what each must come to, from `sentences.toml`. Used by its tests."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

_TABLE = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text("utf-8"))

# sentence -> fields of the goal, "phases" and "not_understood"
EVERY: dict[str, dict[str, Any]] = {
    sentence: expected
    for topic in _TABLE["understood"].values()
    for sentence, expected in topic.items()
}
# sentence -> a part of the message
DECLINED: dict[str, str] = {
    sentence: message
    for topic in _TABLE["declined"].values()
    for sentence, message in topic.items()
}


def _first_of_each(sequences: bool) -> dict[str, dict[str, Any]]:
    """One sentence for each goal, for tests that are about goals and not about words."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for sentence, expected in EVERY.items():
        if ("phases" in expected) is sequences:
            goal = {name: value for name, value in expected.items() if name != "not_understood"}
            found.setdefault(str(goal), (sentence, expected))
    return dict(found.values())


UNDERSTOOD = _first_of_each(sequences=False)
SEQUENCES = _first_of_each(sequences=True)
