"""What a training context keeps, and of which robots contexts are kept."""

from __future__ import annotations

from types import SimpleNamespace
from typing import get_args

import jax
import pytest

import tabrl_trainer.context
from tabrl.robots import Robot
from tabrl.sim.factory import SimulatorKind
from tabrl.sim.motion_library import MotionLibrary
from tabrl_trainer.context import TrainingContext, TrainingContexts
from tabrl_trainer.pretrained import NotTrained, PretrainedPolicy
from tabrl_trainer.sizes import CPU, GPU, TrainingSizes, sizes_for
from tests.support.engine import GO1
from tests.support.training_context import learner_of


@pytest.mark.parametrize("sizes", [CPU, GPU], ids=["cpu", "gpu"])
def test_one_simulator_of_a_size_is_enough(
    trained_robot: Robot,
    pretrained: PretrainedPolicy,
    sizes: TrainingSizes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []

    def simulator(_: object, size: int, **__: object) -> SimpleNamespace:
        made.append(size)
        return SimpleNamespace(size=size)

    monkeypatch.setattr(tabrl_trainer.context, "make_simulator", simulator)
    monkeypatch.setattr(tabrl_trainer.context, "Learner", lambda robot, _: learner_of(robot))
    context = TrainingContext(trained_robot, pretrained, sizes=sizes)
    robots = sizes.fine_tuning.robots
    counts = {robots, sizes.episodes_a_round, sizes.few_episodes}
    # One more for PPO, whose robots differ.
    assert sorted(made) == sorted([*counts, robots])
    assert context.small_simulator.size == sizes.few_episodes
    assert context.coarse_simulator is context.simulator  # it has no cheaper physics


def test_a_search_ranks_on_coarse_physics_where_there_are_some(context: TrainingContext) -> None:
    assert context.coarse_simulator is not context.simulator
    assert context.coarse_simulator.size == context.simulator.size


def test_a_gpu_has_larger_batches_only_where_it_steps_the_robots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds = get_args(SimulatorKind)
    assert all(sizes_for(kind) is CPU for kind in kinds)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert {kind for kind in kinds if sizes_for(kind) is GPU} == {"auto", "mjx", "warp"}
    assert sizes_for("cpu") is CPU


@pytest.mark.parametrize("sizes", [CPU, GPU], ids=["cpu", "gpu"])
def test_batches_divide_into_minibatches_and_calls(sizes: TrainingSizes) -> None:
    for batch in (sizes.fine_tuning, sizes.pretraining):
        assert batch.robots % batch.config.minibatches == 0
    block = sizes.fine_tuning.robots * sizes.fine_tuning.config.unroll
    assert block == sizes.reward_steps


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
        context.embodiment = SimpleNamespace(robot=robot)  # type: ignore[assignment]
        context._library = MotionLibrary.__new__(MotionLibrary)
        return context

    return TrainingContexts(make, load)


def test_a_context_is_made_when_first_needed_and_there_is_one_at_a_time(made: list[str]) -> None:
    contexts = noted_contexts(made)
    assert made == []
    first = contexts.get("a")
    assert first.robot.id == "a"
    assert contexts.get("a") is first
    contexts.get("b")
    contexts.get("b")
    assert made == ["a", "b"]
    assert contexts.get("a") is not first
    assert made == ["a", "b", "a"]


def test_what_was_compiled_for_the_last_two_robots_is_kept(
    made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[str] = []
    monkeypatch.setattr(
        tabrl_trainer.context, "forget_graphs", lambda one: forgotten.append(one.robot.id)
    )
    contexts = noted_contexts(made)
    for robot_id in ("a", "b", "a", "b", "a"):
        contexts.get(robot_id)
    assert forgotten == []
    contexts.get("c")
    assert forgotten == ["b"]
    contexts.get("b")
    assert forgotten == ["b", "a"]


def test_an_untrained_robot_takes_nobodys_place(made: list[str]) -> None:
    contexts = noted_contexts(made)
    first = contexts.get("a")
    with pytest.raises(NotTrained):
        contexts.get("raw")
    assert contexts.get("a") is first
    assert made == ["a"]


def test_warming_up_tells_of_every_part_before_it(context: TrainingContext) -> None:
    told: list[tuple[int, int]] = []
    context.warm_up(before=lambda number, count: told.append((number, count)))
    count = len(told)
    assert told == [(number, count) for number in range(1, count + 1)]
    assert count > 5
