"""Candidates said as data: one question, one repair, and what our templates write for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from tabrl.contracts.motion import MotionSpec
from tabrl.domain.errors import Invalid
from tabrl.domain.tasks import Dropped
from tabrl.robots import Robot
from tabrl_reward_worker.building import BuiltCandidate, CandidateBuilder
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.concurrency import (
    CancellationToken,
    never_cancelled,
    parallel_map,
)
from tabrl_reward_worker.generator import candidates_of
from tabrl_reward_worker.llm.answers import AnswerError, in_words
from tabrl_reward_worker.llm.code_writer import Fault, Validate, failures_of
from tabrl_reward_worker.llm.conversation import Conversation
from tabrl_reward_worker.llm.motions.answers import MotionAnswer, Unread, read_motions
from tabrl_reward_worker.llm.motions.schema import MAX_MOTIONS, LlmMotion
from tabrl_reward_worker.llm.prompt import repair
from tabrl_reward_worker.llm.provider import CallFailedError, Message, Reply
from tabrl_reward_worker.llm.schema import one_line

_TITLE = "Motions"
_MISFORMED = "It was not in the form that was asked for."
_ENDS = ("llm_unavailable", "llm_declined", "llm_refused")


@dataclass(frozen=True)
class Said:
    """A motion that rewards can be written for, and every way to write them.

    The first `begin` ways are left to motions before it that are like it.
    """

    name: str
    idea: str
    ways: tuple[RewardCandidate, ...]
    begin: int = 0

    def in_order(self) -> list[RewardCandidate]:
        """The ways, the one that is its own first, under the motion's name."""
        begin = self.begin % len(self.ways)
        turned = (*self.ways[begin:], *self.ways[:begin])
        return [replace(way, name=self.name, idea=self.idea) for way in turned]


@dataclass(frozen=True)
class MotionOutcome:
    """What became of the question; `unsaid` is what the motions leave out, if anything."""

    built: Sequence[BuiltCandidate] = ()
    rejected: Sequence[Dropped] = ()
    unsaid: str = ""

    @property
    def over(self) -> bool:
        """Whether asking the model for code has no point either."""
        return not self.built and any(one.code in _ENDS for one in self.rejected)


@dataclass(frozen=True)
class _Read:
    """An answer, sorted: what can be written for, and what is wrong with the rest, by name."""

    said: Sequence[Said] = ()
    faults: Sequence[tuple[str, Fault]] = ()
    unsaid: str = ""
    end: Dropped | None = None

    def beside(self, first: _Read) -> _Read:
        """This one, with what was good before and is missing now: some models repeat only what they
        have mended."""
        if not self.said:
            return first if first.said else self
        named = {one.name for one in self.said} | {name for name, _ in self.faults}
        missing = len(first.said) + len(first.faults) - len(self.said) - len(self.faults)
        kept = [one for one in first.said if one.name not in named][: max(0, missing)]
        if len(kept) + len(self.said) < len(first.said):
            return first
        unsaid = self.unsaid or (first.unsaid if kept else "")
        return replace(self, said=[*kept, *self.said][:MAX_MOTIONS], unsaid=unsaid)


