"""The candidate in what a language model wrote, whatever prose and wrappers are around it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue, ValidationError

from tabrl_reward_worker.llm.lenient import Object, attempts, holding, unreadable
from tabrl_reward_worker.llm.schema import LlmCandidate

_MAX_FAULTS = 8
_KEYS = frozenset(LlmCandidate.model_fields) | {"declined", "candidates", "checks"}


class AnswerError(Exception):
    """An answer that holds no candidate; the message is for the model that wrote it."""


def read_answer(text: str, position: int = 0) -> LlmCandidate | None:
    """The candidate in an answer; None if the model declined the task.

    Of several attempts the last is meant. Some models give a list of several candidates whatever
    they are asked; of these the one at `position` (counted round) is taken. Raises `AnswerError`.
    """
    written = attempts(text)
    for attempt in reversed(written):
        several = holding(attempt, "code")
        if several:
            answer = several[position % len(several)]
            declined = any(declines(one) for one in (answer, *attempt))
            return None if declined else _candidate(answer)
    found = [one for attempt in written for one in attempt]
    if any(declines(one) or one.get("candidates") == [] for one in found):
        return None
    return _candidate(best_of(found, _KEYS, text))


def best_of(found: Sequence[Object], keys: frozenset[str], text: str) -> Object:
    """Of the objects in a text the first with one of these keys, to say what it lacks.

    Raises `AnswerError` if there is none because the text cannot be read.
    """
    for one in found:
        if keys & one.keys():
            return one
    fault = unreadable(text)
    if fault is not None or not found:
        raise AnswerError(fault or "there is no JSON object in it")
    return found[0]


def declines(answer: Object) -> bool:
    """Whether a model says that it declines."""
    return str(answer.get("declined")).lower() == "true"


def in_words(error: ValidationError) -> str:
    """What is wrong with an answer, for its writer."""
    faults = error.errors(include_url=False, include_input=False)
    messages = [
        f"{'.'.join(str(place)[:40] for place in fault['loc']) or 'answer'}: {fault['msg']}"
        for fault in faults[:_MAX_FAULTS]
    ]
    return "; ".join(messages)


def _candidate(answer: JsonValue) -> LlmCandidate:
    try:
        return LlmCandidate.model_validate(answer)
    except ValidationError as error:
        raise AnswerError(in_words(error)) from None
