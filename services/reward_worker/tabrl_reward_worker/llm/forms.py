"""Forms that all answers of language models have in common where they follow no schema."""

from __future__ import annotations

import re

from pydantic import BeforeValidator, JsonValue

_NOTHING = frozenset({"", "-", "na", "nil", "no", "none", "nothing", "null", "undefined", "false"})
_REMARKS = frozenset(
    {
        *("comment", "comments", "description", "explanation", "id", "idea", "index", "label"),
        *("name", "note", "notes", "number", "phase", "rationale", "reason", "reasoning"),
        *("step", "summary", "title", "why"),
    }
)


def is_nothing(value: object) -> bool:
    """Whether a value says that there is none, in JSON or in words; 0 is a value."""
    if isinstance(value, str):
        return re.sub(r"[\s./]", "", value).lower() in _NOTHING
    return value is None or value is False or value in ([], {})


def without_remarks(given: dict[str, JsonValue], *known: str) -> dict[str, JsonValue]:
    """An object without remarks beside what is `known` of it, and without what says nothing."""
    return {
        key: value
        for key, value in given.items()
        if (key in known and value is not None)
        or not (key.lower() in _REMARKS or is_nothing(value))
    }


def letters(text: str) -> str:
    """A name as it sounds: `Forward-speed`, `forwardSpeed` and `forward_speed` are the same."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def shortened(limit: int) -> BeforeValidator:
    """Cuts a text instead of refusing it: nobody needs to write it again for that."""
    return BeforeValidator(lambda text: text[:limit] if isinstance(text, str) else text)
