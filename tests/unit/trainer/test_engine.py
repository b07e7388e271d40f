"""What a robot's engine keeps."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import tabrl_trainer.context
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.evaluation import EPISODES, FEWER_EPISODES
from tabrl_trainer.finetune import ROBOTS
from tabrl_trainer.pretrained import PretrainedPolicy
from tests.support.engine import GO1, CompiledLearner


def test_one_simulator_of_a_size_is_enough(
    shipped: PretrainedPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def simulator(_: object, size: int, **__: object) -> SimpleNamespace:
        made.append(size)
        return SimpleNamespace(size=size)

    monkeypatch.setattr(tabrl_trainer.context, "make_simulator", simulator)
    monkeypatch.setattr(tabrl_trainer.context, "Learner", CompiledLearner)
    engine = TrainingContext(GO1, shipped)
    assert sorted(made) == sorted({ROBOTS, *EPISODES, *FEWER_EPISODES})
    assert engine.small_simulator.size == min(*EPISODES, *FEWER_EPISODES)
