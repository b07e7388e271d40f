"""What is measured of parts and jobs, and that measuring changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tabrl.adapters.clock import SystemClock
from tabrl.adapters.metrics import PartMetrics, TrainingMetrics, WorkerMetrics
from tabrl.adapters.observed import (
    ObservedBlobStore,
    ObservedHandler,
    StageObserver,
    TrainingObserver,
    observe_engine,
)
from tabrl.adapters.sql.engine import make_engine
from tabrl.contracts.events import Event, ProgressEvent, SearchEvent, SnapshotEvent, StageEvent
from tabrl.contracts.training import TrainResult
from tabrl.domain.errors import NotFound, Unavailable
from tabrl.domain.jobs import Failure, FailureKind, Job, JobState
from tabrl.ports import JobControl, StopReason
from tests.support.factories import train_result, training
from tests.twins import MemoryBlobStore

STAGES = "tabrl_worker_stage_seconds_count"
SHA = "0" * 64


class Control:
    """A `JobControl` that keeps what is published."""

    def __init__(self) -> None:
        self.published: list[Event] = []

    @property
    def fence(self) -> int:
        return 7

    def should_stop(self) -> StopReason | None:
        return None

    def raise_if_stopped(self) -> None: ...

    def requested_weights(self) -> dict[str, float] | None:
        return None

    def publish(self, event: Event) -> None:
        self.published.append(event)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def job() -> Job:
    return training(SystemClock().now())[0]


def search(samples: int) -> SearchEvent:
    return SearchEvent(
        generation=1, generations=2, best_reward=1.0, samples=samples, program_words="",
        elapsed_s=1.0, eta_s=1.0,
    )  # fmt: skip


def progress(samples: int) -> ProgressEvent:
    return ProgressEvent(
        update=1, samples=samples, samples_per_s=500.0, reward=1.0, terms={}, episode_length_s=6.0,
        falls_per_minute=0.0, kl=0.0, elapsed_s=2.0, eta_s=1.0,
    )  # fmt: skip


SNAPSHOT = SnapshotEvent(
    version=1, update=1, samples=1, params_sha256=SHA, reward=1.0, elapsed_s=1.0
)


def test_a_training_is_measured_by_its_events_and_its_result(
    registry: CollectorRegistry, job: Job
) -> None:
    worker, metrics = WorkerMetrics(registry), TrainingMetrics(registry)
    speeds: list[float | None] = []

    def handler(job: Job, control: JobControl) -> TrainResult:
        assert control.fence == 7
        for event in (
            StageEvent(stage="search", elapsed_s=0.0), search(100), search(250), SNAPSHOT,
            StageEvent(stage="ppo", elapsed_s=1.0), progress(400),
        ):  # fmt: skip
            control.publish(event)
        speeds.append(registry.get_sample_value("tabrl_training_samples_per_second"))
        return train_result()

    control = Control()
    observed = ObservedHandler(
        handler, [partial(StageObserver, worker), lambda job: TrainingObserver(metrics)]
    )
    assert observed(job, control) == train_result()
    assert len(control.published) == 6

    value = registry.get_sample_value
    assert speeds == [500.0]
    assert value("tabrl_training_samples_per_second") == 0.0
    assert value("tabrl_training_samples_total") == 400.0
    assert value("tabrl_training_snapshots_total") == 1.0
    for stage in ("search", "ppo"):
        assert value(STAGES, {"kind": "train", "stage": stage}) == 1.0
    delivered = {"delivered": train_result().delivered}
    assert value("tabrl_training_evaluations_total", delivered) == 1.0
    assert value("tabrl_training_gain_count", {"stage": "search"}) == 1.0


def test_a_resumed_training_counts_only_what_it_simulated_itself(
    registry: CollectorRegistry,
) -> None:
    observer = TrainingObserver(TrainingMetrics(registry))
    for samples in (10_000, 10_300):
        observer.event(progress(samples))
    assert registry.get_sample_value("tabrl_training_samples_total") == 300.0


def test_the_stage_of_a_failed_attempt_is_measured_too(
    registry: CollectorRegistry, job: Job
) -> None:
    def handler(job: Job, control: JobControl) -> None:
        control.publish(StageEvent(stage="loading", elapsed_s=0.0))
        raise Unavailable("The object store failed.", code="blob_store_unavailable")

    observed = ObservedHandler(handler, [partial(StageObserver, WorkerMetrics(registry))])
    with pytest.raises(Unavailable):
        observed(job, Control())
    labels = {"kind": "train", "stage": "loading"}
    assert registry.get_sample_value(STAGES, labels) == 1.0


def test_jobs_that_ended_are_counted_by_code(registry: CollectorRegistry, job: Job) -> None:
    metrics = WorkerMetrics(registry)
    failure = Failure(kind=FailureKind.LEARNING, code="nan", message="The reward became NaN.")
    metrics.observe_end(job, JobState.FAILED, failure)
    metrics.observe_end(job, JobState.SUCCEEDED, None)
    for state, code in (("failed", "nan"), ("succeeded", "none")):
        labels = {"kind": "train", "state": state, "code": code}
        assert registry.get_sample_value("tabrl_worker_outcomes_total", labels) == 1.0


def _raising(error: Exception) -> Callable[[str], bytes]:
    def get(_key: str) -> bytes:
        raise error

    return get


def test_only_a_part_that_does_not_answer_has_failed(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = MemoryBlobStore()
    store = ObservedBlobStore(blobs, PartMetrics(registry))
    with pytest.raises(NotFound):
        store.get("nothing")
    assert registry.get_sample_value("tabrl_part_failures_total", {"part": "store"}) == 0.0
    monkeypatch.setattr(blobs, "get", _raising(Unavailable("403", code="blob_store_unavailable")))
    with pytest.raises(Unavailable):
        store.get("nothing")
    assert registry.get_sample_value("tabrl_part_failures_total", {"part": "store"}) == 1.0
    calls = {"part": "store", "operation": "get"}
    assert registry.get_sample_value("tabrl_part_call_seconds_count", calls) == 2.0


def test_statements_and_connections_of_the_database(registry: CollectorRegistry) -> None:
    engine = observe_engine(make_engine("sqlite://"), PartMetrics(registry))
    with engine.connect() as connection:
        connection.execute(text("select 1"))
        with pytest.raises(OperationalError):
            connection.execute(text("select * from nowhere"))
    value = registry.get_sample_value
    calls = {"part": "database", "operation": "select"}
    assert value("tabrl_part_call_seconds_count", calls) == 1.0
    assert value("tabrl_part_failures_total", {"part": "database"}) == 1.0
    assert value("tabrl_db_pool_used") == 0.0
