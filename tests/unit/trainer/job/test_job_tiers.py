"""The tiers of a job: the schedule alone, minutes with evaluations on the way, going on."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import pytest

import tabrl_trainer.stages.minutes
from tabrl.contracts.events import (
    MeasuredEvent,
    NoticeEvent,
    ProgressEvent,
    SearchEvent,
    SnapshotEvent,
    StageEvent,
)
from tabrl.contracts.tiers import EvaluationPoint, Tier
from tabrl.contracts.training import Origin, TrainBudget, TrainResult, TrainSpec
from tabrl.domain.errors import Conflict
from tabrl.embodiments.load import load_policy
from tabrl.ports import JobStoppedError, StopReason
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.replay import replay
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.stages.minutes import Minutes, Moment
from tabrl_trainer.tiers.beginning import beginning_of
from tests.support.training_job import Control, DiedError, World, check_episodes, reward_for

PPO_S = 20.0  # by a clock that ticks when it is looked at
Ran = tuple[World, TrainResult, Control]


def world_of(context: TrainingContext, tier: Tier, origin: Origin | None = None) -> World:
    """A waiting job of a tier, of a dozen updates or two where it learns."""
    world = World(context, ppo_s=PPO_S)

    def asked(spec: TrainSpec) -> TrainSpec:
        ppo_s = 0.0 if tier is Tier.COMMAND else PPO_S
        budget = TrainBudget(search_s=0.01, ppo_s=ppo_s)
        return spec.model_copy(update={"tier": tier, "budget": budget, "origin": origin})

    world.respecify(asked)
    return world


def done(world: World) -> tuple[TrainResult, Control]:
    """A job worked on to its end."""
    job = world.claim()
    control = Control(job.fence)
    return world.handler(job, control), control


def origin_of(world: World, result: TrainResult) -> Origin:
    model = world.model
    return Origin(
        job_id=world.job_id,
        params_key=model.params_key,
        params_sha256=model.params_sha256,
        samples=result.samples,
        minutes=1.0,
        history=result.history,
    )


def test_a_command_schedule_alone_is_searched_shown_and_measured(
    context: TrainingContext,
) -> None:
    world = world_of(context, Tier.COMMAND)
    result, control = done(world)
    assert [event.stage for event in control.of(StageEvent)] == ["loading", "search", "evaluation"]
    assert len(control.of(SnapshotEvent)) == 1  # playable before it is measured
    assert control.of(ProgressEvent) == []
    assert (result.tier, result.delivered, result.note) == (Tier.COMMAND, "program", "")
    assert result.result == result.program
    assert result.samples == control.of(SearchEvent)[-1].samples
    (point,) = result.history
    assert (point.reward, point.update, point.best) == (result.result.reward, 0, True)
    delivered = load_policy(world.blobs.get(world.model.params_key))
    first = delivered.weights.layers[0].kernel
    assert (first == context.pretrained_weights.layers[0].kernel).all()
    assert result.schedule is not None
    again = replay(context, reward_for(context.robot), result.schedule)
    assert hashlib.sha256(again).hexdigest() == result.params_sha256
    check_episodes(world, result, fence=1)


@pytest.fixture(scope="module")
def full_run(request: pytest.FixtureRequest) -> Callable[[TrainingContext], Ran]:
    """A full training, once for all tests that look at one."""
    kept: dict[str, Ran] = {}

    def ran(context: TrainingContext) -> Ran:
        if context.robot.id not in kept:
            world = world_of(context, Tier.FULL)
            kept[context.robot.id] = (world, *done(world))
        return kept[context.robot.id]

    return ran


def test_a_full_training_is_measured_on_the_way_and_keeps_its_best(
    context: TrainingContext, full_run: Callable[[TrainingContext], Ran]
) -> None:
    world, result, control = full_run(context)
    points = [event.point for event in control.of(MeasuredEvent)]
    assert len(points) >= 4
    assert points[0].update == 0  # what it began with
    assert [p.minutes for p in points] == sorted({p.minutes for p in points})
    assert result.schedule is not None
    assert points[-1].update == result.schedule.updates
    assert result.history[:-1] == tuple(points)
    assert result.history[-1].reward == result.result.reward
    falls = max(point.fall_rate for point in points)
    if falls == 0.0:  # then nothing but the reward ranks them
        so_far = [max(p.reward for p in points[: n + 1]) for n in range(len(points))]
        pairs = zip(points, so_far, strict=True)
        assert all((point.reward >= best) == point.best for point, best in pairs)
    learnt = {p.update for p in points if p.update > 0}
    assert result.schedule.kept in learnt | {0}
    delivered = load_policy(world.blobs.get(world.model.params_key))
    assert delivered.header.step == result.schedule.kept


def test_a_full_training_is_done_again_from_its_record(
    context: TrainingContext, full_run: Callable[[TrainingContext], Ran]
) -> None:
    _, result, _ = full_run(context)
    assert result.schedule is not None
    assert result.schedule.tier is Tier.FULL
    again = replay(context, reward_for(context.robot), result.schedule)
    assert hashlib.sha256(again).hexdigest() == result.params_sha256


def test_a_cancelled_full_training_leaves_its_best(
    context: TrainingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_of(context, Tier.FULL)
    job = world.claim()
    control = Control(job.fence, stop_at=12, reason=StopReason.CANCELLED)
    # As if what it began with were never reached again.
    real = tabrl_trainer.stages.minutes.KeptSnapshot

    def worse(**fields: object) -> object:
        return real(**(fields | {"reward": -float(str(fields["update"]))}))

    monkeypatch.setattr(tabrl_trainer.stages.minutes, "KeptSnapshot", worse)
    with pytest.raises(JobStoppedError):
        world.handler(job, control)
    points = [event.point for event in control.of(MeasuredEvent)]
    assert [point.best for point in points] == [True, *[False] * (len(points) - 1)]
    assert len(points) > 1
    assert control.of(SnapshotEvent)[-1].update == world.model.step == 0
    delivered = load_policy(world.blobs.get(world.model.params_key))
    first = delivered.weights.layers[0].kernel
    assert (first == context.pretrained_weights.layers[0].kernel).all()


def test_a_killed_full_training_loses_no_evaluation_and_not_its_best(
    context: TrainingContext,
) -> None:
    world = world_of(context, Tier.FULL)
    job = world.claim()
    first = Control(job.fence, die_at=18)
    with pytest.raises(DiedError):
        world.handler(job, first)
    before = [event.point for event in first.of(MeasuredEvent)]
    assert len(before) >= 2
    result, second = done(world)
    assert second.of(NoticeEvent)[0].code == "resumed"
    assert second.of(StageEvent)[1].stage != "search"
    after = [event.point for event in second.of(MeasuredEvent)]
    assert result.history[:-1] == (*before, *after)
    assert result.schedule is not None
    assert len(result.schedule.restarts) == 1
    again = replay(context, reward_for(context.robot), result.schedule)
    assert hashlib.sha256(again).hexdigest() == result.params_sha256


def test_a_killed_full_training_takes_no_more_minutes_than_were_asked_for(
    context: TrainingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_of(context, Tier.FULL)
    measure, measured = Minutes.measure, list[EvaluationPoint]()

    def slowly(minutes: Minutes, moment: Moment, reward: RolloutReward) -> EvaluationPoint:
        world.seconds.now += 6.0
        measured.append(measure(minutes, moment, reward))
        return measured[-1]

    monkeypatch.setattr(Minutes, "measure", slowly)
    job = world.claim()
    with pytest.raises(DiedError):
        world.handler(job, Control(job.fence, die_at=8))
    learnt = [point for point in measured if point.update > 0]
    assert learnt
    result, _ = done(world)
    learnt = [point for point in measured if point.update > 0]
    assert result.stages_s["ppo"] + 6.0 * len(learnt) < PPO_S + 4.0


def test_what_gains_nothing_ends_early(
    context: TrainingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        tabrl_trainer.stages.minutes, "gains_nothing", lambda points: len(points) > 1
    )
    world = world_of(context, Tier.FULL)
    result, control = done(world)
    assert "nothing_gained" in [event.code for event in control.of(NoticeEvent)]
    assert len(control.of(MeasuredEvent)) == 2
    assert len(result.history) == 3


@pytest.mark.parametrize("tier", [Tier.FINE_TUNE, Tier.FULL])
def test_it_keeps_going_from_a_result_under_its_schedule(
    context: TrainingContext, full_run: Callable[[TrainingContext], Ran], tier: Tier
) -> None:
    before, earlier, _ = full_run(context)
    origin = origin_of(before, earlier)
    world = world_of(context, tier, origin)
    world.blobs.put(origin.params_key, before.blobs.get(origin.params_key))
    result, control = done(world)
    assert "search" not in [event.stage for event in control.of(StageEvent)]
    begun = load_policy(world.params()[0])
    left = load_policy(before.blobs.get(origin.params_key))
    assert begun.schedule == left.schedule
    pairs = zip(begun.weights.layers, left.weights.layers, strict=True)
    assert all((one.kernel == other.kernel).all() for one, other in pairs)
    assert result.history[: len(earlier.history)] == earlier.history
    own = result.history[len(earlier.history) :]
    assert own
    assert all(point.minutes >= 1.0 and point.samples > earlier.samples for point in own)
    assert result.schedule is not None
    assert result.schedule.origin is not None
    begin = beginning_of(context, result.schedule.origin, world.blobs)
    again = replay(context, reward_for(context.robot), result.schedule, begin)
    assert hashlib.sha256(again).hexdigest() == result.params_sha256


def test_killed_while_it_keeps_going_it_begins_with_the_same_result(
    context: TrainingContext, full_run: Callable[[TrainingContext], Ran]
) -> None:
    before, earlier, _ = full_run(context)
    origin = origin_of(before, earlier)
    world = world_of(context, Tier.FULL, origin)
    world.blobs.put(origin.params_key, before.blobs.get(origin.params_key))
    job = world.claim()
    with pytest.raises(DiedError):
        world.handler(job, Control(job.fence, die_at=18))
    result, control = done(world)
    assert control.of(NoticeEvent)[0].code == "resumed"
    assert result.history[: len(earlier.history)] == earlier.history
    minutes = [point.minutes for point in result.history[len(earlier.history) :]]
    assert minutes == sorted(minutes)
    assert result.schedule is not None
    begin = beginning_of(context, result.schedule.origin, world.blobs)
    again = replay(context, reward_for(context.robot), result.schedule, begin)
    assert hashlib.sha256(again).hexdigest() == result.params_sha256


def test_a_result_that_is_gone_is_said_to_be(context: TrainingContext) -> None:
    origin = Origin(job_id="job_gone", params_key="params/job_gone/1", params_sha256="0" * 64)
    world = world_of(context, Tier.FULL, origin)
    with pytest.raises(Conflict) as refused:
        done(world)
    assert refused.value.code == "origin_gone"
    assert "were deleted" in refused.value.message
    world.blobs.put(origin.params_key, b"something else")
    with pytest.raises(Conflict, match="not those that were delivered"):
        done(world)


def test_an_hour_has_a_budget_of_an_hour() -> None:
    assert TrainBudget.of(Tier.FULL, 60).seconds == 3600.0
    assert TrainBudget.of(Tier.FINE_TUNE) == TrainBudget()
    assert TrainBudget.of(Tier.COMMAND).seconds < 6.0
    assert math.isclose(TrainBudget.of(Tier.COMMAND).ppo_s, 0.0)
