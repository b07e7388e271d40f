"""The messages for a language model: what to write, what went before, and what was wrong."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict

from tabrl.contracts.training import measured_words
from tabrl.robots import Robot
from tabrl_reward_worker.generation import History
from tabrl_reward_worker.llm.facts import facts, failures
from tabrl_reward_worker.llm.kind_words import Example, examples, kind_texts, kind_words
from tabrl_reward_worker.llm.provider import Message
from tabrl_reward_worker.llm.schema import LlmCandidate

_EDITION = 6
_FILES = ("prompt.md", "motion.md", "styles.toml")
_COUNTS = ("No", "One", "Two", "Three")
_CURVE_POINTS = 6
_MAX_ECHO = 30_000  # characters of an answer that goes back and is paid for again


class Style(BaseModel):
    """One way to say a wish as a reward."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    asks: str


@cache
def styles() -> tuple[Style, ...]:
    """The candidates to write, in order."""
    return tuple(Style.model_validate(entry) for entry in _toml("styles.toml")["style"])


@cache
def prompt_version() -> str:
    """The prompt's edition and a hash of its text: the same version means the same words."""
    texts = [*map(text_of, _FILES), *kind_texts()]
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    return f"{_EDITION}-{digest[:8]}"


def system_message(robot: Robot) -> Message:
    """What holds for every candidate; the same for all, so that providers can cache it."""
    known, shown = facts(robot), [_shown(example) for example in examples(robot)]
    words = kind_words(robot.embodiment).filled(known, robot)
    filled = Template(text_of("prompt.md")).substitute(
        known | words, count=counted(len(shown)), examples="\n\n".join(shown)
    )
    return {"role": "system", "content": filled}


def counted(examples: int) -> str:
    """The heading of so many worked examples."""
    return f"{_COUNTS[examples]} worked example{'' if examples == 1 else 's'}"


def opening(prompt: str, robot: Robot, style: Style, history: History | None) -> list[Message]:
    """The first messages for one candidate; the user's words are data at their end."""
    others = ", ".join(other.title.lower() for other in styles() if other is not style)
    own = Template(style.asks.strip()).substitute(kind_words(robot.embodiment).styles)
    asks = (
        f"{own}\nOther writers do the others ({others}) at the same time: use terms "
        "that they will not, and weigh them so that motions are ranked in another order."
    )
    if history is None:
        request = f"The sentence:\n{prompt}"
    else:
        request = f"{lineage(history, robot)}\n\nWhat the user says of this result:\n{prompt}"
    return [system_message(robot), {"role": "user", "content": f"{asks}\n\n{request}"}]


def repair(answer: str, fault: str) -> list[Message]:
    """Messages that send an answer back with what is wrong with it."""
    return [
        {"role": "assistant", "content": answer[:_MAX_ECHO] or "(nothing)"},
        {
            "role": "user",
            "content": f"This does not work:\n\n{fault}\n\nAnswer again with the whole, corrected "
            "JSON object.",
        },
    ]


def _shown(example: Example) -> str:
    answer = {"declined": False} | example.model_dump(mode="json", include=set(_ANSWER_KEYS))
    answer["code"] = example.code.strip() + "\n"
    return (
        f"The sentence: {example.sentence} ({example.style})\n"
        f"{json.dumps(answer, ensure_ascii=False)}"
    )


_ANSWER_KEYS = tuple(LlmCandidate.model_fields)


def lineage(history: History, robot: Robot, motion: str | None = None) -> str:
    """What was asked, written, learnt and measured so far; with a motion instead of its code."""
    learnt, what = f"```python\n{history.code.strip()}\n```", "reward"
    if motion is not None:
        learnt, what = motion, "motion"
    asked = "\n".join(f"{n}. {sentence}" for n, sentence in enumerate(history.sentences, start=1))
    parts = [
        "The robot has already learnt from an earlier reward, and the user wants it otherwise. "
        "Write for everything that was asked, as the last words change it; keep what worked. Make "
        "what is checked fit the new wish.",
        f"What was asked so far:\n{asked}",
        f"The {what} it learnt from: {history.name} ({history.idea})\n{learnt}\n"
        f"Its weights at the end: {json.dumps(dict(history.weights))}",
    ]
    if history.curves:
        lines = [f"- {term}: {_points(curve)}" for term, curve in history.curves.items() if curve]
        parts.append(
            "Each weighted term's mean a step, from the beginning to the end of learning:\n"
            + "\n".join(lines)
        )
    if history.checks:
        lines = [
            f"- {check.name}, target {check.target}: {measured_words(check.result)} "
            f"({'met' if check.passed else 'missed'}; before learning "
            f"{measured_words(check.base)}, by command alone {measured_words(check.program)})"
            for check in history.checks
        ]
        parts.append("The success checks:\n" + "\n".join(lines))
    if history.fall_rate_result is not None:
        before = f", before {history.fall_rate_base:.0%}" if history.fall_rate_base else ""
        rate = f"{history.fall_rate_result:.0%} of episodes{before}."
        parts += [f"{failure}: {rate}" for failure in failures(robot)]
    return "\n\n".join(parts)


def _points(curve: Sequence[float]) -> str:
    """A curve as a few numbers, first and last among them."""
    count = min(len(curve), _CURVE_POINTS)
    last = len(curve) - 1
    chosen = sorted({round(n * last / max(count - 1, 1)) for n in range(count)})
    return " → ".join(f"{curve[n]:.3g}" for n in chosen)


@cache
def text_of(name: str) -> str:
    """One of the prompt's own texts."""
    return files(__package__).joinpath(name).read_text("utf-8")


Toml: TypeAlias = dict[str, Any]  # a file's tables, of any form; models check them


def _toml(name: str) -> Toml:
    return tomllib.loads(text_of(name))
