"""The worker's runtime on in-memory storage: one handler call a claim, one end a job."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from tabrl.adapters.worker import DeliveryOutcome, JobRunner
from tabrl.contracts.events import NoticeEvent
from tabrl.contracts.training import TrainResult
from tabrl.domain.errors import NotFound, Unavailable
from tabrl.domain.jobs import FailureKind, Job, JobState
from tabrl.ports import JobControl, JobFailedError, StopReason
from tests.support.factories import train_result
from tests.support.workers.workshop import SETTINGS, Workshop, raising


@pytest.fixture
def shop() -> Workshop:
    return Workshop()


def until_stopped(_job: Job, control: JobControl) -> None:
    """Work until told otherwise, with a limit so that a broken signal fails instead of hanging."""
    for _ in range(500):
        control.raise_if_stopped()
        time.sleep(0.02)
    raise AssertionError("nobody asked to stop")


def test_success_keeps_the_result_and_tells(shop: Workshop) -> None:
    def handler(job: Job, control: JobControl) -> TrainResult:
        assert control.fence == job.fence == 1
        control.publish(NoticeEvent(code="hello", message="here"))
        return train_result()

    assert shop.run(handler) is DeliveryOutcome.FINISHED
    assert shop.row.state is JobState.SUCCEEDED
    assert shop.row.result == train_result()
    assert shop.states() == ["running", "succeeded"]
    labels = {"kind": "train", "outcome": "finished"}
    assert shop.registry.get_sample_value("tabrl_worker_jobs_total", labels) == 1


def test_a_second_delivery_does_nothing(shop: Workshop) -> None:
    calls: list[str] = []

    def handler(job: Job, control: JobControl) -> None:
        calls.append(job.id)
        # the same message again, while the first one is being worked on
        assert shop.run(raising(AssertionError("second delivery"))) is DeliveryOutcome.NOT_OURS

    assert shop.run(handler) is DeliveryOutcome.FINISHED
    assert shop.run(handler) is DeliveryOutcome.NOT_OURS
    assert len(calls) == 1


def test_the_lease_is_extended_while_the_handler_works(shop: Workshop) -> None:
    def handler(job: Job, control: JobControl) -> None:
        time.sleep(2 * SETTINGS.lease_s)
        assert shop.jobs.claim(job.id, 15, 9) is None

    assert shop.run(handler) is DeliveryOutcome.FINISHED


def test_cancel_reaches_the_handler(shop: Workshop) -> None:
    seen: list[StopReason | None] = []

    def handler(job: Job, control: JobControl) -> None:
        shop.jobs.request_cancel(job.id)
        try:
            until_stopped(job, control)
        finally:
            seen.append(control.should_stop())

    assert shop.run(handler) is DeliveryOutcome.FINISHED
    assert seen == [StopReason.CANCELLED]
    assert shop.row.state is JobState.CANCELLED


def test_a_result_before_the_cancel_was_read_stands(shop: Workshop) -> None:
    def handler(job: Job, control: JobControl) -> TrainResult:
        shop.jobs.request_cancel(job.id)
        return train_result()

    assert shop.run(handler) is DeliveryOutcome.FINISHED
    assert shop.row.state is JobState.SUCCEEDED


def test_shutdown_hands_the_job_back(shop: Workshop) -> None:
    runner = shop.runner(until_stopped)
    threading.Timer(0.1, runner.shut_down).start()
    assert runner.run() is DeliveryOutcome.RELEASED
    assert (shop.row.state, shop.row.attempt, shop.row.fence) == (JobState.QUEUED, 0, 1)
    assert shop.states() == ["running", "queued"]


def test_shutdown_of_a_cancelled_job_cancels_it(shop: Workshop) -> None:
    def handler(job: Job, control: JobControl) -> None:
        runner.shut_down()
        assert control.should_stop() is StopReason.SHUTDOWN
        shop.jobs.request_cancel(job.id)  # between the look and the handing back
        control.raise_if_stopped()

    runner = shop.runner(handler)
    assert runner.run() is DeliveryOutcome.FINISHED
    assert shop.row.state is JobState.CANCELLED


def steal(shop: Workshop) -> None:
    """What a reaper and another worker do to a silent holder."""
    lapsed = shop.clock.now() - timedelta(seconds=1)
    shop.database.jobs[shop.job.id] = shop.row.model_copy(update={"lease_until": lapsed})
    assert shop.jobs.claim(shop.job.id, 15, 9) is not None


def test_a_worker_that_lost_its_fence_stops_and_changes_nothing(shop: Workshop) -> None:
    def handler(job: Job, control: JobControl) -> None:
        steal(shop)
        until_stopped(job, control)

    assert shop.run(handler) is DeliveryOutcome.LOST
    assert (shop.row.state, shop.row.fence) == (JobState.RUNNING, 2)
    assert shop.states() == ["running"]


def test_finishing_late_is_refused(shop: Workshop) -> None:
    def handler(job: Job, control: JobControl) -> TrainResult:
        steal(shop)
        return train_result()

    assert shop.run(handler) is DeliveryOutcome.LOST
    assert (shop.row.state, shop.row.result) == (JobState.RUNNING, None)


def test_a_named_failure_is_kept(shop: Workshop) -> None:
    error = JobFailedError(FailureKind.LEARNING, "nan", "The reward became NaN.")
    assert shop.run(raising(error)) is DeliveryOutcome.FINISHED
    assert shop.row.failure == error.failure
    assert shop.states() == ["running", "failed"]


def test_a_coded_error_is_infrastructure(shop: Workshop) -> None:
    shop.run(raising(NotFound("There is no blob x.", code="blob_not_found")))
    assert shop.row.failure is not None
    assert shop.row.failure.kind is FailureKind.INFRASTRUCTURE
    assert shop.row.failure.code == "blob_not_found"


def test_an_unexpected_error_fails_without_quoting_it(
    shop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        outcomes = []
        for _ in range(SETTINGS.max_attempts):
            outcomes.append(shop.run(raising(RuntimeError("SECRET sentence"))))
            shop.make_due()
    assert outcomes == [DeliveryOutcome.RETRIED, DeliveryOutcome.RETRIED, DeliveryOutcome.FINISHED]
    assert shop.row.failure is not None
    assert shop.row.failure.code == "unexpected_error"
    assert "RuntimeError" in shop.row.failure.message
    assert "RuntimeError" in caplog.text
    for text in (caplog.text, shop.row.failure.message, str(shop.bus.read(shop.job.id))):
        assert "SECRET" not in text


def test_unavailable_parts_leave_the_job_to_a_later_attempt(shop: Workshop) -> None:
    error = Unavailable("The object store failed.", code="blob_store_unavailable")
    assert shop.run(raising(error)) is DeliveryOutcome.POSTPONED
    assert (shop.row.state, shop.row.attempt, shop.row.outages) == (JobState.QUEUED, 0, 1)
    assert shop.row.not_before is not None
    assert 0.4 < (shop.row.not_before - shop.row.queued_at).total_seconds() <= 1.0
    assert shop.states() == ["running", "queued"]
    assert shop.run(raising(error)) is DeliveryOutcome.NOT_OURS  # not before its time


def failing(times: int, method: Callable[..., object]) -> Callable[..., object]:
    left = [times]

    def call(*args: object, **named: object) -> object:
        if left[0] > 0:
            left[0] -= 1
            raise Unavailable("The database does not answer.", code="database_unavailable")
        return method(*args, **named)

    return call


def test_finishing_is_tried_again(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JobRunner, "RETRY_S", 0.01)
    monkeypatch.setattr(shop.jobs, "finish", failing(3, shop.jobs.finish))
    assert shop.run(lambda job, control: None) is DeliveryOutcome.FINISHED
    assert shop.row.state is JobState.SUCCEEDED


def test_without_heartbeats_the_worker_counts_itself_out(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop.jobs, "heartbeat", failing(10**6, shop.jobs.heartbeat))
    monkeypatch.setattr("tabrl.adapters.lease.UNCONFIRMED_LEASES", 1)
    assert shop.run(until_stopped) is DeliveryOutcome.LOST
    failures = shop.registry.get_sample_value("tabrl_worker_heartbeats_failed_total")
    assert failures is not None
    assert failures >= 1


def test_a_dead_bus_costs_events_only(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop.bus, "publish", failing(10**6, shop.bus.publish))
    assert shop.run(lambda job, control: None) is DeliveryOutcome.FINISHED
    assert shop.registry.get_sample_value("tabrl_worker_events_dropped_total") == 2


def test_an_unreachable_database_at_the_claim_is_survived(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop.jobs, "claim_next", failing(1, shop.jobs.claim_next))
    assert shop.run(lambda job, control: None) is DeliveryOutcome.LOST
    assert shop.row.state is JobState.QUEUED
