"""Fine-tuning and its checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Never

import jax
import numpy as np
import pytest

from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.joints import MotorLines
from tabrl.control.rollout import Rollout, concatenate
from tabrl.embodiments.load import embodiment_of
from tabrl.rewards.memory import RewardCarry
from tabrl.sim.learning.ppo import TrainState
from tabrl.sim.simulator import Experience, Simulator
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.finetune import FineTune, UpdateReport
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.storage.checkpoints import (
    MAX_CHECKPOINTS,
    Checkpoint,
    CheckpointMetadata,
    CheckpointStore,
)
from tabrl_trainer.tiers.recipes import A_MINUTE, CRITIC_WARM_UP_UPDATES, Recipe
from tests.support.engine import GO1, ROBOTS, SMALL
from tests.support.training_context import some_schedule
from tests.support.training_job import reward_for
from tests.twins import MemoryBlobStore

BLOCK = SMALL.unroll * ROBOTS


class SecondHand:
    """A clock that shows one second more at every look: an update takes exactly one."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def metadata_of(context: TrainingContext) -> CheckpointMetadata:
    return CheckpointMetadata(
        program=ScheduleDocument.of(some_schedule(context)),
        search_samples=1234,
        generations=(4,),
        restarts=(),
        snapshots=2,
        stages_s={"search": 1.5},
    )


def tuning(
    context: TrainingContext, reward: RolloutReward, seed: int = 0, recipe: Recipe = A_MINUTE
) -> FineTune:
    return FineTune(
        context.simulator,
        context.learner,
        context.pretrained_state,
        reward,
        some_schedule(context),
        seed,
        SecondHand(),
        recipe,
    )


def leaves(tree: object) -> list[np.ndarray]:
    return [np.array(leaf) for leaf in jax.tree.leaves(tree)]


def equal(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_it_warms_the_critic_then_learns_and_leaves_the_pretrained_state_alone(
    context: TrainingContext, moving: RolloutReward
) -> None:
    before = leaves(context.pretrained_state)
    tune = tuning(context, moving)
    policies = [leaves(tune.state.train.params.policy)]
    reports: list[UpdateReport] = []
    for report in tune.run(CRITIC_WARM_UP_UPDATES + 2.5):
        reports.append(report)
        policies.append(leaves(tune.state.train.params.policy))
    assert [r.update for r in reports] == list(range(1, len(reports) + 1))
    assert [r.samples for r in reports] == [BLOCK * r.update for r in reports]
    assert len(reports) == CRITIC_WARM_UP_UPDATES + 2
    assert [r.critic_warm_up for r in reports] == [True] * CRITIC_WARM_UP_UPDATES + [False] * 2
    assert equal(policies[0], policies[CRITIC_WARM_UP_UPDATES])
    assert not equal(policies[CRITIC_WARM_UP_UPDATES], policies[-1])
    assert equal(before, leaves(context.pretrained_state))
    assert set(reports[0].terms) == {"motion", "calm"}
    assert sum(reports[0].terms.values()) == pytest.approx(reports[0].reward, rel=1e-4)
    assert reports[-1].kl > 0.0


def paid(context: TrainingContext, reward: RolloutReward, recipe: Recipe = A_MINUTE) -> np.ndarray:
    """What PPO is told that a first block of experience is worth, `[T, B]`."""
    told: list[np.ndarray] = []

    def update(state: TrainState, experience: Experience, reward: np.ndarray, *_: object) -> Never:
        told.append(reward)
        raise StopIteration

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context.learner, "update", update)
        with pytest.raises(RuntimeError, match="StopIteration"):
            list(tuning(context, reward, recipe=recipe).run(1.0))
    return told[0]


def test_turning_faster_than_motors_can_never_pays(
    context: TrainingContext, moving: RolloutReward, monkeypatch: pytest.MonkeyPatch
) -> None:
    def every_other(excess: float) -> np.ndarray:
        def overspeed(_: MotorLines, velocity: np.ndarray) -> np.ndarray:
            odd = np.arange(len(velocity))[:, None, None] % 2
            return np.where(odd, excess, np.zeros_like(velocity))

        monkeypatch.setattr(MotorLines, "overspeed", overspeed)
        return paid(context, moving)

    usual, fast = every_other(0.0), every_other(0.1)
    np.testing.assert_array_equal(fast[::2], usual[::2])
    assert (fast[1::2] < usual[1::2] - np.abs(usual).mean()).all()


