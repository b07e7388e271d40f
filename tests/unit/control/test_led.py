"""Paths of checks: three ways to find where they lead, written apart, say the same."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from tabrl.contracts.checks import CheckSpec, describe, fault_of
from tabrl.contracts.path import MAX_POINTS, Path, Point
from tabrl.contracts.quantities import WORLD_AXES, Catalogue, Entry, named
from tabrl.control import waypoints
from tabrl.control.measures import Measures, led
from tabrl.domain.errors import Invalid
from tabrl.robots import get_robot
from tabrl.sim.reward.array_functions import along

TIMES = np.linspace(0.0, 15.0, 601)
CATALOGUE = Catalogue(
    {
        "tool_position": Entry("m", "place", named(WORLD_AXES, "an axis")),
        "height": Entry("m", "height"),
    }
)


class Plain(Measures):
    """Quantities that are fields of the rollout, all of them."""

    derived: ClassVar[dict[str, Any]] = {}


def drawn(seed: int, *, repeat: bool) -> Path:
    """A path through random places, one of which comes twice."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.2, 1.0, 9))
    places = rng.normal(size=(9, 3))
    places[5] = places[4]
    if repeat:
        places[-1] = places[0]
    rows = [(t, x, y, z) for t, (x, y, z) in zip(times.tolist(), places.tolist(), strict=True)]
    return Path(points=tuple(rows), repeat=repeat)


@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_checks_rewards_and_commands_lead_to_the_same_places(seed: int, repeat: bool) -> None:
    path = drawn(seed, repeat=repeat)
    expected = led(path, TIMES)
    rewarded = jax.vmap(lambda time: along(path.points, time, repeat))(jnp.asarray(TIMES))
    np.testing.assert_allclose(rewarded, expected, atol=2e-4)
    # A command goes there from zero before the first point, and then as well.
    begun = tuple((t - path.begin_s, x, y, z) for t, x, y, z in path.points)
    packed = np.tile(waypoints.Path(begun, repeat).packed(3), (len(TIMES), 1))
    since = np.maximum(TIMES - path.begin_s, 0.0).astype(np.float32)
    np.testing.assert_allclose(waypoints.along(packed, since, 3), expected, atol=2e-4)


def test_points_are_passed_at_their_times_and_ends_are_held() -> None:
    path = drawn(0, repeat=False)
    places = np.array(path.points)[:, 1:]
    np.testing.assert_allclose(led(path, np.array([p[0] for p in path.points])), places, atol=1e-9)
    np.testing.assert_allclose(led(path, np.array([0.0, 99.0])), places[[0, -1]], atol=1e-9)


def test_a_later_path_is_the_same_later() -> None:
    path = drawn(1, repeat=True)
    np.testing.assert_allclose(led(path.later(2.5), TIMES + 2.5), led(path, TIMES), atol=1e-9)


@pytest.mark.parametrize(
    ("points", "repeat", "message"),
    [
        (((0.0, 0, 0, 0),), False, "at least 2"),
        (((1.0, 0, 0, 0), (1.0, 1, 0, 0)), False, "go up"),
        (((-1.0, 0, 0, 0), (1.0, 1, 0, 0)), False, "greater than or equal"),
        (((0.0, 0, 0, 0), (50.0, 1, 0, 0)), False, "less than or equal"),
        (((0.0, 0, 0, 0), (1.0, 1, 0, 0)), True, "ends where it began"),
        (tuple((0.1 * k, 0, 0, k) for k in range(MAX_POINTS + 1)), False, "at most 64"),
    ],
)
def test_what_is_no_path_is_refused(points: tuple[Point, ...], repeat: bool, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Path(points=points, repeat=repeat)


def test_how_far_a_place_is_from_a_path_can_be_checked() -> None:
    path = drawn(2, repeat=False)
    off = np.array([0.03, 0.0, 0.04])
    rollout = {"time": TIMES[:, None], "tool_position": (led(path, TIMES) + off)[:, None]}
    rollout["height"] = rollout["time"]
    measures = Plain(rollout, get_robot("go1"), CATALOGUE)
    np.testing.assert_allclose(measures.from_path("tool_position", path), 0.05, atol=1e-9)
    with pytest.raises(Invalid) as error:
        measures.from_path("height", path)
    assert error.value.code == "unknown_part"


def test_a_check_of_a_path_says_so_and_has_no_part() -> None:
    check = CheckSpec(
        id="on_path", quantity="tool_position", statistic="mean", path=drawn(0, repeat=False),
        at_most=0.008,
    )  # fmt: skip
    assert describe(check, CATALOGUE).name == "mean distance of tool position from its path"
    assert fault_of(check, CATALOGUE, 10.0) is None
    faulty = check.model_copy(update={"part": "x"})
    assert fault_of(faulty, CATALOGUE, 10.0) == "a path has no part"
    other = check.model_copy(update={"quantity": "height"})
    assert fault_of(other, CATALOGUE, 10.0) == "height follows no path"


def test_rewards_say_what_is_no_path() -> None:
    for points in ([[0.0, 1.0]], 3.0, [[0.0], [1.0]]):
        with pytest.raises(ValueError, match="along takes"):
            along(points, 0.0)  # type: ignore[arg-type]
