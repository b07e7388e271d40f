"""JSON objects in what a language model wrote, read the way they were meant.

Models that follow no schema write comments, trailing commas and single quotes, which JSON5 has, and
Python's words and triple quotes or JavaScript's backquotes, which are made JSON5's first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import json5
from pydantic import JsonValue

_MAX_CHARACTERS = 200_000  # characters
_MAX_LENIENT = 60_000  # characters; reading JSON5 takes time
_MAX_STARTS = 64
_MAX_LENIENT_STARTS = 8
_MAX_DEPTH = 4  # of wrappers around an answer
_THINK = r"(?:\w+:)?(?:think(?:ing)?|thoughts?|reasoning|reflection|analysis|scratchpad)"
_TAG = re.compile(
    rf"<(?P<end>/?){_THINK}\s*>|\[(?P<end2>/?)THINK\]|◁(?P<end3>/?)think▷", re.IGNORECASE
)
_FOREIGN = re.compile(
    r"""
      [rRfFuUbB]{0,2} (?P<quotes>\"{3}|'{3}|`) (?P<text>(?:\\.|(?!(?P=quotes)).)*) (?P=quotes)
    | \\. | "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | //[^\n]* | /\*.*?(?:\*/|\Z)
    | (?P<comment>\#[^\n]*)
    | \b (?P<word>True|False|None) \b
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_QUOTES = re.compile(r'\\.|["\n\r\t]', re.DOTALL)
_ESCAPES = {'"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LISTED = re.compile(r"[\s,\[\]]*")
_WORDS = {"True": "true", "False": "false", "None": "null"}

Object = dict[str, JsonValue]


class _Read(NamedTuple):
    """An object, and the text that comes after it."""

    found: Object
    rest: str


def attempts(text: str) -> list[list[Object]]:
    """The objects in an answer, outermost ones only, without those of its thoughts.

    Those with words between them are attempts of their own, others belong together.
    """
    found: list[list[Object]] = []
    for between, one in _objects(without_thoughts(text[:_MAX_CHARACTERS])):
        if not found or not _LISTED.fullmatch(between):
            found.append([])
        found[-1].append(one)
    return found


def without_thoughts(text: str) -> str:
    """The answer without what was thought before or after it.

    A server that opens the thoughts itself sends only their end. Thoughts that never end are kept:
    there is nothing else that could be the answer.
    """
    kept, begin, thinking = list[str](), 0, False
    for tag in _TAG.finditer(text):
        if any(tag.groups()):
            kept = kept if thinking else []
            begin, thinking = tag.end(), False
        elif not thinking:
            kept.append(text[begin : tag.start()])
            begin, thinking = tag.start(), True
    return "".join([*kept, text[begin:]])


def holding(node: JsonValue | Sequence[Object], key: str, depth: int = _MAX_DEPTH) -> list[Object]:
    """The objects that hold a key, in order, from within wrappers of any name."""
    if isinstance(node, dict) and key in node:
        return [node]
    if depth == 0 or not isinstance(node, dict | list):
        return []
    parts = node.values() if isinstance(node, dict) else node
    return [found for part in parts for found in holding(part, key, depth - 1)]


def unreadable(text: str) -> str | None:
    """Why an answer's first object cannot be read, and in which line; None if it can."""
    text = without_thoughts(text[:_MAX_CHARACTERS])
    start = text.find("{")
    if not text.strip():
        return "the answer is empty"
    if start < 0:
        return "there is no JSON object in it"
    try:
        json.JSONDecoder(strict=False).raw_decode(text, start)
    except json.JSONDecodeError as error:
        shown = text[start:].splitlines()
        row = error.lineno - 1 - text.count("\n", 0, start)
        line = shown[row] if 0 <= row < len(shown) else ""
        return f"{error.msg} in line {error.lineno}, column {error.colno}:\n    {line[:200]}"
    except (ValueError, RecursionError):
        return "its JSON cannot be read"
    return None


def _objects(text: str) -> Iterator[tuple[str, Object]]:
    """Objects in order, each with the text before it."""
    lenient, passed = _MAX_LENIENT_STARTS, ""
    for _ in range(_MAX_STARTS):
        start = text.find("{")
        if start < 0:
            return
        passed, text = passed + text[:start], text[start:]
        read = _strict(text)
        if read is None and lenient:
            lenient -= 1
            read = _as_json5(text)
        if read is None:
            passed, text = passed + text[0], text[1:]
        else:
            yield passed, read.found
            passed, text = "", read.rest


def _strict(text: str) -> _Read | None:
    decoder = json.JSONDecoder(strict=False)  # line breaks within strings are no fault
    try:
        found, end = decoder.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return _Read(found, text[end:]) if isinstance(found, dict) else None


def _as_json5(text: str) -> _Read | None:
    text = _FOREIGN.sub(_translated, text[:_MAX_LENIENT])
    try:
        found, fault, end = json5.parse(text, strict=False, consume_trailing=False)
    except (ValueError, RecursionError):
        return None
    return _Read(found, text[end:]) if fault is None and isinstance(found, dict) else None


def _translated(token: re.Match[str]) -> str:
    """What JSON5 has in place of a token of another language; its own tokens as they are."""
    if token["quotes"]:
        text = _IN_QUOTES.sub(lambda found: _ESCAPES.get(found[0], found[0]), token["text"])
        return f'"{text}"'
    if token["comment"]:
        return ""
    return _WORDS[token["word"]] if token["word"] else token[0]
