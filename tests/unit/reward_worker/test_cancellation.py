"""A job that is to stop ends at once, whatever its work is waiting for, and keeps its usage."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import pytest

from tabrl.domain.jobs import JobState
from tabrl.domain.tasks import LlmUsage, WrittenTask
from tabrl.ports import JobStoppedError, StopReason
from tabrl.robots import Robot, get_robot
from tabrl_reward_worker.building import CandidateBuilder
from tabrl_reward_worker.concurrency import (
    CancellationToken,
    WorkCancelledError,
    gather,
    never_cancelled,
    parallel_map,
)
from tabrl_reward_worker.generation import (
    FallbackGenerator,
    GenerationResult,
    History,
    RuleBasedGenerator,
)
from tabrl_reward_worker.handler import Repositories, RewardHandler
from tabrl_reward_worker.history import HistoryService
from tabrl_reward_worker.llm import LlmGenerator, LlmOptions
from tabrl_reward_worker.llm.provider import (
    CallFailedError,
    CallFailure,
    Question,
    Reply,
    ResponseFormat,
)
from tabrl_reward_worker.sandbox import BuiltReward, Sandbox
from tests.support.factories import candidate
from tests.support.generators import FakeRewardBuilder
from tests.twins import MemoryEventArchive
from tests.unit.reward_worker.test_handler import Control, World, revise

GO1 = get_robot("go1")
USAGE = LlmUsage(model="openai/test", prompt_version="3", calls=7, prompt_tokens=700)
FOR_EVER_S = 60.0


@dataclass
class Stuck:
    """Something that never comes to an end by itself, and tells when somebody waits for it."""

    reached: Callable[[], object]
    let_go: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)

    def response_format(self, model: str) -> ResponseFormat:
        return ResponseFormat.TEXT

    def ask(self, question: Question, cancelled: CancellationToken) -> Reply:
        """A provider: hangs up on a cancelled, as a provider must."""
        self.reached()
        while not self.let_go.wait(0.01):
            if cancelled():
                self.hung_up.set()
                raise WorkCancelledError
        raise CallFailedError(CallFailure.TIMEOUT)

    def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
        """A reward_builder: cannot be interrupted."""
        self.reached()
        self.let_go.wait(FOR_EVER_S)
        return FakeRewardBuilder().build("good", robot)


def world() -> World:
    """Stores in memory and a sandbox that nobody starts."""
    return World(Sandbox(), None)


def handler_of(stores: World, generator: object, reward_builder: object) -> RewardHandler:
    history = HistoryService(
        stores.tasks, stores.sources, stores.jobs, stores.bus, MemoryEventArchive(stores.db)
    )
    repositories = Repositories(stores.tasks, stores.sources, stores.blobs)
    return RewardHandler(
        generator,  # type: ignore[arg-type]
        reward_builder,  # type: ignore[arg-type]
        repositories,
        history,
        lambda _: None,
    )


def test_results_come_in_order() -> None:
    assert parallel_map(lambda n: n * n, range(9), workers=2) == [n * n for n in range(9)]
    assert parallel_map(str, []) == []


def test_what_the_work_raises_is_raised_when_all_is_done() -> None:
    done: list[int] = []

    def work(n: int) -> None:
        if n == 0:
            raise KeyError(n)
        done.append(n)

    with pytest.raises(KeyError):
        parallel_map(work, range(5))
    assert sorted(done) == [1, 2, 3, 4]


def test_nobody_waits_for_cancelled_work_and_what_had_not_begun_never_does() -> None:
    let_go, begun = threading.Event(), threading.Event()
    started: list[int] = []

    def work(n: int) -> None:
        started.append(n)
        begun.set()
        let_go.wait(FOR_EVER_S)

    with pytest.raises(WorkCancelledError):
        parallel_map(work, range(3), begun.is_set, workers=1)
    assert not let_go.is_set()
    let_go.set()
    assert started == [0]


def test_work_that_takes_too_long_is_cancelled() -> None:
    future: Future[None] = Future()
    with pytest.raises(TimeoutError):
        gather([future], never_cancelled, timeout_s=0.0)
    assert future.cancelled()


def test_a_cancelled_writing_hangs_up_and_keeps_its_usage() -> None:
    stores = world()
    job = stores.post("walk on")
    control = Control(job.fence)
    model = Stuck(lambda: setattr(control, "stop", StopReason.CANCELLED))
    builder = CandidateBuilder(FakeRewardBuilder())
    writer = LlmGenerator(LlmOptions("openai/test"), builder, model)
    generator = FallbackGenerator(writer, RuleBasedGenerator(builder))
    with pytest.raises(JobStoppedError) as stopped:
        handler_of(stores, generator, FakeRewardBuilder())(job, control)
    assert stopped.value.reason is StopReason.CANCELLED
    assert model.hung_up.wait(FOR_EVER_S)
    usage = stores.tasks.get(job.task_id).usage
    assert usage is not None
    assert usage.calls == 1


def test_a_writing_that_was_lost_to_another_worker_writes_no_usage() -> None:
    stores = world()
    job = stores.post("walk on")
    control = Control(job.fence)

    class Paid:
        def generate(
            self,
            prompt: str,
            robot: Robot,
            history: History | None = None,
            cancelled: CancellationToken = never_cancelled,
            seed: int = 0,
        ) -> GenerationResult:
            control.stop = StopReason.LOST_LEASE
            raise WorkCancelledError(USAGE)

    with pytest.raises(JobStoppedError):
        handler_of(stores, Paid(), FakeRewardBuilder())(job, control)
    assert stores.tasks.get(job.task_id).usage is None


def test_a_job_cancelled_after_its_writing_keeps_its_usage() -> None:
    stores = world()
    job = stores.post("walk on")
    control = Control(job.fence)

    class Quick:
        def generate(
            self,
            prompt: str,
            robot: Robot,
            history: History | None = None,
            cancelled: CancellationToken = never_cancelled,
            seed: int = 0,
        ) -> GenerationResult:
            control.stop = StopReason.CANCELLED
            return GenerationResult("llm:openai/test", [], [], [], usage=USAGE)

    with pytest.raises(JobStoppedError):
        handler_of(stores, Quick(), FakeRewardBuilder())(job, control)
    assert stores.tasks.get(job.task_id).usage == USAGE


def test_the_first_generators_usage_is_kept_when_the_second_is_cancelled() -> None:
    class Nobody:
        def response_format(self, model: str) -> ResponseFormat:
            return ResponseFormat.TEXT

        def ask(self, question: Question, cancelled: CancellationToken) -> Reply:
            raise CallFailedError(CallFailure.KEY)

    begun = threading.Event()
    reward_builder = Stuck(begun.set)
    builder = CandidateBuilder(reward_builder)
    writer = LlmGenerator(LlmOptions("openai/test"), builder, Nobody())
    with pytest.raises(WorkCancelledError) as error:
        FallbackGenerator(writer, RuleBasedGenerator(builder)).generate(
            "bow", GO1, None, begun.is_set
        )
    reward_builder.let_go.set()
    assert error.value.usage is not None
    assert error.value.usage.calls == 1


def test_a_cancelled_edit_does_not_wait_for_its_reward() -> None:
    stores = world()
    first = stores.post("walk on")
    written = WrittenTask(candidates=[candidate(1)])
    stores.tasks.store(first.task_id, written, job_id=first.id, fence=first.fence)
    stores.jobs.finish(first.id, first.fence, JobState.SUCCEEDED)
    job = revise(stores, code="good")
    control = Control(job.fence)
    reward_builder = Stuck(lambda: setattr(control, "stop", StopReason.CANCELLED))
    handler = handler_of(
        stores, RuleBasedGenerator(CandidateBuilder(reward_builder)), reward_builder
    )
    with pytest.raises(JobStoppedError):
        handler(job, control)
    assert not reward_builder.let_go.is_set()
    reward_builder.let_go.set()
    assert len(stores.tasks.candidates(first.task_id)) == 1
