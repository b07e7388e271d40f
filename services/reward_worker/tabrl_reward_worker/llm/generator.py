"""The generator: motions as data first, and reward code for what they cannot say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tabrl.contracts.events import NoticeEvent
from tabrl.domain.errors import Unavailable
from tabrl.domain.tasks import Dropped, LlmUsage
from tabrl.robots import Robot
from tabrl_reward_worker.building import BuiltCandidate, CandidateBuilder
from tabrl_reward_worker.concurrency import (
    CancellationToken,
    WorkCancelledError,
    never_cancelled,
    parallel_map,
)
from tabrl_reward_worker.generation import GenerationResult, History, NoRewardError
from tabrl_reward_worker.generator.reading.grounds import ground_of, read_ground
from tabrl_reward_worker.llm.client import LitellmProvider, LlmOptions
from tabrl_reward_worker.llm.code_writer import CodeWriter, Validate
from tabrl_reward_worker.llm.conversation import Clock, Conversation, UsageMeter
from tabrl_reward_worker.llm.motions.prompt import motion_opening, speaks_motion
from tabrl_reward_worker.llm.motions.schema import MAX_MOTIONS, motion_schema
from tabrl_reward_worker.llm.motions.writer import MotionOutcome, MotionWriter
from tabrl_reward_worker.llm.prompt import opening, prompt_version, styles
from tabrl_reward_worker.llm.provider import Provider, ResponseFormat
from tabrl_reward_worker.llm.schema import answer_schema


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
        seed: int = 0,
    ) -> GenerationResult:
        """Two or three candidates; see `RewardGenerator.generate`.

        Raises:
            NoRewardError: with the codes `llm_unavailable`, `llm_no_reward`, `llm_declined`, or
                why nothing can be built.
            WorkCancelledError: with the usage until then.
        """
        writing = _Writing(
            self._options,
            self._builder,
            self._provider,
            self._validate,
            self._clock,
            robot,
            cancelled,
            self._clock.now(),
        )
        try:
            motions = writing.motions(prompt, history)
            code, dropped = writing.code(prompt, history, motions)
        except WorkCancelledError:
            raise WorkCancelledError(writing.usage()) from None
        except Unavailable as error:  # nothing can be built here, whoever wrote it
            raise NoRewardError(error.message, code=error.code, usage=writing.usage()) from None
        built, rejected = [*code, *motions.built], [*motions.rejected, *dropped]
        usage = writing.usage()
        if not built:
            reason, message = _why_nothing(dropped or motions.rejected)
            raise NoRewardError(message, code=reason, usage=usage, rejected=rejected)
        return GenerationResult(
            generator=f"llm:{usage.model}",
            candidates=_on_ground(_named_apart(built), prompt, robot, history),
            understood=[],
            not_understood=[],
            notices=[*_unsaid(motions), *_notices(rejected)],
            usage=usage,
            rejected=rejected,
        )


@dataclass
class _Writing:
    """One task's questions, with a deadline, usage and knowledge of the models in common."""

    options: LlmOptions
    builder: CandidateBuilder
    provider: Provider
    validate: Validate | None
    clock: Clock
    robot: Robot
    cancelled: CancellationToken
    started: float
    meter: UsageMeter = field(default_factory=UsageMeter)
    formats: dict[str, ResponseFormat] = field(default_factory=dict)

    def motions(self, prompt: str, history: History | None) -> MotionOutcome:
        """Candidates said as data, where this robot's motion can be."""
        if not speaks_motion(self.robot):
            return MotionOutcome()
        conversation = self._conversation(motion_schema(self.robot))
        writer = MotionWriter(self.builder, self.validate, conversation, self.robot, self.cancelled)
        # In a thread of its own, so that nobody waits for one that is cancelled.
        (outcome,) = parallel_map(
            writer.write, [motion_opening(prompt, self.robot, history)], self.cancelled, 1
        )
        return outcome

    def code(
        self, prompt: str, history: History | None, motions: MotionOutcome
    ) -> tuple[list[BuiltCandidate], list[Dropped]]:
        """Candidates as code, as many as the motions leave room and reason for."""
        if motions.over or (motions.built and not motions.unsaid):
            return [], []

        def write(place: int) -> BuiltCandidate | Dropped:
            style = styles()[place]
            conversation = self._conversation(answer_schema(self.robot))
            writer = CodeWriter(self.builder, self.validate, conversation, self.robot, style, place)
            return writer.write(opening(prompt, self.robot, style, history))

        count = MAX_MOTIONS - len(motions.built)
        try:
            outcomes = parallel_map(write, range(count), self.cancelled, count)
        except Unavailable as error:  # strangers' code may not run here; motions are ours
            if not motions.built:
                raise
            return [], [Dropped(name="Code", code=error.code, message=error.message)]
        built = [outcome for outcome in outcomes if isinstance(outcome, BuiltCandidate)]
        return built, [outcome for outcome in outcomes if isinstance(outcome, Dropped)]

    def usage(self) -> LlmUsage:
        """What the questions took so far."""
        models = [self.options.model, *self.options.fallbacks]
        return self.meter.usage(models, prompt_version(), self.clock.now() - self.started)

    def _conversation(self, schema: Mapping[str, Any]) -> Conversation:
        return Conversation(
            self.options,
            self.provider,
            schema,
            self.meter,
            self.started + self.options.deadline_s,
            self.clock,
            self.cancelled,
            self.formats,
        )


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


def _unsaid(motions: MotionOutcome) -> list[NoticeEvent]:
    """What the motions that are offered leave out."""
    if not (motions.built and motions.unsaid):
        return []
    names = " and ".join(f"“{one.candidate.name}”" for one in motions.built)
    leave = "leaves" if len(motions.built) == 1 else "leave"
    message = f"{names} {leave} something out: {motions.unsaid.rstrip('.')}."
    return [NoticeEvent(code="llm_motion_unsaid", message=message)]


def _notices(rejected: Sequence[Dropped]) -> list[NoticeEvent]:
    if not rejected:
        return []
    message = f"{len(rejected)} of the language model's rewards did not work and were left out."
    if len(rejected) == 1:
        message = "One of the language model's rewards did not work and was left out."
    return [NoticeEvent(code="llm_reward_dropped", message=message)]


def _on_ground(
    built: Sequence[BuiltCandidate], prompt: str, robot: Robot, history: History | None
) -> list[BuiltCandidate]:
    """The candidates on the ground that the user speaks of, where their writer named none."""
    said = read_ground(prompt, robot).ground
    if said is None and history is not None:
        motion = history.motion
        said = motion.ground if motion else ground_of(history.sentences, robot)
    if said is None:
        return [*built]
    return [
        replace(one, candidate=one.candidate.on(said)) if one.candidate.ground.plain else one
        for one in built
    ]


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
