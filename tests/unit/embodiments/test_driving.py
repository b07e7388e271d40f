"""What the page is told of driving: controls and moves that the robot's commands have."""

from __future__ import annotations

from itertools import chain
from typing import get_args

import pytest

from tabrl.contracts.driving import NOTHING, Control, Lag
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import driving_of
from tabrl.robots import Robot
from tabrl.robots.lags import LAGS, lags_of, store_lags
from tests.support.robots import ARMS, LEGGED, ROBOTS

DRIVEN = (*LEGGED, *ARMS)
OTHER = tuple(robot for robot in ROBOTS if robot not in DRIVEN)
each = pytest.mark.parametrize("robot", DRIVEN, ids=lambda robot: robot.id)


@each
def test_controls_are_channels_under_different_keys(robot: Robot) -> None:
    controls = driving_of(robot).controls
    assert {one.channel for one in controls} <= set(embodiment_of(robot).commands.names)
    keys = [key for one in controls for key in chain.from_iterable(one.keys)]
    assert len(keys) == len(set(keys)) > 0
    axes = [one.axis for one in controls if one.axis is not None]
    assert len(axes) == len(set(axes)) > 1
    assert {one.manner for one in controls} <= set(
        get_args(Control.model_fields["manner"].annotation)
    )


@each
def test_moves_are_made_of_what_swings(robot: Robot) -> None:
    space, moves = embodiment_of(robot).commands, driving_of(robot).moves
    assert len({move.name for move in moves}) == len(moves) >= 4
    for move in moves:
        assert any(wave.amplitude for wave in move.waves), move.name
        for wave in move.waves:
            assert wave.channel in space
            assert wave.harmonic == 1.0 or wave.harmonic in space.harmonics
            assert abs(wave.constant) + wave.amplitude > 0.0


@pytest.mark.parametrize("robot", OTHER, ids=lambda robot: robot.id)
def test_a_kind_that_says_nothing_is_not_driven(robot: Robot) -> None:
    assert driving_of(robot) == NOTHING


def test_lags_are_those_of_the_file(tmp_path, monkeypatch) -> None:
    robot = LEGGED[0]
    monkeypatch.setattr("tabrl.robots.lags.robot_folder", lambda _: tmp_path)
    assert lags_of(robot.id) == {}
    lags = (Lag(hz=0.5, s=0.01), Lag(hz=1.0, s=0.031))
    store_lags({"sway": lags}, tmp_path / LAGS)
    assert {move.name: move.lags for move in driving_of(robot).moves}["sway"] == lags
    (tmp_path / LAGS).write_text("[]")
    with pytest.raises(Invalid, match="cannot be read"):
        driving_of(robot)
