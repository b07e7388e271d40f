"""Workers that are sick and handlers that hang: the job is taken away, the cause is named."""

from __future__ import annotations

import threading
import time

import pytest

from tabrl.adapters.breaker import Breaker, SickWorkerError
from tabrl.adapters.settings import Settings
from tabrl.adapters.worker import DeliveryOutcome
from tabrl.contracts.events import Event, MeasuredEvent, NoticeEvent, ProgressEvent, StageEvent
from tabrl.contracts.tiers import EvaluationPoint
from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import Job, JobState
from tabrl.ports import JobControl
from tabrl.ports.artifacts import outdated
from tests.support.factories import progress, training
from tests.support.workers.workshop import Workshop, raising

FORBIDDEN = Unavailable("The object store failed (403).", code="blob_store_unavailable")
HASTY = Settings(lease_s=0.6, heartbeat_s=0.1, stall_s=0.3, max_attempts=2)


@pytest.fixture
def shop() -> Workshop:
    return Workshop(HASTY)


def add(shop: Workshop, **changes: object) -> Job:
    job, model = training(shop.clock.now())
    shop.jobs.create_training([job.model_copy(update=changes)], [model])
    return job


def notices(shop: Workshop, job: Job) -> list[str]:
    events = (entry.event for entry in shop.bus.read(job.id))
    return [event.code for event in events if isinstance(event, NoticeEvent)]


def test_a_worker_whose_store_refuses_it_stops_taking_jobs(shop: Workshop) -> None:
    jobs = [shop.job, *(add(shop) for _ in range(4))]
    runner = shop.runner(raising(FORBIDDEN))
    for _ in range(3):
        runner.raise_if_sick()
        assert runner.run() is DeliveryOutcome.POSTPONED
    with pytest.raises(SickWorkerError) as refused:
        runner.raise_if_sick()
    assert refused.value.code == "worker_sick"
    assert "403" in refused.value.message
    rows = [shop.jobs.get(job.id) for job in jobs]
    assert [row.attempt for row in rows] == [0] * 5
    assert [row.state for row in rows] == [JobState.QUEUED] * 5
    assert notices(shop, jobs[0]) == ["waiting_for_part"]

    began = time.monotonic()
    assert runner.run() is DeliveryOutcome.POSTPONED  # after its rest one job is let through
    assert time.monotonic() - began > 0.25
    well = shop.runner(lambda job, control: None)
    assert well.run() is DeliveryOutcome.FINISHED
    well.raise_if_sick()


def test_a_job_that_breaks_its_workers_ends_without_them(shop: Workshop) -> None:
    runner = shop.runner(raising(RuntimeError("of the job itself")))
    assert runner.run() is DeliveryOutcome.RETRIED
    shop.make_due()
    assert runner.run() is DeliveryOutcome.FINISHED
    assert shop.row.state is JobState.FAILED
    add(shop)
    assert runner.run() is DeliveryOutcome.RETRIED
    runner.raise_if_sick()  # two jobs failed, three times: that may be the jobs
    add(shop)
    assert runner.run() is DeliveryOutcome.RETRIED
    with pytest.raises(SickWorkerError):
        runner.raise_if_sick()


def test_a_rest_is_longer_each_time_and_a_shutdown_ends_it() -> None:
    now = [0.0]
    breaker = Breaker(failures=1, rest_s=10.0, clock=lambda: now[0])
    shutdown = threading.Event()
    for rest in (10.0, 20.0, 40.0):
        breaker.failed("of its own", of="job_a")
        now[0] += rest - 0.1
        threading.Timer(0.05, shutdown.set).start()
        assert not breaker.wait(shutdown)
        shutdown.clear()
        now[0] += 0.2
        assert breaker.wait(shutdown)
    breaker.failed("no store")  # a try at that costs no attempt, and shows that it is back
    now[0] += 20.1
    assert breaker.wait(shutdown)
    breaker.succeeded()
    breaker.raise_if_sick()


def test_a_worker_is_well_while_something_is_still_being_made(shop: Workshop) -> None:
    for _ in range(4):
        add(shop)
    runner = shop.runner(raising(outdated()))
    for _ in range(5):
        assert runner.run() is DeliveryOutcome.POSTPONED
    runner.raise_if_sick()
    assert shop.row.attempt == 0


