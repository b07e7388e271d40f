"""The trainer as a process on real storage: killed half-way, and what it may see."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.celery_app import CeleryTaskQueue
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.redis_events import RedisEventBus
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.artifacts import SqlVerifiedArtifacts
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade
from tabrl.adapters.sql.models import SqlModelRepository
from tabrl.adapters.sql.sources import SqlSourceRepository
from tabrl.adapters.sql.tasks import SqlTaskRepository
from tabrl.contracts.events import (
    Event,
    MeasuredEvent,
    NoticeEvent,
    ProgressEvent,
    SnapshotEvent,
)
from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import Origin, TrainBudget, TrainSpec
from tabrl.domain.jobs import Job, JobState
from tabrl.domain.tasks import WrittenTask
from tabrl.ports.blobs import CHECKPOINTS
from tabrl.robots import Robot, get_robot
from tabrl.sim.reward.function import export_reward
from tests.support.factories import candidate, writing
from tests.support.servers.redis import RedisServer
from tests.support.training_job import MOVES, training_of

pytestmark = pytest.mark.timeout(1200)  # trainers start, compile and train, beside other tests

SOURCE = '''
"""quetzal-docstring"""
WEIGHTS = {"motion": 1.0}
def reward(state, action):
    """quetzal-inner"""
    return {"motion": jnp.tanh(jnp.mean(jnp.abs(state.joint_velocity())))}
'''
PROMPT = "quetzal-prompt: walk as the bird would"
CANARY = b"quetzal"
LEASE_S = 4.0  # long enough for heartbeats to be late on a busy machine


class Site:
    """One deployment's storage, with a task that is ready and its training job queued."""

    def __init__(
        self, robot: Robot, folder: Path, redis: RedisServer, budget: TrainBudget,
        tier: Tier = Tier.FINE_TUNE,
    ) -> None:  # fmt: skip
        self.settings = Settings(data=folder, redis_url=redis.url, lease_s=LEASE_S, heartbeat_s=0.5)
        engine, clock = make_engine(self.settings.database), SystemClock()
        upgrade(engine)
        self.jobs = SqlJobRepository(engine, clock)
        self.models = SqlModelRepository(engine, clock)
        self.queue = CeleryTaskQueue(self.settings)
        self.bus = RedisEventBus(redis.url)
        self.artifact = export_reward(SOURCE, robot)
        self.blobs = make_blob_store(self.settings.blobs)
        self.blobs.put(f"artifacts/{self.artifact.sha256}.bin", self.artifact.blob)
        SqlVerifiedArtifacts(engine, clock).record(self.artifact.sha256, robot.id)
        task, job = writing(clock.now(), PROMPT)
        tasks = SqlTaskRepository(engine, clock)
        tasks.create(task, job)
        held = self.jobs.claim(job.id, 60.0, 5)
        assert held is not None
        SqlSourceRepository(engine).put(task.id, {1: SOURCE}, job_id=job.id, fence=held.fence)
        written = WrittenTask(
            candidates=[candidate().model_copy(update={"idea": "quetzal-idea"})],
            understood=["quetzal-understood"],
        )
        tasks.store(task.id, written, job_id=job.id, fence=held.fence)
        assert self.jobs.finish(job.id, held.fence, JobState.SUCCEEDED)
        spec = TrainSpec(
            robot=robot.id,
            artifact_sha256=self.artifact.sha256,
            weights={"motion": 1.0},
            checks=(MOVES,),
            budget=budget,
            tier=tier,
        )
        self.ask_for(spec, task.id)

    def ask_for(self, spec: TrainSpec, task_id: str) -> None:
        """A training job, in the place of the one before."""
        job, self.model = training_of(spec, SystemClock().now(), task_id)
        self.job = job.model_copy(update={"spec_version": spec.version})
        self.jobs.create_training([self.job], [self.model])

    def go_on(self) -> None:
        """A training that goes on from the one before, as the api makes it."""
        before, model = self.now(), self.models.get(self.model.id)
        assert before.spec is not None
        assert before.result is not None
        origin = Origin(
            job_id=before.id, params_key=model.params_key, params_sha256=model.params_sha256,
            samples=before.result.samples, minutes=1.0, history=before.result.history,
        )  # fmt: skip
        self.ask_for(before.spec.model_copy(update={"origin": origin}), before.task_id)

    def events(self) -> list[Event]:
        """What the job has told so far."""
        return [stored.event for stored in self.bus.read(self.job.id)]

    @contextmanager
    def trainer(self) -> Iterator[subprocess.Popen[bytes]]:
        """`python -m tabrl_trainer` on this storage."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TABRL_")},
            "TABRL_DATA": str(self.settings.data),
            "TABRL_REDIS_URL": self.settings.redis_url,
            "TABRL_LEASE_S": str(LEASE_S),
            "TABRL_HEARTBEAT_S": "0.5",
        }
        log = (self.settings.data / "trainer.log").open("ab")
        child = subprocess.Popen(
            [sys.executable, "-m", "tabrl_trainer"], env=environment, stderr=log, stdout=log
        )
        try:
            yield child
        finally:
            child.kill()
            child.wait()
            log.close()

    def send(self) -> None:
        """Notify the trainer, as the api's reaper would."""
        self.jobs.expire_leases(5)
        self.queue.enqueue(self.job)

    def now(self) -> Job:
        """The job as it stands."""
        return self.jobs.get(self.job.id)


