"""A recorded schedule, done again, gives the same parameters."""

from __future__ import annotations

import hashlib

from tabrl.contracts.training import Reweighting, TrainingRecord
from tabrl.sim.learning.networks import policy_weights
from tabrl.sim.reward.function import load_reward
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.finetune import FineTune
from tabrl_trainer.replay import replay
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.search import CommandSearch
from tabrl_trainer.storage.params import params_file
from tests.support.engine import FORWARD, exported


def fresh_reward() -> RolloutReward:
    artifact = exported(FORWARD)
    return RolloutReward(load_reward(artifact.blob), artifact.weights)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_weights_changed_on_the_way_and_a_restart_are_part_of_the_schedule(
    context: TrainingContext,
) -> None:
    reward, seed, later = fresh_reward(), 3, {"speed": 0.2, "level": 1.0}
    act = context.pretrained_weights.act
    *_, found = CommandSearch(context.simulator, act, reward, context.library, seed).run(
        generations=(1,)
    )
    tune = FineTune(
        context.simulator, context.learner, context.pretrained_state, reward, found.best, seed
    )
    for report in tune.run(updates=7):
        if report.update == 6:
            tune.reweight(later)
    for _ in tune.run(updates=9):  # as after a restart: robots begin anew
        pass
    state = tune.state.train
    weights = policy_weights(state.params.policy, state.normalizer)
    done = sha256(params_file("go1", weights, found.best, 9))

    schedule = TrainingRecord(
        seed=seed, generations=(1,), updates=9, kept=9, restarts=(7,),
        reweightings=(Reweighting(update=6, weights=later),),
    )  # fmt: skip
    assert sha256(replay(context, fresh_reward(), schedule)) == done
    unchanged = schedule.model_copy(update={"reweightings": ()})
    assert sha256(replay(context, fresh_reward(), unchanged)) != done
    unbroken = schedule.model_copy(update={"restarts": ()})
    assert sha256(replay(context, fresh_reward(), unbroken)) != done


def test_a_withdrawn_result_replays_to_the_pretrained_policy(
    context: TrainingContext,
) -> None:
    schedule = TrainingRecord(seed=0, generations=(1,), updates=9, kept=0)
    once, again = (replay(context, fresh_reward(), schedule) for _ in range(2))
    assert once == again