@dataclass
class MotionWriter:
    """Asks for motions, and writes and builds rewards for them."""

    builder: CandidateBuilder
    validate: Validate | None
    conversation: Conversation
    robot: Robot
    cancelled: CancellationToken = field(default=never_cancelled)

    def write(self, messages: list[Message]) -> MotionOutcome:
        """Raises `Unavailable` where nothing can be built, and `WorkCancelledError`."""
        read = self._asked(messages)
        if read.end is not None:
            return MotionOutcome(rejected=[read.end])
        built, rejected = self._built(_apart(read.said), alone=not read.unsaid)
        faulty = [
            Dropped(name=name, code=one.code, message=one.for_user) for name, one in read.faults
        ]
        return MotionOutcome(built, [*rejected, *faulty], read.unsaid)

    def _asked(self, messages: list[Message]) -> _Read:
        """The answer, or what is better of it and its repair."""
        try:
            reply = self.conversation.ask(messages)
        except CallFailedError as error:
            return _end("llm_unavailable", f"The language model did not answer: {error.failure}.")
        first = self._read(reply)
        if not first.faults or first.end is not None:
            return first
        told = "\n".join(f"{name}: {fault.for_writer}" for name, fault in first.faults)
        try:
            mended = self._read(self.conversation.ask([*messages, *repair(reply.text, told)]))
        except CallFailedError:
            return first
        return mended.beside(first)

    def _read(self, reply: Reply) -> _Read:
        if reply.refused:
            return _end("llm_refused", "The language model refused to write it.")
        try:
            answer = read_motions(reply.text, self.robot, reply.cut_off)
        except AnswerError as error:
            hint = "Your answer was cut off: be much shorter.\n" if reply.cut_off else ""
            detail = f"{hint}The answer is not the JSON that was asked for: {error}"
            return _Read(faults=[(_TITLE, Fault("llm_bad_answer", detail, _MISFORMED))])
        if answer.declined:
            return _end("llm_declined", "The language model found that the robot cannot do this.")
        return self._sorted(answer)

    def _sorted(self, answer: MotionAnswer) -> _Read:
        said, faults = list[Said](), list[tuple[str, Fault]]()
        for motion in answer.motions:
            outcome = motion if isinstance(motion, Unread) else self._written(motion)
            if isinstance(outcome, Unread):
                faults.append((outcome.name, Fault("llm_bad_answer", outcome.fault, _MISFORMED)))
            elif isinstance(outcome, Fault):
                faults.append((one_line(motion.name), outcome))
            else:
                said.append(outcome)
        return _Read(said, faults, answer.unsaid)

    def _written(self, motion: LlmMotion) -> Said | Fault | Unread:
        name = one_line(motion.name) or _TITLE
        try:
            spec = motion.to_spec(self.robot)
        except ValidationError as error:
            return Unread(name, in_words(error))
        try:
            return Said(name, one_line(motion.idea), candidates_of(spec, self.robot))
        except Invalid as error:
            return Fault(error.code, f"{error.message} {error.hint or ''}", error.message)

    def _built(
        self, said: Sequence[Said], alone: bool
    ) -> tuple[list[BuiltCandidate], list[Dropped]]:
        """One reward for each motion that recorded motion has nothing against.

        If motions stand `alone`, without code beside them, a single one is written in every way.
        """
        if len(said) == 1 and alone:
            said = _each_way(said[0])
        elif not alone:
            said = said[: MAX_MOTIONS - 1]  # beside one that says all of it in code
        outcomes = parallel_map(self._first_sound, said, self.cancelled, MAX_MOTIONS)
        built = [one for one in outcomes if isinstance(one, BuiltCandidate)]
        return built, [one for one in outcomes if isinstance(one, Dropped)]

    def _first_sound(self, said: Said) -> BuiltCandidate | Dropped:
        """The first way of writing a motion that nothing speaks against."""
        failures = list[str]()
        for way in said.in_order():
            (built,) = self.builder.build_our_own([way], self.robot, self.cancelled)
            validated = self.validate(built, self.robot) if self.validate else built
            found = failures_of(validated)
            if not found:
                return validated
            failures = failures or found
        return Dropped(name=said.name, code="reward_not_valid", message=" ".join(failures))


def _end(code: str, message: str) -> _Read:
    return _Read(end=Dropped(name=_TITLE, code=code, message=message))


def _apart(said: Sequence[Said]) -> list[Said]:
    """Motions with other ways to write them first where they are alike."""
    alike: Counter[str] = Counter()
    apart = []
    for one in said:
        kind = _kind(one.ways[0].motion)
        apart.append(replace(one, begin=alike[kind]))
        alike[kind] += 1
    return apart


def _kind(motion: MotionSpec | None) -> str:
    """What a motion asks for, without how much of it: motions of one kind are alike."""
    return "" if motion is None else " | ".join(_kinds(motion))


def _kinds(motion: MotionSpec) -> Iterator[str]:
    for phase in motion.phases:
        targets = sorted(f"{' '.join(one.key)} {one.shape.kind}" for one in phase.targets)
        yield f"{phase.gait} {', '.join(targets)} {phase.until.kind}"


def _each_way(said: Said) -> list[Said]:
    """A motion as often as there are ways to write it, the second and later named after theirs."""
    first, *others = said.ways
    named = [Said(f"{said.name}, {way.name.lower()}"[:60], way.idea, (way,)) for way in others]
    return [replace(said, ways=(first,)), *named]
