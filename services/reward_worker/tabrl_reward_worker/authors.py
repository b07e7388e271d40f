"""Authors: whoever turns a sentence into rewards that could be built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from tabrl.contracts.events import NoticeEvent
from tabrl.contracts.training import CheckResult
from tabrl.domain.errors import Invalid, Unavailable
from tabrl.domain.tasks import Dropped, LlmUsage
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot
from tabrl_reward_worker.building import Builder, BuiltDraft
from tabrl_reward_worker.composer import compose
from tabrl_reward_worker.composer.reflect import reflect
from tabrl_reward_worker.waiting import Halt, HaltedError, never


@dataclass(frozen=True)
class History:
    """What was asked, written and learnt before; the prompt that comes with it goes on from here.

    `sentences` are the user's, oldest first. `curves` hold each weighted term's mean per control
    step, one number per update. Checks and fall rates are empty until a training has ended.
    """

    sentences: tuple[str, ...]
    name: str
    idea: str
    code: str
    weights: Mapping[str, float]
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    checks: Sequence[CheckResult] = ()
    fall_rate_base: float | None = None
    fall_rate_result: float | None = None


@dataclass(frozen=True)
class Written:
    """What an author delivered: built drafts, its reading of the sentence, and what it took."""

    author: str
    drafts: Sequence[BuiltDraft]
    understood: list[str]
    not_understood: list[str]
    notices: list[NoticeEvent] = field(default_factory=list)
    usage: LlmUsage | None = None
    dropped: list[Dropped] = field(default_factory=list)


class NothingWrittenError(Unavailable):
    """An author that wrote no reward that works, with what it cost and what came of its drafts."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        usage: LlmUsage | None = None,
        dropped: Sequence[Dropped] = (),
    ) -> None:
        super().__init__(message, code=code)
        self.usage = usage
        self.dropped = list(dropped)


class NobodyUnderstoodError(Invalid):
    """Neither author could write a reward; keeps the reading, what it cost and what was dropped."""

    def __init__(self, refusal: Invalid, first: Unavailable) -> None:
        super().__init__(
            f"{first.message} The offline composer was asked instead. {refusal.message}",
            code=refusal.code,
            hint=refusal.hint,
        )
        self.understood: list[str] = getattr(refusal, "understood", [])
        self.not_understood: list[str] = getattr(refusal, "not_understood", [])
        self.usage, self.dropped = _account(first)


class Author(Protocol):
    """Writes rewards for a sentence."""

    def write(
        self, prompt: str, robot: Robot, history: History | None = None, halt: Halt = never
    ) -> Written:
        """Rewards for a sentence; with a history, for what it says of an earlier result.

        Raises `Invalid` (code `task_not_understood`), `Unavailable`, or, soon after a halt,
        `HaltedError` with what it cost.
        """
        ...


class ComposerAuthor:
    """The offline composer."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder

    def write(
        self, prompt: str, robot: Robot, history: History | None = None, halt: Halt = never
    ) -> Written:
        """Compose and build. Raises `Invalid` (code `task_not_understood`), or `Unavailable`."""
        if history is None:
            writing = compose(prompt, robot)
        else:
            writing = reflect(history.sentences, prompt, robot)
        built = []
        for outcome in self._builder.build(writing.drafts, robot, trusted=True, halt=halt):
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

    def write(
        self, prompt: str, robot: Robot, history: History | None = None, halt: Halt = never
    ) -> Written:
        """Raises what the second author raises, with what became of the first in its message."""
        try:
            return self._first.write(prompt, robot, history, halt)
        except Unavailable as error:
            first = error
        try:
            written = self._second.write(prompt, robot, history, halt)
        except HaltedError:
            raise HaltedError(_account(first)[0]) from None
        except Invalid as refusal:
            raise NobodyUnderstoodError(refusal, first) from None
        message = f"{first.message} The offline composer wrote these candidates."
        usage, dropped = _account(first)
        return replace(
            written,
            notices=[NoticeEvent(code=first.code, message=message), *written.notices],
            usage=usage,
            dropped=[*dropped, *written.dropped],
        )


def _account(error: Unavailable) -> tuple[LlmUsage | None, list[Dropped]]:
    if isinstance(error, NothingWrittenError):
        return error.usage, error.dropped
    return None, []
