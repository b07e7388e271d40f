"""The checks' quantities against the reward contract's own state, which is other code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

from tabrl.contracts import quantities as catalogue
from tabrl.contracts.checks import CheckSpec, Statistic, quantities
from tabrl.contracts.quantities import CATALOGUE, Parts, Quantity
from tabrl.control.commands import CHANNELS
from tabrl.control.quantities import Measures
from tabrl.rewards.schema import rollout_schema
from tabrl.rewards.vocabulary import STATE_METHODS
from tabrl.robots import get_robot
from tabrl.sim.reward.state import RewardState

GO1 = get_robot("go1")
AXES = ("x", "y", "z")
# Of the contract's methods: those that are constants or names, and what shows the rest.
CONSTANT = {"dt", "default_pose", "joint_limits", "joint_names", "foot_names", "body_names"}
SHOWN_AS = {"base_euler": ("roll", "pitch", "yaw"), "phase": ("time",)}


@pytest.fixture(scope="module")
def fields() -> dict[str, NDArray[Any]]:
    """A rollout of numbers drawn at random: 6 steps of 3 robots, attitudes short of a full turn."""
    rng = np.random.default_rng(0)
    drawn = {
        name: rng.normal(0.0, 1.0, (6, 3, *shape)).astype(np.float32)
        for name, shape in rollout_schema(GO1).items()
    }
    turn = drawn["base_quaternion"] * 0.3 + np.array([1.0, 0.0, 0.0, 0.0], np.float32)
    drawn["base_quaternion"] = turn / np.linalg.norm(turn, axis=-1, keepdims=True)
    return drawn


def state_values(fields: dict[str, NDArray[Any]], method: str, *names: str) -> NDArray[Any]:
    """A method of the reward's state for every step and robot, `[T, B, …]`."""

    def one(step: dict[str, Any]) -> jax.Array:
        value: jax.Array = getattr(RewardState(step, GO1), method)(*names)
        return value

    return np.asarray(jax.vmap(jax.vmap(one))(fields))


def test_whatever_a_reward_may_read_can_be_checked() -> None:
    for method in STATE_METHODS.keys() - CONSTANT:
        for name in SHOWN_AS.get(method, (method,)):
            assert Quantity(name) in CATALOGUE


@pytest.mark.parametrize("method", sorted(STATE_METHODS.keys() - CONSTANT - SHOWN_AS.keys()))
def test_checks_and_rewards_read_the_same_numbers(
    fields: dict[str, NDArray[Any]], method: str
) -> None:
    quantity = Quantity(method)
    measures = Measures(fields, GO1)
    kind = CATALOGUE[quantity].parts
    if kind is Parts.NONE:
        assert measures.of(quantity) == pytest.approx(state_values(fields, method), abs=1e-5)
        return
    spatial = kind in (Parts.FEET_IN_SPACE, Parts.FEET_VECTORS, Parts.BODIES_IN_SPACE)
    for column, part in enumerate(catalogue.parts_of(quantity, GO1)):
        owner, _, axis = part.rpartition("_")
        if method == "get_joint_angle":
            expected = state_values(fields, method, part)
        elif not spatial:
            expected = state_values(fields, method)[..., column]
        elif axis in AXES:
            expected = state_values(fields, method, owner)[..., AXES.index(axis)]
        else:
            expected = np.linalg.norm(state_values(fields, method, part), axis=-1)
        assert measures.of(quantity, part) == pytest.approx(expected, abs=1e-5), part


def test_the_catalogue_knows_the_robots_parts() -> None:
    infos = {info.name: info for info in quantities(GO1)}
    assert infos.keys() == set(Quantity)
    assert infos[Quantity.JOINT_TORQUE].parts == GO1.joint_names
    assert infos[Quantity.JOINT_TORQUE].unit == "N·m"
    assert "FL_z" in infos[Quantity.FOOT_FORCE].parts
    assert infos[Quantity.COMMAND].parts == CHANNELS
    assert CHANNELS is catalogue.CHANNELS
    assert infos[Quantity.FOOT_HEIGHT].part_required
    assert not infos[Quantity.HEIGHT].part_required
    assert all(info.description for info in infos.values())
    # Whatever can be chosen in a form is a valid check.
    for info in infos.values():
        for part in info.parts or (None,):
            CheckSpec(id="c", quantity=info.name, statistic=Statistic.MAX, part=part, at_most=1.0)


def test_the_schema_tells_a_writer_what_everything_means() -> None:
    schema = CheckSpec.model_json_schema()
    for name in ("quantity", "statistic", "part", "frequency", "threshold", "at_least", "start_s"):
        assert schema["properties"][name]["description"]
    told = schema["properties"]["quantity"]["description"]
    assert all(str(quantity) in told for quantity in Quantity)


def test_the_manual_names_all_quantities_and_statistics() -> None:
    manual = Path(__file__).parents[3].joinpath("docs/rewards.md").read_text()
    for name in (*Quantity, *Statistic):
        assert f"| `{name}` |" in manual


def test_tilt_is_the_angle_to_the_vertical(fields: dict[str, NDArray[Any]]) -> None:
    _, x, y, _ = np.moveaxis(fields["base_quaternion"].astype(np.float64), -1, 0)
    up = 1.0 - 2.0 * (x * x + y * y)
    assert Measures(fields, GO1).of(Quantity.TILT) == pytest.approx(np.arccos(up), abs=1e-4)
