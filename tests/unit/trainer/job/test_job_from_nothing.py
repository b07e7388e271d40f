"""Full trainings of a robot that has no pretrained policy."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from tabrl.contracts.events import MeasuredEvent, SnapshotEvent, StageEvent
from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import Origin
from tabrl.embodiments.load import load_policy
from tabrl.ports import JobFailedError
from tabrl_trainer.context import TrainingContext, TrainingContexts
from tabrl_trainer.pretrained import PretrainedPolicy, not_trained
from tabrl_trainer.replay import replay
from tabrl_trainer.tiers.beginning import beginning_of
from tests.support.engine import GO1
from tests.support.training_context import context_of
from tests.support.training_job import Control, World, reward_for


def untrained(robot_id: str) -> PretrainedPolicy:
    raise not_trained(robot_id)


@pytest.fixture
def nothing() -> TrainingContext:
    """As if nobody had trained the robot."""
    return context_of(GO1, from_nothing=True)


def world_of(context: TrainingContext, tier: Tier, origin: Origin | None = None) -> World:
    """A waiting job whose trainer finds no pretrained policy."""
    world = World(context, ppo_s=6.0)
    world.handler._contexts = TrainingContexts(lambda *_: context, untrained)
    world.respecify(lambda spec: spec.model_copy(update={"tier": tier, "origin": origin}))
    return world


@pytest.mark.parametrize("tier", [Tier.COMMAND, Tier.FINE_TUNE])
def test_shorter_tiers_say_that_they_need_one(nothing: TrainingContext, tier: Tier) -> None:
    world = world_of(nothing, tier)
    job = world.claim()
    for _ in range(2):  # whether or not a full training has made the context
        with pytest.raises(JobFailedError) as failed:
            world.handler(job, Control(job.fence))
        assert failed.value.failure.code == "robot_not_trained"
        assert "tier full" in failed.value.failure.message
        world.handler._contexts.get(GO1.id, from_nothing=True)


def test_it_begins_at_random_and_learns_what_it_sees_as_well(nothing: TrainingContext) -> None:
    world = world_of(nothing, Tier.FULL)
    job = world.claim()
    control = Control(job.fence)
    result = world.handler(job, control)
    stages = [event.stage for event in control.of(StageEvent)]
    assert stages == ["loading", "ppo", "evaluation"]
    assert control.of(SnapshotEvent)[0].update == 0  # there is a policy to look at, at once
    points = [event.point for event in control.of(MeasuredEvent)]
    assert points[0].update == 0
    assert points[-1].update > 0
    published = [load_policy(data) for data in world.params()]
    for policy in published:  # only what was learnt from has been seen
        assert np.any(policy.weights.mean != 0.0) == (policy.header.step > 0)
    assert {policy.header.step > 0 for policy in published} == {False, True}
    record = result.schedule
    assert record is not None
    assert record.from_nothing
    again = replay(nothing, reward_for(GO1), record)
    assert hashlib.sha256(again).hexdigest() == result.params_sha256


def test_going_on_it_sees_as_it_did_before(nothing: TrainingContext) -> None:
    before = world_of(nothing, Tier.FULL)
    job = before.claim()
    before.handler(job, Control(job.fence))
    key = before.blobs.list(f"params/{job.id}")[-1]
    data = before.blobs.get(key)
    origin = Origin(job_id=job.id, params_key=key, params_sha256=hashlib.sha256(data).hexdigest())
    world = world_of(nothing, Tier.FULL, origin)
    world.blobs.put(key, data)
    begin = beginning_of(nothing, origin, world.blobs)
    following = world.claim()
    world.handler(following, Control(following.fence))
    for file in world.params():
        assert np.array_equal(load_policy(file).weights.mean, begin.weights.mean)
