"""JSON objects in what a language model wrote, read the way they were meant.

Models that follow no schema write comments, trailing commas and single quotes, which JSON5 has, and
Python's words and triple quotes, JavaScript's backquotes or a typesetter's quotes, which are made
JSON5's first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import json5
from pydantic import JsonValue

from tabrl_reward_worker.llm.thoughts import without_thoughts

_MAX_CHARACTERS = 200_000  # characters
_MAX_LENIENT = 60_000  # characters; reading JSON5 takes time
_MAX_STARTS = 64
_MAX_LENIENT_STARTS = 8
_MAX_DEPTH = 4  # of wrappers around an answer
_START = re.compile(r"\{(?=\s*(?:[\"'“”`}]|//|/\*|\#|\w+\s*:))")
_NESTED = re.compile(r'\\.|"(?:[^"\\]|\\.)*+"|[{}\[\]]', re.DOTALL)
_FOREIGN = re.compile(
    r"""
      [rRfFuUbB]{0,2} (?P<quotes>\"{3}|'{3}|`) (?P<text>(?:\\.|(?!(?P=quotes)).)*) (?P=quotes)
    | [“”„] (?P<typeset>[^“”]*) [“”]
    | \\. | "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | //[^\n]* | /\*.*?(?:\*/|\Z)
    | (?P<comment>\#[^\n]*)
    | \b (?P<word>True|False|None) \b
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_QUOTES = re.compile(r'\\.|["\n\r\t]', re.DOTALL)
_ESCAPES = {'"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LISTED = re.compile(r"[\s,\[\]]*")
_PROSE = re.compile(r"(?<!`)\b[^\W\d_]{2,}")  # but the name of a fenced block's language
_WORDS = {"True": "true", "False": "false", "None": "null"}

Object = dict[str, JsonValue]


class _Read(NamedTuple):
    """An object, and the text that comes after it."""

    found: Object
    rest: str


class _Place(NamedTuple):
    """An object where one begins, the text before it, and the text from there on.

    `found` is None if it cannot be read.
    """

    between: str
    found: Object | None
    text: str


@dataclass(frozen=True)
class Written:
    """The objects in an answer, outermost ones only, without those of its thoughts.

    Those with words between them are `attempts` of their own, others belong together. `broken` is
    the text from the last object on, if that cannot be read.
    """

    text: str
    attempts: list[list[Object]]
    broken: str = ""

    def breaks(self, keys: frozenset[str]) -> bool:
        """Whether what cannot be read in the end has one of these keys: the answer's own."""
        own = self.broken[: _end_of(self.broken)]
        return any(re.search(rf"\b{key}[\"'“”`]?\s*:", own) for key in keys)

    def fault(self) -> str | None:
        """Why the answer cannot be read, and in which line; None if nothing in it is broken."""
        if self.broken:
            return _unreadable(self.text, self.broken) or "its JSON cannot be read"
        return None if self.attempts else _unreadable(self.text, "")


def read(text: str, cut_off: bool = False) -> Written:
    """The objects in an answer; in one that was `cut_off` none that may be only a draft of it."""
    text = without_thoughts(_unquoted(text[:_MAX_CHARACTERS]), cut_off)
    attempts, broken, rest = list[list[Object]](), "", text
    for place in _places(text):
        if place.found is None:
            broken = place.text
            continue
        if not attempts or broken or not _LISTED.fullmatch(place.between):
            attempts.append([])
        attempts[-1].append(place.found)
        broken, rest = "", place.text
    if cut_off and attempts and (broken or _is_amid_words(text, rest)):
        attempts = []
    return Written(text, attempts, broken)


def holding(node: JsonValue | Sequence[Object], key: str, depth: int = _MAX_DEPTH) -> list[Object]:
    """The objects that hold a key, in order, from within wrappers of any name."""
    node = unpacked(node) if isinstance(node, str) else node
    if isinstance(node, dict) and key in node:
        return [node]
    if depth == 0 or not isinstance(node, dict | list):
        return []
    parts = node.values() if isinstance(node, dict) else node
    return [found for part in parts for found in holding(part, key, depth - 1)]


def unpacked(value: JsonValue) -> JsonValue:
    """What a text says that is itself JSON; anything else as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        found: JsonValue = json.loads(value, strict=False)
    except (ValueError, RecursionError):
        return value
    return found


def _unquoted(text: str) -> str:
    """The answer, if the whole of it was written as one JSON string."""
    if not text.strip().startswith('"{'):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, str) else text


def _is_amid_words(text: str, rest: str) -> bool:
    """Whether there are words before the first object and after the last one."""
    start = _START.search(text)
    return bool(start and _PROSE.search(text[: start.start()]) and _PROSE.search(rest))


def _unreadable(text: str, broken: str) -> str | None:
    if not text.strip():
        return "the answer is empty"
    text = text if text.endswith(broken) else broken
    start = len(text) - len(broken) if broken else text.find("{")
    if start < 0:
        return "there is no JSON object in it"
    try:
        _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        shown = text[start:].splitlines()
        row = error.lineno - 1 - text.count("\n", 0, start)
        line = shown[row] if 0 <= row < len(shown) else ""
        return f"{error.msg} in line {error.lineno}, column {error.colno}:\n    {line[:200]}"
    except ValueError as error:
        return f"its JSON cannot be read: {error}"
    except RecursionError:
        return "its JSON cannot be read"
    return None


def _places(text: str) -> Iterator[_Place]:
    """Objects in order. What is within one that cannot be read is none of its own."""
    lenient, passed = _MAX_LENIENT_STARTS, ""
    for _ in range(_MAX_STARTS):
        start = _START.search(text)
        if start is None:
            return
        passed, text = passed + text[: start.start()], text[start.start() :]
        found = _strict(text)
        if found is None and lenient:
            lenient -= 1
            found = _as_json5(text)
        if found is None:
            yield _Place(passed, None, text)
            found = _Read({}, text[_end_of(text) :])
        else:
            yield _Place(passed, found.found, found.rest)
        passed, text = "", found.rest


def _end_of(text: str) -> int:
    """Where the object at the begin of a text ends, by its brackets; with the text if nowhere."""
    depth = 0
    for token in _NESTED.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        if depth <= 0:
            return token.end()
    return len(text)


def _once(pairs: list[tuple[str, JsonValue]]) -> Object:
    """An object whose names are its own: of two values for one name none can be the right one."""
    found = dict(pairs)
    for name, value in pairs:
        if found[name] != value:
            raise ValueError(f'"{name[:40]}" is given twice')
    return found


_DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_once)
"""Line breaks within strings are no fault."""


def _strict(text: str) -> _Read | None:
    try:
        found, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return _Read(found, text[end:]) if isinstance(found, dict) else None


def _as_json5(text: str) -> _Read | None:
    text = _FOREIGN.sub(_translated, text[:_MAX_LENIENT])
    try:
        found, fault, end = json5.parse(
            text, strict=False, allow_duplicate_keys=False, consume_trailing=False
        )
    except (ValueError, RecursionError):
        return None
    return _Read(found, text[end:]) if fault is None and isinstance(found, dict) else None


def _translated(token: re.Match[str]) -> str:
    """What JSON5 has in place of a token of another language; its own tokens as they are."""
    text = token["text"] if token["quotes"] else token["typeset"]
    if text is not None:
        return f'"{_IN_QUOTES.sub(lambda found: _ESCAPES.get(found[0], found[0]), text)}"'
    if token["comment"]:
        return ""
    return _WORDS[token["word"]] if token["word"] else token[0]
