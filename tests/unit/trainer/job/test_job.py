"""A training job from claim to result."""

from __future__ import annotations

import hashlib
import math

import pytest

from tabrl.contracts.events import (
    EvaluationEvent,
    ProgressEvent,
    SearchEvent,
    SnapshotEvent,
    StageEvent,
)
from tabrl.embodiments.load import load_policy
from tabrl.ports import JobStoppedError, StopReason
from tabrl.robots import Robot, scene_sha256
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.plateau import Plateau
from tabrl_trainer.pretrained import PretrainedPolicy
from tabrl_trainer.replay import replay
from tabrl_trainer.stages import fine_tune
from tabrl_trainer.tiers.recipes import CRITIC_WARM_UP_UPDATES
from tests.support.training_context import trained_of_each_kind
from tests.support.training_job import MOVES, Control, World, check_episodes, reward_for

TWO_WINDOWS = CRITIC_WARM_UP_UPDATES + 2  # of one update each, by which a plateau is judged


@pytest.fixture(scope="session", params=trained_of_each_kind(), ids=lambda robot: robot.id)
def trained_robot(request: pytest.FixtureRequest) -> Robot:
    """A robot of every kind that has a pretrained policy."""
    robot: Robot = request.param
    return robot


def test_ppo_ends_early_where_the_budget_lets_it_and_the_reward_is_flat(
    context: TrainingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fine_tune, "Plateau", lambda: Plateau(window=1, least_gain=math.inf))
    world = World(context, ppo_s=10.0)
    spec = world.jobs.get(world.job_id).spec
    assert spec is not None
    budget = spec.budget.model_copy(update={"stop_when_flat": True})
    job = world.claim().model_copy(update={"spec": spec.model_copy(update={"budget": budget})})
    result = world.handler(job, Control(job.fence))
    assert result.schedule is not None
    assert result.schedule.updates == TWO_WINDOWS


def test_a_job_is_searched_learnt_and_evaluated(world: World, pretrained: PretrainedPolicy) -> None:
    job = world.claim()
    control = Control(job.fence)
    result = world.handler(job, control)

    stages = [event.stage for event in control.of(StageEvent)]
    assert stages == ["loading", "search", "value_warmup", "ppo", "evaluation"]
    kinds = [event.type for event in control.events]
    assert kinds.index("search") < kinds.index("snapshot") < kinds.index("progress")
    assert kinds.index("evaluation") > max(i for i, k in enumerate(kinds) if k == "progress")

    samples = [e.samples for e in control.of(SearchEvent)]
    samples += [e.samples for e in control.of(ProgressEvent)]
    assert samples == sorted(set(samples))
    assert result.samples == samples[-1]

    snapshots = control.of(SnapshotEvent)
    assert len(snapshots) >= 3
    assert [e.version for e in snapshots] == list(range(1, len(snapshots) + 1))
    files = {hashlib.sha256(data).hexdigest(): data for data in world.params()}
    assert {e.params_sha256 for e in snapshots} == set(files)
    assert hashlib.sha256(pretrained.policy).hexdigest() not in files
    for data in files.values():
        policy = load_policy(data)
        assert policy.header.scene_sha256 == scene_sha256(job.robot)
        assert policy.schedule.in_words() == result.program_words

    assert world.model.params_version == result.snapshots == len(snapshots)
    assert world.model.params_sha256 == result.params_sha256
    assert files[result.params_sha256] == world.blobs.get(world.model.params_key)
    (evaluation,) = control.of(EvaluationEvent)
    assert (evaluation.base, evaluation.result) == (result.base, result.result)
    assert [check.id for check in result.checks] == [MOVES.id]
    assert set(result.stages_s) == {"search", "ppo", "selection", "evaluation"}
    assert result.schedule is not None
    assert result.schedule.updates > TWO_WINDOWS  # it was not asked to end where it is flat
    check_episodes(world, result, fence=job.fence)


def test_a_job_records_what_it_takes_to_do_it_again(world: World, context: TrainingContext) -> None:
    job = world.claim()
    with pytest.raises(JobStoppedError):
        world.handler(job, Control(job.fence, stop_at=7))
    job = world.claim()
    result = world.handler(job, Control(job.fence))
    schedule = result.schedule
    assert schedule is not None
    assert schedule.restarts == (7,)
    assert schedule.updates >= schedule.kept
    again = replay(context, reward_for(context.robot), schedule)
    assert hashlib.sha256(again).hexdigest() == result.params_sha256


def test_phases_are_trained_delivered_and_done_again(context: TrainingContext) -> None:
    world = World(context, ppo_s=5.0, phases_s=(0.6, 0.7))
    job = world.claim()
    control = Control(job.fence)
    result = world.handler(job, control)
    assert result.program_words.startswith("first ")
    searched = control.of(SearchEvent)
    assert len(searched) == 5  # a generation and a final for each phase, then both together
    assert searched[-1].program_words == result.program_words
    delivered = load_policy(world.blobs.get(world.model.params_key))
    assert delivered.schedule.stages_s == (0.6, 0.7)
    assert result.schedule is not None
    assert result.schedule.phases_s == (0.6, 0.7)
    again = replay(context, reward_for(context.robot), result.schedule)
    assert hashlib.sha256(again).hexdigest() == result.params_sha256


def test_a_cancelled_search_learns_nothing(world: World) -> None:
    job = world.claim()
    control = Control(job.fence, stop_at=0, reason=StopReason.CANCELLED)
    with pytest.raises(JobStoppedError) as stopped:
        world.handler(job, control)
    assert stopped.value.reason is StopReason.CANCELLED
    assert control.of(ProgressEvent) == []
    assert world.params() == []