def wait(what: Callable[[], object], child: subprocess.Popen[bytes], seconds: float = 400) -> None:
    """Until `what()` is true, as long as the child lives."""
    end = time.monotonic() + seconds
    while not what():
        assert child.poll() is None, "the trainer died"
        assert time.monotonic() < end, "timed out"
        time.sleep(0.2)


def memory_holds(pid: int, needle: bytes) -> bool:
    """Whether the process has `needle` in any memory of its own."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, mode, *_rest = line.split()
            if not mode.startswith("rw") or "[v" in line:
                continue
            begin, end = (int(part, 16) for part in span.split("-"))
            tail = b""
            for at in range(begin, end, 1 << 24):
                try:
                    memory.seek(at)
                    block = memory.read(min(1 << 24, end - at))
                except OSError:
                    break  # never touched, so nothing is there
                if needle in tail + block:
                    return True
                tail = block[-len(needle) :]
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("robot", [get_robot("go1")], ids=lambda robot: robot.id)
def test_no_generated_text_reaches_the_trainer(
    robot: Robot, tmp_path: Path, redis_server: RedisServer
) -> None:
    """Prompt, idea and source lie in the same database, and never in the trainer's memory."""
    site = Site(robot, tmp_path, redis_server, TrainBudget(search_s=2, ppo_s=5, evaluation_s=10))
    with site.trainer() as child:
        site.send()
        wait(lambda: site.now().terminal, child)
        job = site.now()
        assert job.state is JobState.SUCCEEDED, job.failure
        assert memory_holds(child.pid, job.id.encode())  # the search itself can find something
        assert not memory_holds(child.pid, CANARY)
    assert CANARY not in (tmp_path / "trainer.log").read_bytes()


@pytest.mark.parametrize("robot", [get_robot("ur5e")], ids=lambda robot: robot.id)
def test_a_killed_trainer_goes_on_from_the_last_snapshot(
    robot: Robot, tmp_path: Path, redis_server: RedisServer
) -> None:
    """SIGKILL in the middle of PPO: another process ends the job and keeps the samples."""
    site = Site(robot, tmp_path, redis_server, TrainBudget(search_s=2, ppo_s=30, evaluation_s=10))
    with site.trainer() as child:
        site.send()
        # A snapshot is there to watch a moment before the checkpoint to go on from.
        wait(lambda: site.blobs.list(CHECKPOINTS), child)
        child.send_signal(signal.SIGKILL)
        child.wait()
    before = [e.event for e in site.bus.read(site.job.id)]
    reached = max(e.samples for e in before if isinstance(e, ProgressEvent))
    with site.trainer() as child:
        time.sleep(LEASE_S + 0.5)
        site.send()
        wait(lambda: site.now().terminal, child)
    job = site.now()
    assert job.state is JobState.SUCCEEDED, job.failure
    assert job.attempt == 2
    after = [e.event for e in site.bus.read(site.job.id)][len(before) :]
    notices = [e.code for e in after if isinstance(e, NoticeEvent)]
    # Which snapshot turns out best depends on how many there was time for.
    assert [code for code in notices if code != "rolled_back"] == ["resumed"]
    went_on = min(e.samples for e in after if isinstance(e, ProgressEvent))
    assert went_on >= reached / 2
    hashes = [e.params_sha256 for e in before + after if isinstance(e, SnapshotEvent)]
    assert job.result is not None
    # An earlier snapshot comes once more if it turns out best, or if what was learnt is withdrawn.
    again = job.result.delivered == "program" or "rolled_back" in notices
    differing = hashes[:-1] if again else hashes
    assert len(differing) == len(set(differing))
    versions = [e.version for e in before + after if isinstance(e, SnapshotEvent)]
    assert versions == sorted(set(versions))
    assert job.result.params_sha256 == site.models.get(site.model.id).params_sha256


@pytest.mark.parametrize("robot", [get_robot("ur5e")], ids=lambda robot: robot.id)
def test_a_killed_full_training_keeps_its_best_and_is_gone_on_with(
    robot: Robot, tmp_path: Path, redis_server: RedisServer
) -> None:
    """SIGKILL between two evaluations: none of them is lost, nor the best; then it keeps going."""
    budget = TrainBudget(search_s=2, ppo_s=10, evaluation_s=10)
    site = Site(robot, tmp_path, redis_server, budget, Tier.FULL)

    def measured() -> list[MeasuredEvent]:
        return [event for event in site.events() if isinstance(event, MeasuredEvent)]

    with site.trainer() as child:
        site.send()
        wait(lambda: len(measured()) > 1, child)
        child.send_signal(signal.SIGKILL)
        child.wait()
    before = [event.point for event in measured()]
    with site.trainer() as child:
        time.sleep(LEASE_S + 0.5)
        site.send()
        wait(lambda: site.now().terminal, child)
        full = site.now()
        assert full.result is not None, full.failure
        assert full.attempt == 2
        assert full.result.history[: len(before)] == tuple(before)
        best = max(point.reward for point in before if point.fall_rate == 0.0)
        assert full.result.result.reward >= best - 0.05 * abs(best)  # measured from other starts
        first = site.models.get(site.model.id)
        site.go_on()
        site.send()
        wait(lambda: site.now().terminal, child)
    gone_on = site.now()
    assert gone_on.result is not None, gone_on.failure
    assert gone_on.result.history[: len(full.result.history)] == full.result.history
    assert len(gone_on.result.history) > len(full.result.history)
    assert gone_on.result.program_words == full.result.program_words
    assert site.models.get(site.model.id).params_key != first.params_key
