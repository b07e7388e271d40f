"""A job that is to stop ends at once, whatever its work is waiting for, and keeps its bill."""

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
from tabrl_reward_worker.authors import ComposerAuthor, FallbackAuthor, History, Written
from tabrl_reward_worker.building import Builder
from tabrl_reward_worker.handler import Desk, RewardHandler
from tabrl_reward_worker.llm import LlmAuthor, LlmOptions
from tabrl_reward_worker.llm.provider import CallFailedError, CallFailure, Form, Question, Reply
from tabrl_reward_worker.sandbox import BuiltReward, Sandbox
from tabrl_reward_worker.waiting import Halt, HaltedError, await_all, never, side_by_side
from tests.support.factories import candidate
from tests.support.writers import Workshop
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

    def form(self, model: str) -> Form:
        return Form.TEXT

    def ask(self, question: Question, halt: Halt) -> Reply:
        """A provider: hangs up on a halt, as a provider must."""
        self.reached()
        while not self.let_go.wait(0.01):
            if halt():
                self.hung_up.set()
                raise HaltedError
        raise CallFailedError(CallFailure.TIMEOUT)

    def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
        """A workshop: cannot be interrupted."""
        self.reached()
        self.let_go.wait(FOR_EVER_S)
        return Workshop().build("good", robot)


def world() -> World:
    """Stores in memory and a sandbox that nobody starts."""
    return World(Sandbox(), None)


def handler_of(stores: World, author: object, workshop: object) -> RewardHandler:
    archive = stores.handler._desk.archive
    desk = Desk(stores.tasks, stores.sources, stores.blobs, archive)
    return RewardHandler(author, workshop, desk, lambda _: None)  # type: ignore[arg-type]


def test_results_come_in_order() -> None:
    assert side_by_side(lambda n: n * n, range(9), workers=2) == [n * n for n in range(9)]
    assert side_by_side(str, []) == []


def test_what_the_work_raises_is_raised_when_all_is_done() -> None:
    done: list[int] = []

    def work(n: int) -> None:
        if n == 0:
            raise KeyError(n)
        done.append(n)

    with pytest.raises(KeyError):
        side_by_side(work, range(5))
    assert sorted(done) == [1, 2, 3, 4]


def test_nobody_waits_for_halted_work_and_what_had_not_begun_never_does() -> None:
    let_go, begun = threading.Event(), threading.Event()
    started: list[int] = []

    def work(n: int) -> None:
        started.append(n)
        begun.set()
        let_go.wait(FOR_EVER_S)

    with pytest.raises(HaltedError):
        side_by_side(work, range(3), begun.is_set, workers=1)
    assert not let_go.is_set()
    let_go.set()
    assert started == [0]


def test_work_that_takes_too_long_is_cancelled() -> None:
    future: Future[None] = Future()
    with pytest.raises(TimeoutError):
        await_all([future], never, longest_s=0.0)
    assert future.cancelled()


def test_a_cancelled_writing_hangs_up_and_keeps_its_bill() -> None:
    stores = world()
    job = stores.post("walk on")
    control = Control(job.fence)
    asked = threading.Barrier(3, action=lambda: setattr(control, "stop", StopReason.CANCELLED))
    model = Stuck(lambda: asked.wait(FOR_EVER_S))
    builder = Builder(Workshop())
    writer = LlmAuthor(LlmOptions("openai/test"), builder, model)
    author = FallbackAuthor(writer, ComposerAuthor(builder))
    with pytest.raises(JobStoppedError) as stopped:
        handler_of(stores, author, Workshop())(job, control)
    assert stopped.value.reason is StopReason.CANCELLED
    assert model.hung_up.wait(FOR_EVER_S)
    usage = stores.tasks.get(job.task_id).usage
    assert usage is not None
    assert usage.calls == 3


def test_a_writing_that_was_lost_to_another_worker_writes_no_bill() -> None:
    stores = world()
    job = stores.post("walk on")
    control = Control(job.fence)

    class Paid:
        def write(
            self, prompt: str, robot: Robot, history: History | None = None, halt: Halt = never
        ) -> Written:
            control.stop = StopReason.LOST_LEASE
            raise HaltedError(USAGE)

    with pytest.raises(JobStoppedError):
        handler_of(stores, Paid(), Workshop())(job, control)
    assert stores.tasks.get(job.task_id).usage is None


def test_a_job_cancelled_after_its_writing_keeps_its_bill() -> None:
    stores = world()
    job = stores.post("walk on")
    control = Control(job.fence)

    class Quick:
        def write(
            self, prompt: str, robot: Robot, history: History | None = None, halt: Halt = never
        ) -> Written:
            control.stop = StopReason.CANCELLED
            return Written("llm:openai/test", [], [], [], usage=USAGE)

    with pytest.raises(JobStoppedError):
        handler_of(stores, Quick(), Workshop())(job, control)
    assert stores.tasks.get(job.task_id).usage == USAGE


def test_the_first_authors_bill_is_kept_when_the_second_is_halted() -> None:
    class Nobody:
        def form(self, model: str) -> Form:
            return Form.TEXT

        def ask(self, question: Question, halt: Halt) -> Reply:
            raise CallFailedError(CallFailure.KEY)

    begun = threading.Event()
    workshop = Stuck(begun.set)
    builder = Builder(workshop)
    writer = LlmAuthor(LlmOptions("openai/test"), builder, Nobody())
    with pytest.raises(HaltedError) as halted:
        FallbackAuthor(writer, ComposerAuthor(builder)).write("bow", GO1, None, begun.is_set)
    workshop.let_go.set()
    assert halted.value.usage is not None
    assert halted.value.usage.calls == 3


def test_a_cancelled_edit_does_not_wait_for_its_reward() -> None:
    stores = world()
    first = stores.post("walk on")
    written = WrittenTask(candidates=[candidate(1)])
    stores.tasks.store(first.task_id, written, job_id=first.id, fence=first.fence)
    stores.jobs.finish(first.id, first.fence, JobState.SUCCEEDED)
    job = revise(stores, code="good")
    control = Control(job.fence)
    workshop = Stuck(lambda: setattr(control, "stop", StopReason.CANCELLED))
    handler = handler_of(stores, ComposerAuthor(Builder(workshop)), workshop)
    with pytest.raises(JobStoppedError):
        handler(job, control)
    assert not workshop.let_go.is_set()
    workshop.let_go.set()
    assert len(stores.tasks.candidates(first.task_id)) == 1
