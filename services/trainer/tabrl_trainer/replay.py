"""Doing a training again from its record: the same machine gives the same parameters."""

from __future__ import annotations

from tabrl.contracts.training import TrainingRecord
from tabrl.control.command_schedule import CommandSchedule
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.finetune import FineTune
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.search.staged_search import search_for
from tabrl_trainer.storage.params import params_file
from tabrl_trainer.tiers.beginning import Beginning, at_the_start
from tabrl_trainer.tiers.recipes import recipe_of


def replay(
    context: TrainingContext,
    reward: RolloutReward,
    record: TrainingRecord,
    beginning: Beginning | None = None,
) -> bytes:
    """The params file that a training on this record delivers.

    Evaluations on the way change nothing of what is learnt, so they are left out.

    Args:
        context: of the robot, without a pretrained policy if the training had none.
        reward: with the weights of the job's spec.
        record: of the training.
        beginning: what it began with, if that is not the pretrained policy.
    """
    beginning = beginning or at_the_start(context)
    reward = reward.in_calls_of(context.sizes.reward_steps)
    if record.weights:
        reward = reward.reweighted(record.weights)
    schedule = beginning.schedule or _search(context, reward, record)
    if record.kept == 0:
        return params_file(context.robot.id, beginning.weights, schedule, 0, context.robot.ground)
    tune = FineTune(
        context.training_simulator,
        context.learner,
        context.pretrained_state,
        reward,
        schedule,
        record.seed,
        recipe=recipe_of(
            record.tier, from_nothing=record.from_nothing, goes_on=record.origin is not None
        ),
        begin=beginning.state,
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
