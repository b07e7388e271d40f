"""Doing a training again from its recorded schedule: the same machine gives the same parameters."""

from __future__ import annotations

from tabrl.contracts.training import TrainSchedule
from tabrl.control.program import CommandProgram
from tabrl_trainer.engine import RobotEngine
from tabrl_trainer.finetune import FineTune
from tabrl_trainer.params import params_file
from tabrl_trainer.scoring import TapeReward
from tabrl_trainer.sequence import search_for


def replay(engine: RobotEngine, reward: TapeReward, schedule: TrainSchedule) -> bytes:
    """The params file that a training with this schedule delivers.

    `reward` carries the weights of the job's spec.
    """
    if schedule.weights:
        reward.reweight(schedule.weights)
    program = _search(engine, reward, schedule)
    if schedule.kept == 0:
        return params_file(engine.robot.id, engine.base_weights, program, 0)
    tune = FineTune(
        engine.simulator, engine.learner, engine.base_state, reward, program, schedule.seed
    )
    changes = {change.update: change.weights for change in schedule.reweightings}
    # A restart went on from a checkpoint, with robots that had just been reset.
    ends = [update for update in schedule.restarts if update < schedule.kept] + [schedule.kept]

    def before(update: int) -> None:
        if update in changes:
            tune.reweight(changes[update])

    for end in ends:
        for _ in tune.run(updates=end, before=before):
            pass
    return params_file(engine.robot.id, tune.weights, program, schedule.kept)


def _search(engine: RobotEngine, reward: TapeReward, schedule: TrainSchedule) -> CommandProgram:
    search = search_for(engine, reward, schedule.phases_s, schedule.seed)
    *_, found = search.run(generations=schedule.generations)
    return found.best
