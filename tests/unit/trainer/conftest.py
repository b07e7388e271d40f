"""A small trainer around every pretrained policy that can be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

import tabrl.contracts.checks
import tabrl_trainer.evaluation
import tabrl_trainer.stages.evaluate
from tabrl.robots import Robot
from tabrl.sim.robustness import CHUNK_S
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.pretrained import PretrainedPolicy
from tabrl_trainer.rollout_reward import RolloutReward
from tests.support.engine import FORWARD, GO1
from tests.support.training_context import (
    context_of,
    pretrained_policy,
    trained_legged,
    trained_of_each_kind,
)
from tests.support.training_job import World, reward_for


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabrl.contracts.checks, "EPISODE_S", 2.5)
    monkeypatch.setattr(tabrl_trainer.evaluation, "EPISODE_S", 2.5)
    monkeypatch.setattr(tabrl_trainer.stages.evaluate, "DISTURBED_S", CHUNK_S)


@pytest.fixture(scope="session")
def shipped() -> PretrainedPolicy:
    """The policy that comes with the project."""
    return pretrained_policy(GO1.id)


@pytest.fixture(scope="session", params=trained_of_each_kind(), ids=lambda robot: robot.id)
def trained_robot(request: pytest.FixtureRequest) -> Robot:
    """A robot of every kind that has a pretrained policy."""
    robot: Robot = request.param
    return robot


# Some folders have a `trained_robot` of their own. What is made of it for a whole session would
# stay with the robot of whichever came first, so these are asked for each test; they are cached.
@pytest.fixture
def pretrained(trained_robot: Robot) -> PretrainedPolicy:
    return pretrained_policy(trained_robot.id)


@pytest.fixture
def context(trained_robot: Robot) -> TrainingContext:
    return context_of(trained_robot)


@pytest.fixture
def moving(trained_robot: Robot) -> RolloutReward:
    """Move, whatever there is to be moved."""
    return moving_reward(trained_robot)


moving_reward = cache(reward_for)


@pytest.fixture(scope="session", params=trained_legged(), ids=lambda robot: robot.id)
def walker(request: pytest.FixtureRequest) -> TrainingContext:
    """The one of them that walks."""
    return context_of(request.param)


@pytest.fixture(scope="session")
def forward(walker: TrainingContext) -> RolloutReward:
    """Walk forward at half a metre a second."""
    return reward_for(walker.robot, FORWARD)


@pytest.fixture
def world(context: TrainingContext) -> World:
    """A job that waits; by its clock, the search uses some of its time."""
    return World(context, ppo_s=10.0)


@pytest.fixture
def scored_context(context: TrainingContext) -> Iterator[TrainingContext]:
    """The context, whose evaluators a test may replace."""
    evaluators = context.evaluator, context.quick_evaluator
    yield context
    context.evaluator, context.quick_evaluator = evaluators
