"""What is measured of walks over grounds."""

from __future__ import annotations

import pytest
from bench.grounds import grounds, walk

from tabrl.contracts.ground import Ground
from tabrl.embodiments.load import load_policy
from tabrl.robots import get_robot
from tabrl_trainer.pretrained import load_pretrained

ROBOT = get_robot("go1")


def test_walks_are_as_fast_as_they_are_and_falls_are_counted() -> None:
    weights = load_policy(load_pretrained(ROBOT.id).policy).weights
    flat = walk(ROBOT, weights, count=2, seconds=4.0)
    assert flat.falls == 0.0
    assert flat.speed == pytest.approx(0.5, abs=0.05)
    assert flat.way == pytest.approx(2.0, abs=0.4)
    steep = walk(ROBOT.on(Ground(shape="slope", angle_deg=25.0)), weights, count=2, seconds=4.0)
    assert not steep.speed > 0.4  # slower, or fallen
    assert steep.way < 0.8 * flat.way


def test_grounds_go_by_the_size_of_the_robot_and_begin_with_flat() -> None:
    small, large = list(grounds(ROBOT)), list(grounds(get_robot("anymal_c")))
    assert small[0].plain
    assert len(small) == len(large) == len(set(small))
    assert all(abs(a.height_m) <= abs(b.height_m) for a, b in zip(small, large, strict=True))
