"""The author: several candidates side by side, each built, examined and repaired on its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tabrl.contracts.checks import episode_s, fault_of
from tabrl.contracts.events import NoticeEvent
from tabrl.domain.errors import Unavailable
from tabrl.domain.tasks import Dropped, LlmUsage
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot
from tabrl_reward_worker.authors import History, NothingWrittenError, Written
from tabrl_reward_worker.building import Builder, BuiltDraft
from tabrl_reward_worker.drafts import Draft
from tabrl_reward_worker.llm.answers import AnswerError, read_answer
from tabrl_reward_worker.llm.client import LitellmProvider, LlmOptions
from tabrl_reward_worker.llm.conversation import Bill, Clock, Conversation
from tabrl_reward_worker.llm.prompt import Style, opening, prompt_version, repair, styles
from tabrl_reward_worker.llm.provider import CallFailedError, Provider
from tabrl_reward_worker.waiting import Halt, HaltedError, never, side_by_side

REPAIR_TURNS = 2

Validate = Callable[[BuiltDraft, Robot], BuiltDraft]
"""Tries a built draft: the same with its proof, whose failures it must not be offered for."""


@dataclass(frozen=True)
class _Fault:
    """What is wrong with an answer: for its writer, and for the user (without any source)."""

    code: str
    for_writer: str
    for_user: str


class LlmAuthor:
    """Writes rewards with a language model."""

    def __init__(
        self,
        options: LlmOptions,
        builder: Builder,
        provider: Provider | None = None,
        validate: Validate | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._options = options
        self._builder = builder
        self._provider = provider or LitellmProvider(options)
        self._validate = validate
        self._clock = clock or Clock()

    def write(
        self, prompt: str, robot: Robot, history: History | None = None, halt: Halt = never
    ) -> Written:
        """One candidate of each style that works.

        Raises `NothingWrittenError` (codes `llm_unavailable`, `llm_no_reward`, `llm_declined`, or
        why nothing can be built), and `HaltedError` with what was spent until then.
        """
        started = self._clock.now()
        bill = Bill()

        def one(place: int) -> BuiltDraft | Dropped:
            style = styles()[place]
            talk = Conversation(
                self._options,
                self._provider,
                bill,
                started + self._options.deadline_s,
                self._clock,
                halt,
            )
            messages = opening(prompt, robot, style, history)
            return _Writer(self._builder, self._validate, talk, robot, style, place).write(messages)

        models = [self._options.model, *self._options.fallbacks]

        def account() -> LlmUsage:
            return bill.usage(models, prompt_version(), self._clock.now() - started)

        try:
            outcomes = side_by_side(one, range(len(styles())), halt, len(styles()))
        except HaltedError:
            raise HaltedError(account()) from None
        except Unavailable as error:  # nothing can be built here, whoever wrote it
            raise NothingWrittenError(error.message, code=error.code, usage=account()) from None
        built = [outcome for outcome in outcomes if isinstance(outcome, BuiltDraft)]
        dropped = [outcome for outcome in outcomes if isinstance(outcome, Dropped)]
        usage = account()
        if not built:
            code, message = _why_nothing(dropped)
            raise NothingWrittenError(message, code=code, usage=usage, dropped=dropped)
        return Written(
            author=f"llm:{usage.model}",
            drafts=_named_apart(built),
            understood=[],
            not_understood=[],
            notices=_notices(dropped),
            usage=usage,
            dropped=dropped,
        )


@dataclass
class _Writer:
    """One candidate's way from the opening to a draft that works, or to being dropped."""

    builder: Builder
    validate: Validate | None
    talk: Conversation
    robot: Robot
    style: Style
    place: int

    def write(self, messages: list[dict[str, str]]) -> BuiltDraft | Dropped:
        """Raises `Unavailable` where rewards cannot be built at all."""
        fault: _Fault | None = None
        for _ in range(1 + REPAIR_TURNS):
            try:
                reply = self.talk.ask(messages)
            except CallFailedError as error:
                return self._gone(error, fault)
            if reply.refused:
                return self._dropped("llm_refused", "The language model refused to write it.")
            outcome = self._examined(reply.text)
            if isinstance(outcome, BuiltDraft):
                return outcome
            if outcome is None:
                return self._dropped(
                    "llm_declined", "The language model found that the robot cannot do this."
                )
            if reply.cut_off and outcome.code == "llm_bad_answer":
                hint = "Your answer was cut off: be much shorter."
                outcome = replace(outcome, for_writer=f"{hint}\n{outcome.for_writer}")
            fault = outcome
            messages = [*messages, *repair(reply.text, fault.for_writer)]
        assert fault is not None
        return self._dropped(fault.code, fault.for_user)

    def _examined(self, text: str) -> BuiltDraft | _Fault | None:
        """The answer built, or what is wrong with it; None if the model declined."""
        try:
            candidate = read_answer(text, self.place)
        except AnswerError as error:
            return _Fault(
                "llm_bad_answer",
                f"The answer is not the JSON that was asked for: {error}",
                "Its answer was not in the form that was asked for.",
            )
        if candidate is None:
            return None
        draft = candidate.draft()
        return self._check_fault(draft) or self._built(draft)

    def _check_fault(self, draft: Draft) -> _Fault | None:
        lasts_s = episode_s(draft.phases_s, draft.checks)
        for check in draft.checks:
            reason = fault_of(check, self.robot, lasts_s)
            if reason is not None:
                for_user = "One of its success checks cannot be measured on this robot."
                return _Fault("llm_bad_check", f"success_checks, {check.id}: {reason}", for_user)
        return None

    def _built(self, draft: Draft) -> BuiltDraft | _Fault:
        (result,) = self.builder.build([draft], self.robot)
        if isinstance(result, RewardError):
            return _Fault(result.code, result.for_author(), result.message)
        if set(draft.weights) != set(result.reward.terms):
            detail = (
                f"`weights` names {sorted(draft.weights)}, but the reward returns the terms "
                f"{list(result.reward.terms)}"
            )
            for_user = "Its weights do not belong to its terms."
            return _Fault("llm_weights_mismatch", detail, for_user)
        tried = self.validate(result, self.robot) if self.validate else result
        if tried.proof is not None and tried.proof.report.failures:
            failures = [finding.message for finding in tried.proof.report.failures]
            detail = "The reward was tried on recorded motion.\n" + "\n".join(failures)
            return _Fault("reward_not_valid", detail, " ".join(failures))
        return tried

    def _gone(self, error: CallFailedError, fault: _Fault | None) -> Dropped:
        reason = f"The language model did not answer: {error.failure}."
        if fault is None:
            return self._dropped("llm_unavailable", reason)
        return self._dropped(fault.code, f"{fault.for_user} {reason}")

    def _dropped(self, code: str, message: str) -> Dropped:
        return Dropped(name=self.style.title, code=code, message=message)


