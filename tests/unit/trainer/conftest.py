"""A small trainer around the shipped pretrained policy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import tabrl.contracts.checks
import tabrl_trainer.context
import tabrl_trainer.evaluation
import tabrl_trainer.finetune
from tabrl.sim.reward.function import load_reward
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.pretrained import PretrainedPolicy, load_pretrained
from tabrl_trainer.rollout_reward import RolloutReward
from tests.support.engine import FORWARD, GO1, ROBOTS, SMALL, CompiledLearner, exported
from tests.support.training_job import World

EPISODES = (4, 4, 4)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabrl_trainer.finetune, "CONFIG", SMALL)
    monkeypatch.setattr(tabrl.contracts.checks, "EPISODE_S", 2.5)
    monkeypatch.setattr(tabrl_trainer.evaluation, "EPISODE_S", 2.5)


@pytest.fixture(scope="session")
def shipped() -> PretrainedPolicy:
    return load_pretrained("go1")


@pytest.fixture(scope="session")
def context(shipped: PretrainedPolicy) -> TrainingContext:
    """The real context with few robots and small chunks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tabrl_trainer.context, "CONFIG", SMALL)
        patch.setattr(tabrl_trainer.context, "ROBOTS", ROBOTS)
        patch.setattr(tabrl_trainer.context, "EPISODES", EPISODES)
        patch.setattr(tabrl_trainer.context, "FEWER_EPISODES", EPISODES)
        patch.setattr(tabrl_trainer.context, "Learner", CompiledLearner)
        return TrainingContext(GO1, shipped)


@pytest.fixture(scope="session")
def forward() -> RolloutReward:
    """Walk forward at half a metre a second."""
    artifact = exported(FORWARD)
    return RolloutReward(load_reward(artifact.blob), artifact.weights)


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