def test_a_handler_that_hangs_loses_its_job_and_its_process(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tabrl.adapters.lease.STUCK_S", 0.2)
    released = threading.Event()

    def hanging(job: Job, control: JobControl) -> None:
        released.wait(20)
        control.raise_if_stopped()

    runner = shop.runner(hanging)
    outcomes: list[DeliveryOutcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(runner.run()))
    thread.start()
    assert shop.ended.wait(10)
    assert (shop.row.state, shop.row.attempt) == (JobState.QUEUED, 1)
    assert notices(shop, shop.job) == ["no_progress"]
    released.set()
    thread.join()
    assert outcomes == [DeliveryOutcome.LOST]


def test_who_works_on_without_progress_is_stopped_and_fails_in_the_end(shop: Workshop) -> None:
    def silent(job: Job, control: JobControl) -> None:
        time.sleep(0.8)
        control.raise_if_stopped()
        raise AssertionError("nobody stopped it")

    assert shop.run(silent) is DeliveryOutcome.LOST
    shop.make_due()
    assert shop.run(silent) is DeliveryOutcome.LOST
    assert shop.row.state is JobState.FAILED
    assert shop.row.failure is not None
    assert shop.row.failure.code == "no_progress"
    assert not shop.ended.is_set()


def test_a_stage_that_compiles_may_be_silent_for_longer(shop: Workshop) -> None:
    def compiling(job: Job, control: JobControl) -> None:
        control.publish(StageEvent(stage="loading", elapsed_s=0.0))
        time.sleep(0.9)

    assert shop.run(compiling) is DeliveryOutcome.FINISHED


def test_three_times_as_long_as_it_should_take_is_too_long(shop: Workshop) -> None:
    shop.jobs.claim(shop.job.id, 60, 9)
    shop.jobs.finish(shop.job.id, 1, JobState.SUCCEEDED)
    job = add(shop, deadline_s=0.5)

    def busy(job: Job, control: JobControl) -> None:
        for _ in range(500):
            control.raise_if_stopped()
            time.sleep(0.02)

    assert shop.run(busy) is DeliveryOutcome.LOST
    assert notices(shop, job) == ["deadline_exceeded"]
    assert shop.jobs.get(job.id).state is JobState.QUEUED


def test_the_row_tells_stage_and_progress(shop: Workshop) -> None:
    def training(job: Job, control: JobControl) -> None:
        control.publish(StageEvent(stage="ppo", elapsed_s=1.0))
        control.publish(progress(4, forward=0.5))
        ends = time.monotonic() + 5
        while shop.row.progress is None and time.monotonic() < ends:
            time.sleep(0.02)
            control.raise_if_stopped()

    assert shop.run(training) is DeliveryOutcome.FINISHED
    assert shop.row.stage == "ppo"
    assert shop.row.progress is not None
    assert (shop.row.progress.update, shop.row.progress.reward) == (4, 0.5)


def measured(update: int) -> MeasuredEvent:
    point = EvaluationPoint(
        minutes=float(update), update=update, samples=1, reward=1.0, reward_ci95=0.0, fall_rate=0.0,
        checks={}, passed=0, best=True,
    )  # fmt: skip
    return MeasuredEvent(point=point, elapsed_s=1.0)


def test_the_row_keeps_the_evaluations_of_all_attempts(shop: Workshop) -> None:
    def training(job: Job, control: JobControl, *updates: int) -> None:
        control.publish(progress(updates[-1]))
        for update in updates:  # the last one may be followed by no more progress
            control.publish(measured(update))
        ends = time.monotonic() + 5
        while time.monotonic() < ends:
            told = shop.row.progress
            if told is not None and told.history and told.history[-1].update == updates[-1]:
                break
            time.sleep(0.02)
        if updates[0] == 0:
            raise Unavailable("The store does not answer.", code="away")

    first = shop.run(lambda job, control: training(job, control, 0, 10, 20))
    assert first is DeliveryOutcome.POSTPONED
    shop.make_due()
    assert shop.run(lambda job, control: training(job, control, 20, 30)) is DeliveryOutcome.FINISHED
    assert shop.row.progress is not None
    assert [point.update for point in shop.row.progress.history] == [0, 10, 20, 30]


def test_a_bus_that_hangs_does_not_slow_the_work(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []

    def slow(job_id: str, event: Event) -> None:
        time.sleep(0.1)
        if isinstance(event, ProgressEvent):
            sent.append(event.update)

    monkeypatch.setattr(shop.bus, "publish", slow)
    seconds: list[float] = []

    def training(job: Job, control: JobControl) -> None:
        began = time.monotonic()
        for update in range(10):
            control.publish(progress(update))
        seconds.append(time.monotonic() - began)

    assert shop.run(training) is DeliveryOutcome.FINISHED
    assert seconds[0] < 0.1
    assert sent == [*range(10)]
