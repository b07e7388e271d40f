"""Reading what a language model wrote: JSON, with or without prose, fences and lists around it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pydantic import JsonValue, ValidationError

from tabrl_reward_worker.llm.schema import LlmCandidate

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_MAX_CHARACTERS = 200_000  # characters
_MAX_STARTS = 64
_MAX_FAULTS = 8
_KEYS = frozenset(LlmCandidate.model_fields) | {"declined", "candidates", "checks"}


class AnswerError(Exception):
    """An answer that holds no candidate; the message is for the model that wrote it."""


def read_answer(text: str, position: int = 0) -> LlmCandidate | None:
    """The candidate in an answer; None if the model declined the task.

    Some models give a list of several whatever they are asked; of these the one at `position`
    (counted round) is taken. Raises `AnswerError`.
    """
    found = _answer(text[:_MAX_CHARACTERS])
    answer: JsonValue = found
    if "candidates" in found:
        candidates = found["candidates"]
        if not isinstance(candidates, list):
            raise AnswerError("candidates: give one candidate, not a list of them")
        if not candidates:
            return None
        answer = candidates[position % len(candidates)]
    if isinstance(answer, dict) and answer.get("declined") is True:
        return None
    try:
        return LlmCandidate.model_validate(answer)
    except ValidationError as error:
        raise AnswerError(_in_words(error)) from None


def _answer(text: str) -> dict[str, JsonValue]:
    """The first JSON object that looks like an answer, else the first object."""
    first: dict[str, JsonValue] | None = None
    for found in _objects(_THOUGHTS.sub("", text)):
        if _KEYS & found.keys():
            return found
        first = found if first is None else first
    if first is None:
        raise AnswerError(_no_json(text))
    return first


def _objects(text: str) -> Iterator[dict[str, JsonValue]]:
    decoder = json.JSONDecoder(strict=False)  # line breaks within strings are no fault
    start = text.find("{")
    for _ in range(_MAX_STARTS):
        if start < 0:
            return
        try:
            found, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            if isinstance(found, dict):
                yield found
        start = text.find("{", end)


def _no_json(text: str) -> str:
    if not text.strip():
        return "the answer is empty"
    start = text.find("{")
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
        pass
    return "its JSON cannot be read"


def _in_words(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False)
    messages = [
        f"{'.'.join(str(place)[:40] for place in fault['loc']) or 'answer'}: {fault['msg']}"
        for fault in faults[:_MAX_FAULTS]
    ]
    return "; ".join(messages)
