"""The generator: several candidates in parallel, each built, validated and repaired by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tabrl.contracts.checks import episode_s, fault_of
from tabrl.contracts.events import NoticeEvent
from tabrl.domain.errors import Unavailable
from tabrl.domain.tasks import Dropped, LlmUsage
from tabrl.embodiments.lookup import catalogue_of
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot
from tabrl_reward_worker.building import BuiltCandidate, CandidateBuilder
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.concurrency import (
    CancellationToken,
    WorkCancelledError,
    never_cancelled,
    parallel_map,
)
from tabrl_reward_worker.generation import GenerationResult, History, NoRewardError
from tabrl_reward_worker.llm.answers import AnswerError, read_answer
from tabrl_reward_worker.llm.client import LitellmProvider, LlmOptions
from tabrl_reward_worker.llm.conversation import Clock, Conversation, UsageMeter
from tabrl_reward_worker.llm.prompt import Style, opening, prompt_version, repair, styles
from tabrl_reward_worker.llm.provider import CallFailedError, Provider
from tabrl_reward_worker.llm.schema import answer_schema

REPAIR_TURNS = 2

Validate = Callable[[BuiltCandidate, Robot], BuiltCandidate]
"""A built candidate with its validation, whose failures it must not be offered for."""


@dataclass(frozen=True)
class _Fault:
    """What is wrong with an answer: for its writer, and for the user (without any source)."""

    code: str
    for_writer: str
    for_user: str


class LlmGenerator:
    """Writes rewards with a language model."""

    def __init__(
        self,
        options: LlmOptions,
        builder: CandidateBuilder,
        provider: Provider | None = None,
        validate: Validate | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._options = options
        self._builder = builder
        self._provider = provider or LitellmProvider(options)
        self._validate = validate
        self._clock = clock or Clock()

    def generate(
        self,
        prompt: str,
        robot: Robot,
        history: History | None = None,
        cancelled: CancellationToken = never_cancelled,
    ) -> GenerationResult:
        """One candidate of each style that works; see `RewardGenerator.generate`.

        Raises:
            NoRewardError: with the codes `llm_unavailable`, `llm_no_reward`, `llm_declined`, or
                why nothing can be built.
            WorkCancelledError: with the usage until then.
        """
        started = self._clock.now()
        usage_meter = UsageMeter()

        def write(place: int) -> BuiltCandidate | Dropped:
            style = styles()[place]
            conversation = Conversation(
                self._options,
                self._provider,
                answer_schema(robot),
                usage_meter,
                started + self._options.deadline_s,
                self._clock,
                cancelled,
            )
            messages = opening(prompt, robot, style, history)
            return _Writer(self._builder, self._validate, conversation, robot, style, place).write(
                messages
            )

        models = [self._options.model, *self._options.fallbacks]

        def usage_so_far() -> LlmUsage:
            return usage_meter.usage(models, prompt_version(), self._clock.now() - started)

        try:
            outcomes = parallel_map(write, range(len(styles())), cancelled, len(styles()))
        except WorkCancelledError:
            raise WorkCancelledError(usage_so_far()) from None
        except Unavailable as error:  # nothing can be built here, whoever wrote it
            raise NoRewardError(error.message, code=error.code, usage=usage_so_far()) from None
        built = [outcome for outcome in outcomes if isinstance(outcome, BuiltCandidate)]
        rejected = [outcome for outcome in outcomes if isinstance(outcome, Dropped)]
        usage = usage_so_far()
        if not built:
            code, message = _why_nothing(rejected)
            raise NoRewardError(message, code=code, usage=usage, rejected=rejected)
        return GenerationResult(
            generator=f"llm:{usage.model}",
            candidates=_named_apart(built),
            understood=[],
            not_understood=[],
            notices=_notices(rejected),
            usage=usage,
            rejected=rejected,
        )


@dataclass
class _Writer:
    """One candidate's way from the opening to a reward that works, or to being rejected."""

    builder: CandidateBuilder
    validate: Validate | None
    conversation: Conversation
    robot: Robot
    style: Style
    place: int

    def write(self, messages: list[dict[str, str]]) -> BuiltCandidate | Dropped:
        """Raises `Unavailable` where rewards cannot be built at all."""
        fault: _Fault | None = None
        for _ in range(1 + REPAIR_TURNS):
            try:
                reply = self.conversation.ask(messages)
            except CallFailedError as error:
                return self._gone(error, fault)
            if reply.refused:
                return self._rejected("llm_refused", "The language model refused to write it.")
            outcome = self._examined(reply.text)
            if isinstance(outcome, BuiltCandidate):
                return outcome
            if outcome is None:
                return self._rejected(
                    "llm_declined", "The language model found that the robot cannot do this."
                )
            if reply.cut_off and outcome.code == "llm_bad_answer":
                hint = "Your answer was cut off: be much shorter."
                outcome = replace(outcome, for_writer=f"{hint}\n{outcome.for_writer}")
            fault = outcome
            messages = [*messages, *repair(reply.text, fault.for_writer)]
        assert fault is not None
        return self._rejected(fault.code, fault.for_user)

    def _examined(self, text: str) -> BuiltCandidate | _Fault | None:
        """The answer built, or what is wrong with it; None if the model declined."""
        try:
            answer = read_answer(text, self.place)
        except AnswerError as error:
            return _Fault(
                "llm_bad_answer",
                f"The answer is not the JSON that was asked for: {error}",
                "Its answer was not in the form that was asked for.",
            )
        if answer is None:
            return None
        candidate = answer.to_candidate(catalogue_of(self.robot))
        return self._check_fault(candidate) or self._built(candidate)

    def _check_fault(self, candidate: RewardCandidate) -> _Fault | None:
        lasts_s = episode_s(candidate.phases_s, candidate.checks)
        for check in candidate.checks:
            reason = fault_of(check, catalogue_of(self.robot), lasts_s)
            if reason is not None:
                for_user = "One of its success checks cannot be measured on this robot."
                return _Fault("llm_bad_check", f"success_checks, {check.id}: {reason}", for_user)
        return None

    def _built(self, candidate: RewardCandidate) -> BuiltCandidate | _Fault:
        (result,) = self.builder.build([candidate], self.robot)
        if isinstance(result, RewardError):
            return _Fault(result.code, result.for_author(), result.message)
        if not set(candidate.weights) <= set(result.reward.terms):
            detail = (
                f"`weights` names {sorted(candidate.weights)}, but the reward returns the terms "
                f"{list(result.reward.terms)}"
            )
            for_user = "Its weights do not belong to its terms."
            return _Fault("llm_weights_mismatch", detail, for_user)
        missing = {
            term: candidate.weights[term]
            for term in result.reward.assumed
            if term in candidate.weights
        }
        result = replace(result, reward=result.reward.with_weights(missing))
        validated = self.validate(result, self.robot) if self.validate else result
        if validated.validation is not None and validated.validation.report.failures:
            failures = [finding.message for finding in validated.validation.report.failures]
            detail = "The reward was tried on recorded motion.\n" + "\n".join(failures)
            return _Fault("reward_not_valid", detail, " ".join(failures))
        return validated

    def _gone(self, error: CallFailedError, fault: _Fault | None) -> Dropped:
        reason = f"The language model did not answer: {error.failure}."
        if fault is None:
            return self._rejected("llm_unavailable", reason)
        return self._rejected(fault.code, f"{fault.for_user} {reason}")

    def _rejected(self, code: str, message: str) -> Dropped:
        return Dropped(name=self.style.title, code=code, message=message)


