"""A task becomes the job that the trainer would have got from the api."""

from __future__ import annotations

import hashlib
from pathlib import Path

import bench.tasks.harness
import pytest
from bench.robot import ROBOT
from bench.tasks.body import body_of
from bench.tasks.harness import Harness, budget_of, read_base
from bench.tasks.suite import suite_of

from tabrl.contracts.events import NoticeEvent, ProgressEvent
from tabrl.contracts.training import TrainResult
from tabrl.domain.jobs import Job
from tabrl.ports import BlobStore, JobControl, ModelRepository, VerifiedArtifacts
from tabrl_trainer.pretrained import BANK, POLICY, TRAIN_STATE, PretrainedPolicy
from tests.support.factories import train_result

WALK = suite_of(body_of(ROBOT)).find(["walk"])[0]
PARAMS = b"what was learnt"


class Context:
    """Nothing of a training context is needed to hand over a job."""

    def __init__(self, *_: object) -> None: ...

    def warm_up(self) -> None: ...


class Handler:
    """Takes a job as the trainer does, and publishes parameters."""

    job: Job | None = None

    def __init__(
        self,
        _: object,
        blobs: BlobStore,
        models: ModelRepository,
        verified: VerifiedArtifacts,
    ) -> None:
        self._verified = verified
        self._blobs, self._models = blobs, models

    def __call__(self, job: Job, control: JobControl) -> TrainResult:
        Handler.job = job
        assert job.spec is not None
        assert job.model_id is not None
        key = f"artifacts/{job.spec.artifact_sha256}.bin"
        assert self._verified.is_verified(job.spec.artifact_sha256)
        assert hashlib.sha256(self._blobs.get(key)).hexdigest() == job.spec.artifact_sha256
        control.raise_if_stopped()
        for second in (1.0, 5.0, 12.0, 13.0):
            control.publish(progress(second))
        control.publish(NoticeEvent(code="rolled_back", message="An earlier one was better."))
        self._blobs.put("params/one", PARAMS)
        sha256 = hashlib.sha256(PARAMS).hexdigest()
        self._models.publish(
            job.model_id, fence=control.fence, params_key="params/one", params_sha256=sha256, step=1
        )
        return train_result()


def progress(elapsed_s: float) -> ProgressEvent:
    return ProgressEvent(
        update=1, samples=8192, samples_per_s=7000.0, reward=0.5, terms={}, episode_length_s=6.0,
        falls_per_minute=0.0, kl=0.01, elapsed_s=elapsed_s, eta_s=1.0,
    )  # fmt: skip


def test_a_task_becomes_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.tasks.harness, "TrainingContext", Context)
    monkeypatch.setattr(bench.tasks.harness, "TrainingHandler", Handler)
    messages: list[str] = []
    with Harness(ROBOT, PretrainedPolicy(b"policy", b"", b""), messages.append) as harness:
        trained = harness.train(WALK, seed=2, budget=budget_of(WALK, 30.0))
    assert Handler.job is not None
    assert Handler.job.spec is not None
    spec = Handler.job.spec
    assert (spec.seed, spec.budget.search_s, spec.budget.ppo_s) == (2, 6.0, 21.0)
    assert spec.checks == WALK.checks
    assert spec.weights["forward"] == 3.0
    assert trained.params == PARAMS
    assert trained.reward.weights == spec.weights
    assert len([line for line in messages if "reward" in line]) == 1  # not at every update
    assert any("An earlier one was better." in line for line in messages)


def test_a_base_is_read_from_a_folder(tmp_path: Path) -> None:
    for name in (POLICY, TRAIN_STATE, BANK):
        (tmp_path / name).write_bytes(name.encode())
    base = read_base(ROBOT, tmp_path)
    assert (base.policy, base.library) == (POLICY.encode(), BANK.encode())
    with pytest.raises(FileNotFoundError):
        read_base(ROBOT, tmp_path / "none")
