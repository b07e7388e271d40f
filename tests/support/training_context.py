"""Small trainers around pretrained policies, kept for all tests that train."""

from __future__ import annotations

from functools import cache

import pytest

import tabrl_trainer.context
from tabrl.control.command_schedule import CommandSchedule
from tabrl.robots import Robot, list_robots
from tabrl.sim.learning.ppo import Learner, PPOConfig
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.pretrained import NotTrained, load_pretrained
from tabrl_trainer.sizes import Batch, TrainingSizes
from tests.support.engine import GO1, ROBOTS, SMALL, small_learner
from tests.support.robots import OF_EACH_KIND

_BATCH = Batch(ROBOTS, SMALL)
SIZES = TrainingSizes(_BATCH, _BATCH, _BATCH, 4, 4, 8192)
pretrained_policy = cache(load_pretrained)


@cache
def trained_robots() -> tuple[Robot, ...]:
    """Robots of the registry whose pretrained policy can be loaded."""
    return tuple(robot for robot in list_robots() if _is_trained(robot))


def trained_of_each_kind() -> tuple[Robot, ...]:
    """The first of them of every kind: whose training differs, and takes a compile each."""
    return tuple(robot for robot in OF_EACH_KIND if robot in trained_robots())


def trained_legged() -> tuple[Robot, ...]:
    """Of those, the one that has legs."""
    return tuple(robot for robot in trained_of_each_kind() if robot.embodiment == "legged")


@cache
def learner_of(robot: Robot) -> Learner:
    """The one learner of a robot: what it compiles is compiled once."""
    return small_learner() if robot == GO1 else Learner(robot, SMALL)


@cache
def context_of(robot: Robot, *, from_nothing: bool = False) -> TrainingContext:
    """The real context with few robots and small chunks; perhaps as if nobody had trained it."""

    def shared(robot: Robot, _: PPOConfig) -> Learner:
        return learner_of(robot)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tabrl_trainer.context, "Learner", shared)
        pretrained = None if from_nothing else pretrained_policy(robot.id)
        return TrainingContext(robot, pretrained, sizes=SIZES)


def some_schedule(context: TrainingContext) -> CommandSchedule:
    """The first schedule of the robot's motion library that asks for something."""
    neutral = CommandSchedule.neutral(context.embodiment.commands)
    asked = (schedule for schedule in context.library.schedules if schedule not in (None, neutral))
    found = next(asked)
    assert found is not None
    return found


def _is_trained(robot: Robot) -> bool:
    try:
        pretrained_policy(robot.id)
    except NotTrained:
        return False
    return True
