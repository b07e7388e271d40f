"""The motions in what a language model wrote, and what it says of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError

from tabrl.robots import Robot
from tabrl_reward_worker.llm.answers import AnswerError, best_of, declines, in_words
from tabrl_reward_worker.llm.forms import is_nothing
from tabrl_reward_worker.llm.lenient import Object, holding, read, unpacked
from tabrl_reward_worker.llm.motions.forms import plain_motion, vocabulary_of
from tabrl_reward_worker.llm.motions.schema import MAX_MOTIONS, LlmMotion
from tabrl_reward_worker.llm.motions.units import UnitError
from tabrl_reward_worker.llm.schema import one_line

_KEYS = frozenset({"motions", "motion", "phases", "unsaid", "declined"})
_MOTIONS = frozenset({"motions", "motion", "phases"})
_WITHIN = ("phases", "targets", "gait", "until", "repeat")
_ONE = ("motion", "phases")  # of which a motion has one
_MAX_REASON = 160  # characters
_ALL_IS_SAID = re.compile(r"(?:nothing|none)(?: (?:else|is|left|missing|more|out|unsaid|was))*\.?")
_NONE = "motions is empty: give two or three, or say in `unsaid` what a motion cannot say"


@dataclass(frozen=True)
class Unread:
    """A motion that is not of the form asked for; the fault is for whoever wrote it."""

    name: str
    fault: str


@dataclass(frozen=True)
class MotionAnswer:
    """What a model answered; `unsaid` is empty where its motions say all that is asked for."""

    motions: Sequence[LlmMotion | Unread]
    unsaid: str = ""
    declined: bool = False


def read_motions(text: str, robot: Robot, cut_off: bool = False) -> MotionAnswer:
    """The motions in an answer, of this robot; of several attempts in it the last is meant.

    Raises `AnswerError`; `cut_off` as in `read_answer`.
    """
    written = read(text, cut_off)
    if written.breaks(_MOTIONS):
        raise AnswerError(written.fault())
    for attempt in reversed(_grouped(written.attempts)):
        answer = _answer(attempt, robot)
        if answer is not None:
            return answer
    best_of(written, _KEYS)
    raise AnswerError(_NONE)


def _grouped(attempts: Sequence[list[Object]]) -> list[list[Object]]:
    """The attempts, those that are one motion each, under another name, taken together."""
    groups, names = list[list[Object]](), set[str]()
    for attempt in attempts:
        own = {str(one.get("name")) for one in _singles(attempt)}
        if own and names and not own & names:
            groups[-1] += attempt
            names |= own
        else:
            groups.append(list(attempt))
            names = own
    return groups


def _singles(attempt: list[Object]) -> list[Object]:
    """The motions of an attempt that is no list of them."""
    if holding(attempt, "motions"):
        return []
    return holding(attempt, _ONE[0]) or holding(attempt, _ONE[1])


def _answer(attempt: list[Object], robot: Robot) -> MotionAnswer | None:
    """What an attempt says, in one object or several; None if nothing."""
    given = _given(attempt)
    declined = any(declines(one) for one in holding(attempt, "declined"))
    single = [one for one in given if isinstance(one, dict) and "unsaid" in one]
    unsaid = _unsaid([one["unsaid"] for one in (*holding(attempt, "unsaid"), *single)])
    if declined and given:
        raise AnswerError("declined is true, but there are motions: give one or the other")
    if not (declined or given or unsaid):
        return None
    motions = [_motion(one, n, robot) for n, one in enumerate(given[:MAX_MOTIONS], 1)]
    return MotionAnswer(motions, "" if declined else unsaid, declined)


def _given(attempt: list[Object]) -> list[JsonValue]:
    """All motions in an attempt, as they were written."""
    answers = holding(attempt, "motions")
    for key in _WITHIN:
        if any(not is_nothing(one.get(key)) for one in answers):
            raise AnswerError(f"{key} stands beside the motions: say it within each of them")
    lists = [unpacked(one["motions"]) for one in answers]
    return [*_singles(attempt), *(motion for given in lists for motion in _listed(given))]


def _listed(given: JsonValue) -> list[JsonValue]:
    if isinstance(given, dict):
        return [given] if given.keys() & set(_ONE) else [*given.values()]
    if not (isinstance(given, list) or is_nothing(given)):
        raise AnswerError("motions: give a list of two or three")
    return given if isinstance(given, list) else []


def _unsaid(given: Sequence[JsonValue]) -> str:
    """What the motions leave out, on one line. Raises `AnswerError` if it is no text."""
    reasons = [reason for value in given for reason in _reasons(value)]
    return "; ".join(dict.fromkeys(reasons))[:_MAX_REASON]


def _reasons(value: JsonValue) -> list[str]:
    if isinstance(value, list | dict):
        parts = value.values() if isinstance(value, dict) else value
        return [reason for part in parts for reason in _reasons(part)]
    if is_nothing(value):
        return []
    if not isinstance(value, str):
        raise AnswerError("unsaid: say in a few words what is missing, or nothing")
    reason = one_line(value)
    return [] if _ALL_IS_SAID.fullmatch(reason.lower()) else [reason]


def _motion(given: JsonValue, number: int, robot: Robot) -> LlmMotion | Unread:
    name = given.get("name") if isinstance(given, dict) else None
    shown = one_line(name)[:60] if isinstance(name, str) else ""
    try:
        return LlmMotion.model_validate(plain_motion(given, vocabulary_of(robot), number))
    except UnitError as error:
        fault = str(error)
    except ValidationError as error:
        fault = in_words(error)
    return Unread(shown or f"Motion {number}", fault)
