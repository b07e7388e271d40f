"""The candidate in what a language model wrote, whatever prose and wrappers are around it."""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue, ValidationError

from tabrl_reward_worker.llm.forms import is_nothing
from tabrl_reward_worker.llm.lenient import Object, Written, holding, read
from tabrl_reward_worker.llm.schema import LlmCandidate

_MAX_FAULTS = 8
_KEYS = frozenset(LlmCandidate.model_fields) | {"declined", "candidates", "checks"}
_CODE = frozenset({"code"})
_WORDS = {  # for what pydantic says to those who know the schema
    "extra_forbidden": "there is no such field",
    "model_attributes_type": "give an object, as in the form",
    "string_pattern_mismatch": "a name has letters, digits and _ only",
    "too_long": "at most {max_length}, not {actual_length}",
    "union_tag_not_found": "it needs a kind",
}


class AnswerError(Exception):
    """An answer that holds no candidate; the message is for the model that wrote it."""


def read_answer(text: str, position: int = 0, cut_off: bool = False) -> LlmCandidate | None:
    """The candidate in an answer; None if the model declined the task.

    Args:
        text: of several attempts in it the last is meant.
        position: which to take, counted round, where a model gives several candidates at once.
        cut_off: whether the answer ran into the limit of its length.

    Raises:
        AnswerError: it holds none.
    """
    written = read(text, cut_off)
    if written.breaks(_CODE):
        raise AnswerError(written.fault())
    for attempt in reversed(written.attempts):
        several = holding(attempt, "code")
        if several:
            answer = several[position % len(several)]
            declined = any(declines(one) for one in (answer, *attempt))
            return None if declined else _candidate(answer)
    found = [one for attempt in written.attempts for one in attempt]
    if any(declines(one) or one.get("candidates") == [] for one in found):
        return None
    return _candidate(best_of(written, _KEYS))


def best_of(written: Written, keys: frozenset[str]) -> Object:
    """Of the objects in an answer the first with one of these keys, to say what it lacks.

    Raises `AnswerError` if there is none because the answer cannot be read.
    """
    found = [one for attempt in written.attempts for one in attempt]
    for one in found:
        if keys & one.keys():
            return one
    # What is broken is the answer where it has its keys, or where there is nothing else.
    fault = written.fault() if written.breaks(keys) or not written.broken else None
    if fault is not None or not found:
        raise AnswerError(fault or "there is no JSON object of that form in it")
    return found[0]


def declines(answer: Object) -> bool:
    """Whether a model says that it declines, or why."""
    declined = answer.get("declined")
    return not is_nothing(declined) and str(declined).lower() not in ("0", "false")


def in_words(error: ValidationError) -> str:
    """What is wrong with an answer, for its writer."""
    faults = error.errors(include_url=False, include_input=False)
    messages = [
        f"{'.'.join(str(place)[:40] for place in fault['loc']) or 'answer'}: {_in_words(fault)}"
        for fault in faults[:_MAX_FAULTS]
    ]
    return "; ".join(messages)


def _in_words(fault: Any) -> str:
    words = _WORDS.get(fault["type"])
    return words.format(**fault.get("ctx", {})) if words else str(fault["msg"])


def _candidate(answer: JsonValue) -> LlmCandidate:
    try:
        return LlmCandidate.model_validate(answer)
    except ValidationError as error:
        raise AnswerError(in_words(error)) from None
