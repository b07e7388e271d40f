"""Doing a training again from its record: the same machine gives the same parameters."""

from __future__ import annotations

from tabrl.contracts.training import TrainingRecord
from tabrl.control.command_schedule import CommandSchedule
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.finetune import FineTune
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.search.staged_search import search_for
from tabrl_trainer.storage.params import params_file


def replay(context: TrainingContext, reward: RolloutReward, record: TrainingRecord) -> bytes:
    """The params file that a training on this record delivers.

    `reward` carries the weights of the job's spec.
    """
    reward = reward.in_calls_of(context.sizes.reward_steps)
    if record.weights:
        reward = reward.reweighted(record.weights)
    schedule = _search(context, reward, record)
    if record.kept == 0:
        weights = context.pretrained_weights
        return params_file(context.robot.id, weights, schedule, 0, context.robot.ground)
    tune = FineTune(
        context.training_simulator,
        context.learner,
        context.pretrained_state,
        reward,
        schedule,
        record.seed,
    )
    changes = {change.update: change.weights for change in record.reweightings}
    # A restart went on from a checkpoint, with robots that had just been reset.
    ends = [update for update in record.restarts if update < record.kept] + [record.kept]

    def before(update: int) -> None:
        if update in changes:
            tune.reweight(changes[update])

    for end in ends:
        for _ in tune.run(updates=end, before=before):
            pass
    return params_file(context.robot.id, tune.weights, schedule, record.kept, context.robot.ground)


def _search(
    context: TrainingContext, reward: RolloutReward, record: TrainingRecord
) -> CommandSchedule:
    search = search_for(
        context, reward, record.phases_s, record.seed, repeat=record.repeat, motion=record.motion
    )  # fmt: skip
    *_, found = search.run(generations=record.generations)
    return found.best
