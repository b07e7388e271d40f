"""Training jobs that are not begun, and rewards that are not loaded."""

from __future__ import annotations

import pytest

import tabrl_trainer.stages.verified
from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import FailureKind
from tabrl.ports import JobFailedError
from tabrl_trainer.context import TrainingContext, TrainingContexts
from tabrl_trainer.pretrained import NotTrained, PretrainedPolicy
from tests.support.training_job import Control, World
from tests.twins import MemoryDatabase, MemoryVerifiedArtifacts
from tests.twins.database import Verdict


def test_an_artifact_that_was_never_verified_is_not_loaded(
    context: TrainingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(context, ppo_s=1.0)
    world.handler._verified = MemoryVerifiedArtifacts(MemoryDatabase(world.clock))

    def forbidden(_: bytes) -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr(tabrl_trainer.stages.verified, "load_reward", forbidden)
    job = world.claim()
    with pytest.raises(JobFailedError) as failed:
        world.handler(job, Control(job.fence))
    assert failed.value.failure.code == "artifact_not_verified"


def test_an_artifact_of_an_earlier_verifier_waits_until_it_is_built_again(
    context: TrainingContext,
) -> None:
    world = World(context, ppo_s=1.0)
    database = MemoryDatabase(world.clock)
    world.handler._verified = MemoryVerifiedArtifacts(database)
    (key,) = world.blobs.list("artifacts")
    sha256 = key.removeprefix("artifacts/").removesuffix(".bin")
    database.verdicts[sha256] = Verdict()
    with pytest.raises(Unavailable) as waits:
        world.handler(world.claim(), Control(1))
    assert waits.value.code == "artifact_outdated"
    database.verdicts[sha256] = Verdict(refused="reward_failed")
    with pytest.raises(JobFailedError) as failed:
        world.handler(world.claim(), Control(2))
    assert failed.value.failure.code == "artifact_refused"


def test_an_artifact_whose_bytes_changed_is_never_loaded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(blob: bytes) -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr(tabrl_trainer.stages.verified, "load_reward", forbidden)
    (key,) = world.blobs.list("artifacts")
    data = bytearray(world.blobs.get(key))
    data[-1] ^= 1
    world.blobs.delete([key])
    world.blobs.put(key, bytes(data))
    job = world.claim()
    with pytest.raises(JobFailedError) as failed:
        world.handler(job, Control(job.fence))
    assert failed.value.failure.code == "artifact_changed"
    assert failed.value.failure.kind is FailureKind.INFRASTRUCTURE


@pytest.mark.parametrize("missing", ["spec", "model_id"])
def test_a_job_without_what_training_needs_fails(world: World, missing: str) -> None:
    job = world.claim().model_copy(update={missing: None})
    with pytest.raises(JobFailedError) as failed:
        world.handler(job, Control(job.fence))
    assert failed.value.failure.code == "bad_job"


def test_a_job_for_an_untrained_robot_says_how_to_train_it(
    world: World, context: TrainingContext
) -> None:
    def untrained(robot_id: str) -> PretrainedPolicy:
        raise NotTrained(robot_id, f"nobody trained {robot_id}", code="robot_not_trained")

    world.handler._contexts = TrainingContexts(lambda *_: context, untrained)
    job = world.claim()
    with pytest.raises(JobFailedError) as failed:
        world.handler(job, Control(job.fence))
    failure = failed.value.failure
    assert (failure.kind, failure.code) == (FailureKind.CODE, "robot_not_trained")
    assert failure.message == (
        f"nobody trained {job.robot}; train one: tabrl-train-base {job.robot}; "
        "or learn from nothing: tier full"
    )


def test_a_job_for_a_robot_that_nobody_knows_fails(world: World) -> None:
    job = world.claim().model_copy(update={"robot": "rex"})
    with pytest.raises(JobFailedError) as failed:
        world.handler(job, Control(job.fence))
    assert failed.value.failure.code == "bad_job"
