"""The checks' quantities against the reward contract's own state, which is other code."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.control.embodiment import Embodiment
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import catalogue_of, state_methods_of
from tabrl.rewards.state import Names
from tabrl.robots import Robot
from tests.support.robots import PACKAGED, ROBOTS

AXES = ("x", "y", "z")
# Of the contract's methods: those that are constants or names, and what shows the rest.
CONSTANT = {"dt", "default_pose", "joint_limits", "joint_names", "foot_names", "body_names"}
SHOWN_AS = {"base_euler": ("roll", "pitch", "yaw"), "phase": ("time",)}
Fields = dict[str, NDArray[Any]]
EACH = [
    pytest.param(robot, method, id=f"{robot.id}-{method}")
    for robot in ROBOTS
    for method in sorted(state_methods_of(robot).keys() - CONSTANT - SHOWN_AS.keys())
]


@cache
def fields(robot: Robot) -> Fields:
    """A rollout of numbers drawn at random: 6 steps of 3 robots, attitudes short of a full turn."""
    rng = np.random.default_rng(0)
    drawn = {
        name: rng.normal(0.0, 1.0, (6, 3, *shape)).astype(np.float32)
        for name, shape in embodiment_of(robot).schema.items()
    }
    for name in (name for name in drawn if name.endswith("_quaternion")):
        turn = drawn[name] * 0.3 + np.array([1.0, 0.0, 0.0, 0.0], np.float32)
        drawn[name] = turn / np.linalg.norm(turn, axis=-1, keepdims=True)
    drawn.pop("heading", None)  # one thing with the attitude
    return embodiment_of(robot).completed(drawn)


def state_values(robot: Robot, method: str, *names: str) -> NDArray[Any]:
    """A method of the reward's state for every step and robot, `[T, B, …]`."""
    embodiment = embodiment_of(robot)
    known = Names(robot, embodiment.commands.names)

    def one(step: dict[str, Any]) -> jax.Array:
        state = embodiment.reward_state(step, known, jnp)
        value: jax.Array = getattr(state, method)(*names)
        return value

    return np.asarray(jax.vmap(jax.vmap(one))(fields(robot)))


def test_whatever_a_reward_may_read_can_be_checked(robot: Robot) -> None:
    catalogue = catalogue_of(robot)
    for method in state_methods_of(robot).keys() - CONSTANT:
        for name in SHOWN_AS.get(method, (method,)):
            assert catalogue.canonical(name) in catalogue


def test_a_reward_may_read_what_is_described_and_nothing_else(embodiment: Embodiment) -> None:
    methods = {name for name in dir(embodiment.reward_state) if not name.startswith("_")}
    assert methods == state_methods_of(embodiment.robot).keys()


@pytest.mark.parametrize(("robot", "method"), EACH)
def test_checks_and_rewards_read_the_same_numbers(robot: Robot, method: str) -> None:
    catalogue = catalogue_of(robot)
    quantity = catalogue.canonical(method)
    measures = embodiment_of(robot).measured(fields(robot))
    parts = catalogue[quantity].parts
    if not parts.names:
        assert measures.of(quantity) == pytest.approx(state_values(robot, method), abs=1e-5)
        return
    for column, part in enumerate(parts.names):
        owner, _, axis = part.rpartition("_")
        if method == "get_joint_angle":
            expected = state_values(robot, method, part)
        elif not parts.owners:
            expected = state_values(robot, method)[..., column]
        elif axis in AXES:
            expected = state_values(robot, method, owner)[..., AXES.index(axis)]
        else:
            expected = np.linalg.norm(state_values(robot, method, part), axis=-1)
        assert measures.of(quantity, part) == pytest.approx(expected, abs=1e-5), part


def test_the_catalogue_knows_the_robots_parts(embodiment: Embodiment) -> None:
    catalogue, robot = embodiment.catalogue, embodiment.robot
    infos = {info.name: info for info in catalogue.infos()}
    assert infos.keys() == set(catalogue.entries)
    assert infos["joint_torque"].parts == robot.joint_names
    assert infos["joint_torque"].unit == "N·m"
    assert f"{robot.body_names[-1]}_z" in infos["body_position"].parts
    assert infos["command"].parts == embodiment.commands.names
    assert infos["joint_position"].part_required
    assert not infos["joint_speed"].part_required
    assert all(info.description for info in infos.values())
    # Whatever can be chosen in a form is a valid check.
    for info in infos.values():
        for part in info.parts or (None,):
            CheckSpec(id="c", quantity=info.name, statistic=Statistic.MAX, part=part, at_most=1.0)


def test_what_the_robot_does_not_have_is_refused(embodiment: Embodiment) -> None:
    measures = embodiment.measured(fields(embodiment.robot))
    for quantity, part, code in (
        ("mood", None, "unknown_quantity"),
        ("joint_position", None, "unknown_part"),
        ("joint_position", "tail", "unknown_part"),
    ):
        with pytest.raises(Invalid) as caught:
            measures.of(quantity, part)
        assert caught.value.code == code


def test_the_schema_tells_a_writer_what_everything_means() -> None:
    schema = CheckSpec.model_json_schema()
    for name in ("quantity", "statistic", "part", "frequency", "threshold", "at_least", "start_s"):
        assert schema["properties"][name]["description"]


@pytest.mark.parametrize("robot", PACKAGED, ids=lambda robot: robot.id)
def test_the_manual_names_all_quantities_and_statistics(robot: Robot) -> None:
    manual = Path(__file__).parents[3].joinpath("docs/rewards.md").read_text()
    for name in (*catalogue_of(robot).entries, *Statistic):
        assert f"| `{name}` |" in manual
