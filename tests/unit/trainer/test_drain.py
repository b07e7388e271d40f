"""A trainer that is started because jobs wait."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry

from tabrl.adapters.metrics import WorkerMetrics
from tabrl.adapters.settings import Settings
from tabrl.adapters.worker import JobRunner
from tabrl.contracts.training import TrainResult
from tabrl.domain.jobs import Job, JobKind, JobState
from tabrl.ports import JobControl
from tabrl_trainer.drain import drain, trainers_wanted
from tests.support.factories import train_result, training
from tests.twins import ManualClock, MemoryDatabase, MemoryEventBus, MemoryJobRepository


class Place:
    """Jobs, a runner, and time that passes only while it sleeps or works."""

    def __init__(self, folder: Path) -> None:
        clock = ManualClock()
        self.jobs = MemoryJobRepository(MemoryDatabase(clock))
        self.now, self.order = 0.0, list[str]()
        self.runner = JobRunner(
            JobKind.TRAIN,
            self.train,
            jobs=self.jobs,
            bus=MemoryEventBus(),
            metrics=WorkerMetrics(CollectorRegistry(), (JobKind.TRAIN,)),
            settings=Settings(data=folder),
        )
        self._clock = clock

    def add(self) -> str:
        job, model = training(self._clock.now())
        self.jobs.create_training([job], [model])
        return job.id

    def train(self, job: Job, _: JobControl) -> TrainResult:
        self.now += 60.0
        self.order.append(job.id)
        return train_result()

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def drain(self, until: float = 1e9) -> int:
        return drain(self.runner, until=until, clock=lambda: self.now, sleep=self.sleep)


def test_it_works_oldest_first_and_ends_when_nothing_comes(tmp_path: Path) -> None:
    place = Place(tmp_path)
    ids = [place.add() for _ in range(3)]
    assert trainers_wanted(place.jobs, 2) == 2
    assert place.drain() == 3
    assert place.order == ids
    assert {job.state for job in place.jobs.list()} == {JobState.SUCCEEDED}
    assert place.now == 3 * 60.0 + 20.0
    assert trainers_wanted(place.jobs, 2) == 0
    assert place.drain() == 0


def test_what_another_trainer_has_is_left_to_it(tmp_path: Path) -> None:
    place = Place(tmp_path)
    taken, free = place.add(), place.add()
    assert place.jobs.claim(taken, 1e9, 3)
    assert trainers_wanted(place.jobs, 9) == 2
    assert place.drain() == 1
    assert place.order == [free]


def test_near_its_end_it_begins_nothing_more(tmp_path: Path) -> None:
    place = Place(tmp_path)
    for _ in range(3):
        place.add()
    assert place.drain(until=100.0) == 2
    assert trainers_wanted(place.jobs, 9) == 1
