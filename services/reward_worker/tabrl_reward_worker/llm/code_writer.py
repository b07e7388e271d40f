"""One candidate as reward code, from the first question to a reward that works or is rejected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tabrl.contracts.checks import episode_s, fault_of
from tabrl.domain.tasks import Dropped
from tabrl.embodiments.lookup import catalogue_of
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot
from tabrl_reward_worker.building import BuiltCandidate, CandidateBuilder
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.llm.answers import AnswerError, read_answer
from tabrl_reward_worker.llm.checks import in_degrees
from tabrl_reward_worker.llm.conversation import Conversation
from tabrl_reward_worker.llm.prompt import Style, repair
from tabrl_reward_worker.llm.provider import CallFailedError, Reply

REPAIR_TURNS = 2

Validate = Callable[[BuiltCandidate, Robot], BuiltCandidate]
"""A built candidate with its validation, whose failures it must not be offered for."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with an answer: for its writer, and for the user (without any source)."""

    code: str
    for_writer: str
    for_user: str


def failures_of(built: BuiltCandidate) -> list[str]:
    """What recorded motion says against a candidate, where it was tried on any."""
    if built.validation is None:
        return []
    return [finding.message for finding in built.validation.report.failures]


@dataclass
class CodeWriter:
    """One candidate's way from the opening to a reward that works, or to being rejected."""

    builder: CandidateBuilder
    validate: Validate | None
    conversation: Conversation
    robot: Robot
    style: Style
    place: int

    def write(self, messages: list[dict[str, str]]) -> BuiltCandidate | Dropped:
        """Raises `Unavailable` where rewards cannot be built at all."""
        fault: Fault | None = None
        for _ in range(1 + REPAIR_TURNS):
            try:
                reply = self.conversation.ask(messages)
            except CallFailedError as error:
                return self._gone(error, fault)
            if reply.refused:
                return self._rejected("llm_refused", "The language model refused to write it.")
            outcome = self._examined(reply)
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

    def _examined(self, reply: Reply) -> BuiltCandidate | Fault | None:
        """The answer built, or what is wrong with it; None if the model declined."""
        try:
            answer = read_answer(reply.text, self.place, reply.cut_off)
        except AnswerError as error:
            return Fault(
                "llm_bad_answer",
                f"The answer is not the JSON that was asked for: {error}",
                "Its answer was not in the form that was asked for.",
            )
        if answer is None:
            return None
        candidate = answer.to_candidate(catalogue_of(self.robot), self.style.title)
        return self._check_fault(candidate) or self._built(candidate)

    def _check_fault(self, candidate: RewardCandidate) -> Fault | None:
        catalogue = catalogue_of(self.robot)
        lasts_s = episode_s(candidate.phases_s, candidate.checks)
        for check in candidate.checks:
            reason = fault_of(check, catalogue, lasts_s) or in_degrees(check, catalogue)
            if reason is not None:
                for_user = "One of its success checks cannot be measured on this robot."
                return Fault("llm_bad_check", f"success_checks, {check.id}: {reason}", for_user)
        return None

    def _built(self, candidate: RewardCandidate) -> BuiltCandidate | Fault:
        (result,) = self.builder.build([candidate], self.robot)
        if isinstance(result, RewardError):
            return Fault(result.code, result.for_author(), result.message)
        if not set(candidate.weights) <= set(result.reward.terms):
            detail = (
                f"`weights` names {sorted(candidate.weights)}, but the reward returns the terms "
                f"{list(result.reward.terms)}"
            )
            for_user = "Its weights do not belong to its terms."
            return Fault("llm_weights_mismatch", detail, for_user)
        missing = {
            term: candidate.weights[term]
            for term in result.reward.assumed
            if term in candidate.weights
        }
        result = replace(result, reward=result.reward.with_weights(missing))
        validated = self.validate(result, self.robot) if self.validate else result
        failures = failures_of(validated)
        if failures:
            detail = "The reward was tried on recorded motion.\n" + "\n".join(failures)
            return Fault("reward_not_valid", detail, " ".join(failures))
        return validated

    def _gone(self, error: CallFailedError, fault: Fault | None) -> Dropped:
        reason = f"The language model did not answer: {error.failure}."
        if fault is None:
            return self._rejected("llm_unavailable", reason)
        return self._rejected(fault.code, f"{fault.for_user} {reason}")

    def _rejected(self, code: str, message: str) -> Dropped:
        return Dropped(name=self.style.title, code=code, message=message)
