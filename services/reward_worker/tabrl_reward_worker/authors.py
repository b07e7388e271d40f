"""Authors: whoever turns a sentence into rewards that could be built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tabrl.contracts.events import NoticeEvent
from tabrl.domain.errors import Invalid, Unavailable
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot
from tabrl_reward_worker.building import Builder, BuiltDraft
from tabrl_reward_worker.composer import compose


@dataclass(frozen=True)
class Written:
    """What an author delivered: built drafts, its reading of the sentence, and notices."""

    author: str
    drafts: Sequence[BuiltDraft]
    understood: list[str]
    not_understood: list[str]
    notices: list[NoticeEvent] = field(default_factory=list)


class Author(Protocol):
    """Writes rewards for a sentence."""

    def write(self, prompt: str, robot: Robot) -> Written:
        """Raises `Invalid` (code `task_not_understood`), or `Unavailable`."""
        ...


class ComposerAuthor:
    """The offline composer."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder

    def write(self, prompt: str, robot: Robot) -> Written:
        """Compose and build. Raises `Invalid` (code `task_not_understood`), or `Unavailable`."""
        writing = compose(prompt, robot)
        built = []
        for outcome in self._builder.build(writing.drafts, robot):
            if isinstance(outcome, RewardError):
                if outcome.code in ("reward_timeout", "reward_crashed"):
                    message = "The reward builder was too slow; the task will be tried again."
                    raise Unavailable(message, code="jail_overloaded")
                raise outcome  # a template of ours is broken: fail loudly
            built.append(outcome)
        return Written(writing.author, built, writing.understood, writing.not_understood)


class FallbackAuthor:
    """A language model first; the composer when it does not answer or writes nothing that works."""

    def __init__(self, first: Author, second: Author) -> None:
        self._first = first
        self._second = second

    def write(self, prompt: str, robot: Robot) -> Written:
        """Raises what the second author raises."""
        try:
            return self._first.write(prompt, robot)
        except Unavailable as error:
            code, reason = error.code, error.message
        try:
            written = self._second.write(prompt, robot)
        except Invalid as error:
            error.message = f"{reason} The offline composer was asked instead. {error.message}"
            raise
        message = f"{reason} The offline composer wrote these candidates."
        notice = NoticeEvent(code=code, message=message)
        return Written(
            written.author,
            written.drafts,
            written.understood,
            written.not_understood,
            [notice, *written.notices],
        )
