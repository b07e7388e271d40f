"""A recorded schedule, done again, gives the same parameters."""

from __future__ import annotations

import hashlib

from tabrl.contracts.training import Reweighting, TrainingRecord
from tabrl.sim.learning.networks import policy_weights
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.finetune import FineTune
from tabrl_trainer.replay import replay
from tabrl_trainer.search.command_search import CommandSearch
from tabrl_trainer.storage.params import params_file
from tests.support.training_job import reward_for


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_weights_changed_on_the_way_and_a_restart_are_part_of_the_schedule(
    context: TrainingContext,
) -> None:
    reward, seed, later = reward_for(context.robot), 3, {"motion": 0.2, "calm": 1.0}
    act = context.pretrained_weights.act
    search = CommandSearch(
        context.embodiment, context.simulator, act, reward, context.library, seed
    )
    *_, found = search.run(generations=(1,))
    tune = FineTune(
        context.training_simulator, context.learner, context.pretrained_state, reward, found.best,
        seed,
    )  # fmt: skip
    for report in tune.run(updates=7):
        if report.update == 6:
            tune.reweight(later)
    for _ in tune.run(updates=9):  # as after a restart: robots begin anew
        pass
    state = tune.state.train
    weights = policy_weights(state.params.policy, state.normalizer)
    done = sha256(params_file(context.robot.id, weights, found.best, 9))

    schedule = TrainingRecord(
        seed=seed, generations=(1,), updates=9, kept=9, restarts=(7,),
        reweightings=(Reweighting(update=6, weights=later),),
    )  # fmt: skip
    assert sha256(replay(context, reward_for(context.robot), schedule)) == done
    unchanged = schedule.model_copy(update={"reweightings": ()})
    assert sha256(replay(context, reward_for(context.robot), unchanged)) != done
    unbroken = schedule.model_copy(update={"restarts": ()})
    assert sha256(replay(context, reward_for(context.robot), unbroken)) != done


def test_a_withdrawn_result_replays_to_the_pretrained_policy(
    context: TrainingContext,
) -> None:
    schedule = TrainingRecord(seed=0, generations=(1,), updates=9, kept=0)
    once, again = (replay(context, reward_for(context.robot), schedule) for _ in range(2))
    assert once == again
