"""Weights that a user changes while a job trains."""

from __future__ import annotations

import hashlib

import pytest

from tabrl.contracts.events import ProgressEvent, ReweightedEvent
from tabrl.ports import JobStoppedError
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.replay import replay
from tests.support.training_job import Control, FixedEvaluator, World, exported_for, reward_for


def test_weights_asked_for_on_the_way_are_in_force_from_the_next_update_on(
    world: World, context: TrainingContext
) -> None:
    job = world.claim()
    weights = exported_for(context.robot).weights
    requested = {name: 3.0 * weight for name, weight in weights.items()}
    control = Control(job.fence, stop_at=9, requests={6: requested})
    with pytest.raises(JobStoppedError):
        world.handler(job, control)
    (event,) = control.of(ReweightedEvent)
    assert (event.update, event.weights) == (6, requested)
    before, after = control.of(ProgressEvent)[5:7]
    for name, value in after.terms.items():
        assert value == pytest.approx(3.0 * before.terms[name], rel=0.5)

    job = world.claim()
    again = Control(job.fence, requests={0: requested})  # the request is still in the row
    result = world.handler(job, again)
    assert again.of(ReweightedEvent) == []  # and in force since the checkpoint
    assert result.schedule is not None
    assert [change.update for change in result.schedule.reweightings] == [6]
    again_sha256 = hashlib.sha256(
        replay(context, reward_for(context.robot), result.schedule)
    ).hexdigest()
    assert again_sha256 == result.params_sha256


def test_weights_asked_for_while_the_job_waited_count_from_the_search_on(
    world: World, context: TrainingContext
) -> None:
    job = world.claim()
    weights = exported_for(context.robot).weights
    requested = {name: -weight for name, weight in weights.items()}
    control = Control(job.fence, stop_at=8, requests={0: requested})
    with pytest.raises(JobStoppedError):
        world.handler(job, control)
    (told,) = control.of(ReweightedEvent)
    assert (told.update, told.weights) == (0, requested)
    job = world.claim()
    again = Control(job.fence, requests={0: requested})
    result = world.handler(job, again)
    assert again.of(ReweightedEvent) == []
    assert result.schedule is not None
    assert (result.schedule.weights, result.schedule.reweightings) == (requested, ())
    reward = reward_for(context.robot)
    assert hashlib.sha256(replay(context, reward, result.schedule)).hexdigest() == (
        result.params_sha256
    )
    others = result.schedule.model_copy(update={"weights": {}})
    assert hashlib.sha256(replay(context, reward, others)).hexdigest() != result.params_sha256


def test_weights_of_other_terms_are_passed_over(world: World) -> None:
    job = world.claim()
    control = Control(job.fence, requests={0: {"nothing": 1.0}})
    result = world.handler(job, control)
    assert control.of(ReweightedEvent) == []
    assert result.schedule is not None
    assert result.schedule.reweightings == ()


def test_weights_that_no_update_follows_are_not_taken_over(scored_context: TrainingContext) -> None:
    scored_context.evaluator = scored_context.quick_evaluator = FixedEvaluator(0.1, 0.5, 0.9)  # type: ignore[assignment]
    counting = World(scored_context, ppo_s=3.0)
    job = counting.claim()
    first = Control(job.fence)
    counting.handler(job, first)
    done = len(first.of(ProgressEvent))

    world = World(scored_context, ppo_s=3.0)
    job = world.claim()
    weights = exported_for(scored_context.robot).weights
    requested = {name: 3.0 * weight for name, weight in weights.items()}
    late = Control(job.fence, requests={done: requested})
    result = world.handler(job, late)
    assert len(late.of(ProgressEvent)) == done
    assert late.of(ReweightedEvent) == []
    assert result.schedule is not None
    assert result.schedule.reweightings == ()