def _why_nothing(dropped: Sequence[Dropped]) -> tuple[str, str]:
    codes = {one.code for one in dropped}
    if codes == {"llm_unavailable"}:
        (reason, _), *_ = Counter(one.message for one in dropped).most_common(1)
        return "llm_unavailable", reason
    if codes == {"llm_refused"}:
        return "llm_declined", "The language model refused to write a reward for this."
    if codes <= {"llm_declined", "llm_refused", "llm_unavailable"}:
        message = "The language model found nothing this robot could learn here."
        return "llm_declined", message
    return "llm_no_reward", "The language model wrote no reward that works."


def _notices(dropped: Sequence[Dropped]) -> list[NoticeEvent]:
    if not dropped:
        return []
    what = "reward" if len(dropped) == 1 else "rewards"
    were = "was" if len(dropped) == 1 else "were"
    message = f"{len(dropped)} of the language model's {what} did not work and {were} left out."
    if len(dropped) == 1:
        message = "One of the language model's rewards did not work and was left out."
    return [NoticeEvent(code="llm_reward_dropped", message=message)]


def _named_apart(built: Sequence[BuiltDraft]) -> list[BuiltDraft]:
    """The drafts with names that tell them apart."""
    seen: Counter[str] = Counter()
    result = []
    for one in built:
        seen[one.draft.name] += 1
        count = seen[one.draft.name]
        name = one.draft.name if count == 1 else f"{one.draft.name} {count}"
        result.append(replace(one, draft=replace(one.draft, name=name)))
    return result