def test_a_fall_costs_what_the_recipe_says(
    context: TrainingContext, moving: RolloutReward, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheaply = replace(A_MINUTE, fall_price=0.1)
    total = RolloutReward.total_of
    monkeypatch.setattr(RolloutReward, "total_of", lambda self, terms: np.abs(total(self, terms)))
    upright = paid(context, moving)
    rollout = type(context.simulator).rollout

    def falling(self: Simulator, *asked: Any) -> Experience:
        seen = rollout(self, *asked)
        terminated = np.zeros_like(seen.terminated)
        terminated[-1] = 1.0
        return replace(seen, terminated=terminated)

    monkeypatch.setattr(type(context.simulator), "rollout", falling)
    dear = paid(context, moving)
    cheap = paid(context, moving, cheaply)
    np.testing.assert_array_equal(dear[:-1], upright[:-1])
    np.testing.assert_array_equal(cheap[:-1], upright[:-1])
    lost = upright[-1] - dear[-1]
    assert (lost > 50.0 * np.abs(upright).mean()).all()  # all that could still be earned
    np.testing.assert_allclose(upright[-1] - cheap[-1], 0.1 * lost, rtol=1e-3)
    # Where there is nothing to earn, who falls is not better off than who goes on.
    monkeypatch.setattr(RolloutReward, "total_of", lambda self, terms: -np.abs(total(self, terms)))
    np.testing.assert_allclose(paid(context, moving, cheaply), paid(context, moving), rtol=1e-3)


REMEMBERS = """
def reward(state, action):
    moved = jnp.mean(jnp.square(state.joint_velocity()))
    return {"new": moved - rl.best_before(moved), "calm": rl.running_mean(-moved, 0.5)}
"""


def test_what_a_reward_remembers_goes_on_from_update_to_update(
    context: TrainingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    reward = reward_for(context.robot, REMEMBERS)
    blocks: list[Rollout] = []
    ended: list[np.ndarray] = []
    paid: list[np.ndarray] = []

    def noted(
        self: RolloutReward, rollout: Rollout, carry: RewardCarry | None, ends: np.ndarray
    ) -> np.ndarray:
        terms = terms_of(self, rollout, carry, ends)
        blocks.append(rollout)
        ended.append(ends)
        paid.append(terms)
        return terms

    terms_of = RolloutReward.terms_of
    tune = tuning(context, reward)
    monkeypatch.setattr(RolloutReward, "terms_of", noted)
    list(tune.run(updates=2))
    list(tune.run(updates=4))  # the robots begin anew: so does what is remembered
    monkeypatch.undo()
    for first in (0, 2):
        both = slice(first, first + 2)
        whole = reward.terms_of(concatenate(blocks[both]), ends=np.concatenate(ended[both]))
        np.testing.assert_allclose(np.concatenate(paid[both]), whole, atol=1e-4)


def test_a_checkpoint_goes_on_where_it_was_taken(
    context: TrainingContext, moving: RolloutReward
) -> None:
    tune, store = tuning(context, moving), CheckpointStore(MemoryBlobStore(), "job_a")
    first = list(tune.run(3.0))
    store.save(Checkpoint(metadata_of(context), tune.state), fence=1)
    saved = leaves(tune.state)
    resumed = tuning(context, moving)
    checkpoint = store.latest(resumed.state)
    assert checkpoint is not None
    assert checkpoint.metadata == metadata_of(context)
    assert equal(leaves(checkpoint.state), saved)
    resumed.state = checkpoint.state
    later = list(resumed.run(5.0))
    assert [r.update for r in later] == [len(first) + 1, len(first) + 2]
    assert later[0].samples == first[-1].samples + BLOCK
    assert first[-1].elapsed_s < later[0].elapsed_s < later[-1].elapsed_s <= 5.0


def test_the_store_keeps_the_newest_and_passes_over_what_it_cannot_read(
    context: TrainingContext, moving: RolloutReward
) -> None:
    blobs, tune = MemoryBlobStore(), tuning(context, moving)
    store = CheckpointStore(blobs, "job_a")
    assert store.latest(tune.state) is None
    for update in range(1, MAX_CHECKPOINTS + 3):
        state = tune.state.replace(update=np.int32(update))  # type: ignore[attr-defined]
        store.save(Checkpoint(metadata_of(context), state), fence=9 if update == 1 else 10)
    keys = blobs.list("checkpoints/job_a")
    assert len(keys) == MAX_CHECKPOINTS
    newest = store.latest(tune.state)
    assert newest is not None
    assert int(newest.state.update) == MAX_CHECKPOINTS + 2
    blobs.put("checkpoints/job_a/000011/000001.safetensors", b"torn")
    again = store.latest(tune.state)
    assert again is not None
    assert int(again.state.update) == MAX_CHECKPOINTS + 2


def test_checkpoints_of_earlier_versions_are_read() -> None:
    space = embodiment_of(GO1).commands  # the only robot of those versions
    written = (
        '{"program":{"constant":[0.5,0,0,0,0,0,0,0,0,0,0,0,0],'
        '"amplitude":[0,0,0,0,0,0,0,0,0,0,0,0,0],"phase":[0,0,0,0,0,0,0,0,0,0,0,0,0],'
        '"beat_frequency":1.0,"gait":"trot","gait_frequency":0.0},"search_samples":10,'
        '"generations":[4],"restarts":[7],"snapshots":3,"stages_s":{"search":1.5,"ppo":2.0}}'
    )
    metadata = CheckpointMetadata.model_validate_json(written)
    assert metadata.program.schedule(space) == CommandSchedule.asking(space, vx=0.5)
    assert (metadata.weights, metadata.reweightings) == ({}, ())
    assert (metadata.search_samples, metadata.restarts) == (10, (7,))