def _why_nothing(rejected: Sequence[Dropped]) -> tuple[str, str]:
    codes = {item.code for item in rejected}
    if codes == {"llm_unavailable"}:
        (reason, _), *_ = Counter(item.message for item in rejected).most_common(1)
        return "llm_unavailable", reason
    if codes == {"llm_refused"}:
        return "llm_declined", "The language model refused to write a reward for this."
    if codes <= {"llm_declined", "llm_refused", "llm_unavailable"}:
        message = "The language model found nothing this robot could learn here."
        return "llm_declined", message
    return "llm_no_reward", "The language model wrote no reward that works."


def _notices(rejected: Sequence[Dropped]) -> list[NoticeEvent]:
    if not rejected:
        return []
    what = "reward" if len(rejected) == 1 else "rewards"
    were = "was" if len(rejected) == 1 else "were"
    message = f"{len(rejected)} of the language model's {what} did not work and {were} left out."
    if len(rejected) == 1:
        message = "One of the language model's rewards did not work and was left out."
    return [NoticeEvent(code="llm_reward_dropped", message=message)]


def _named_apart(built: Sequence[BuiltCandidate]) -> list[BuiltCandidate]:
    """The candidates with names that tell them apart."""
    seen: Counter[str] = Counter()
    result = []
    for item in built:
        seen[item.candidate.name] += 1
        count = seen[item.candidate.name]
        name = item.candidate.name if count == 1 else f"{item.candidate.name} {count}"
        result.append(replace(item, candidate=replace(item.candidate, name=name)))
    return result
