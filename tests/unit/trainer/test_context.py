"""What a training context keeps, and of which robots contexts are kept."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import tabrl_trainer.context
from tabrl.robots import Robot
from tabrl_trainer.context import (
    EPISODES_A_ROUND,
    FEW_EPISODES,
    MAX_CONTEXTS,
    TrainingContext,
    TrainingContexts,
)
from tabrl_trainer.finetune import ROBOTS
from tabrl_trainer.pretrained import NotTrained, PretrainedPolicy
from tests.support.engine import GO1
from tests.support.training_context import learner_of


def test_one_simulator_of_a_size_is_enough(
    trained_robot: Robot, pretrained: PretrainedPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def simulator(_: object, size: int, **__: object) -> SimpleNamespace:
        made.append(size)
        return SimpleNamespace(size=size)

    monkeypatch.setattr(tabrl_trainer.context, "make_simulator", simulator)
    monkeypatch.setattr(tabrl_trainer.context, "Learner", lambda robot, _: learner_of(robot))
    context = TrainingContext(trained_robot, pretrained)
    assert sorted(made) == sorted({ROBOTS, EPISODES_A_ROUND, FEW_EPISODES})
    assert context.small_simulator.size == FEW_EPISODES
    assert context.coarse_simulator is context.simulator  # it has no cheaper physics


def test_a_search_ranks_on_coarse_physics_where_there_are_some(context: TrainingContext) -> None:
    assert context.coarse_simulator is not context.simulator
    assert context.coarse_simulator.size == context.simulator.size


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The robots whose contexts were made; every id is a robot's."""

    def robot(robot_id: str) -> Robot:
        return GO1.model_copy(update={"id": robot_id})

    monkeypatch.setattr(tabrl_trainer.context, "get_robot", robot)
    return []


def noted_contexts(made: list[str]) -> TrainingContexts:
    """Contexts that are noted in `made` and hold a robot only; `raw` is not trained."""

    def load(robot_id: str) -> PretrainedPolicy:
        if robot_id == "raw":
            raise NotTrained(robot_id, "nobody trained it", code="robot_not_trained")
        return PretrainedPolicy(b"", b"", b"")

    def make(robot: Robot, _: PretrainedPolicy) -> TrainingContext:
        made.append(robot.id)
        context = TrainingContext.__new__(TrainingContext)
        context.robot = robot
        return context

    return TrainingContexts(make, load)


def test_contexts_are_made_when_first_needed_and_the_least_recently_used_goes(
    made: list[str],
) -> None:
    contexts = noted_contexts(made)
    assert MAX_CONTEXTS == 2
    assert made == []
    first = contexts.get("a")
    assert first.robot.id == "a"
    contexts.get("b")
    assert contexts.get("a") is first
    contexts.get("c")  # in the place of b, which waited longer
    assert contexts.get("a") is first
    assert made == ["a", "b", "c"]
    contexts.get("b")
    assert made == ["a", "b", "c", "b"]


def test_an_untrained_robot_takes_nobodys_place(made: list[str]) -> None:
    contexts = noted_contexts(made)
    contexts.get("a")
    contexts.get("b")
    with pytest.raises(NotTrained):
        contexts.get("raw")
    contexts.get("a")
    contexts.get("b")
    assert made == ["a", "b"]
