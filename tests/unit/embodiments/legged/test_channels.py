"""What legged robots can be told: channels by name, in words, scaled by their size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tabrl.control.command_schedule import CommandSchedule, Wave
from tabrl.embodiments.legged.channels import command_space
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.legged.gait import GAITS, Gait
from tabrl.embodiments.legged.limbs import channel_names, lift_channel
from tabrl.embodiments.legged.scale import REFERENCE_HEIGHT, Scale
from tabrl.embodiments.lookup import catalogue_of, state_methods_of
from tabrl.robots import Robot, get_robot
from tests.support.robots import legged


def test_every_reward_and_check_can_see_every_channel(embodiment: LeggedRobot) -> None:
    robot, space = embodiment.robot, embodiment.commands
    assert space.names == channel_names(robot)
    assert space.names[-len(robot.limbs) :] == tuple(lift_channel(limb) for limb in robot.limbs)
    assert catalogue_of(robot)["command"].parts.names == space.names
    for name in space.names:
        assert name in state_methods_of(robot)["command"]
    assert space.setting("gait").choices == GAITS


def test_the_go1_s_channels_are_those_of_version_2() -> None:
    space = legged(get_robot("go1")).commands
    assert space.names == (
        "vx", "vy", "yaw", "height", "pitch", "roll", "swing", "jump", "rear",
        "lift_fr", "lift_fl", "lift_rr", "lift_rl",
    )  # fmt: skip
    lifts = [0.14] * 4
    assert space.upper.tolist() == [2.0, 0.6, 2.2, 0.03, 0.48, 0.38, 0.06, 0.09, 1.0, *lifts]
    assert space.lower.tolist() == [-1.1, -0.6, -2.2, -0.12, -0.5, -0.38, -0.03, 0, 0, *[0] * 4]
    assert space.setting("gait_frequency").range == (1.5, 3.5)


def test_a_robot_twice_as_high_moves_as_large_and_as_fast_as_it_is(robot: Robot) -> None:
    double = robot.model_copy(update={"characteristic_length": 2.0 * robot.characteristic_length})
    one, other = command_space(robot), command_space(double)
    factors = {"m": 2.0, "m/s": math.sqrt(2.0), "rad/s": math.sqrt(0.5)}
    for channel in one.channels:
        factor = factors.get(channel.unit, 1.0)
        for bound in ("lower", "upper", "amplitude", "least"):
            ours, theirs = (getattr(space[channel.name], bound) for space in (one, other))
            assert theirs == pytest.approx(factor * ours), channel.name
    steps = (space.setting("gait_frequency").range for space in (one, other))
    slow, quick = (np.array(values) for values in zip(*steps, strict=True))
    np.testing.assert_allclose([slow[1] / slow[0], quick[1] / quick[0]], math.sqrt(0.5))
    same = robot.model_copy(update={"characteristic_length": REFERENCE_HEIGHT})
    assert Scale.of(same) == Scale(1.0, 1.0, 1.0)


def test_what_a_robot_cannot_do_it_is_not_asked(robot: Robot) -> None:
    lame = robot.model_copy(update={"without": ("jump", "rear")})
    names = command_space(lame).names
    assert not {"jump", "rear"} & set(names)
    assert set(names) == {*command_space(robot).names} - {"jump", "rear"}


def test_a_schedule_is_asked_for_by_name() -> None:
    schedule = CommandSchedule.asking(
        legged(get_robot("go1")).commands,
        vx=0.5, roll=(0.0, 0.2), lift_rl=(0.05, 0.02, 1.5), gait=Gait.PACE, gait_frequency=2.5,
        modulation_frequency=1.2,
    )  # fmt: skip
    assert schedule.wave("vx") == Wave(0.5)
    assert schedule.wave("roll") == Wave(0.0, 0.2)
    assert schedule.wave("lift_rl") == Wave(0.05, 0.02, 1.5)
    assert np.count_nonzero(schedule.constant) == 2
    assert (schedule.setting("gait"), schedule.setting("gait_frequency")) == ("pace", 2.5)
    assert not schedule.plain


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "stand"),
        (
            {"vx": -0.4, "roll": (0.0, 0.2), "modulation_frequency": 1.25},
            "backward 0.40 m/s; roll ±0.20 rad at 1.25 Hz",
        ),
        ({"pitch": -0.3}, "nose up 0.30 rad"),
        ({"lift_fr": 0.08}, "lift the right front foot 0.08 m"),
        ({"jump": 0.05, "gait_frequency": 1.5}, "hop 0.05 m; 1.5 steps/s"),
        (
            {"vx": 0.5, "swing": 0.05, "gait": Gait.BOUND},
            "forward 0.50 m/s; feet higher 0.05 m; bound",
        ),
        ({"rear": 1.0}, "rear up 1.00 of 1"),
    ],
)
def test_a_schedule_of_the_go1_says_what_it_asks_in_words(
    asked: dict[str, Any], words: str
) -> None:
    space = legged(get_robot("go1")).commands
    assert CommandSchedule.asking(space, **asked).in_words() == words


def test_a_sequence_in_words() -> None:
    space = legged(get_robot("go1")).commands
    stages = [CommandSchedule.asking(space, height=-0.08), CommandSchedule.asking(space, jump=0.05)]
    two = CommandSchedule.sequence(stages, (4.0, 2.5))
    assert two.in_words() == "first lower 0.08 m (4 s), then hop 0.05 m (2.5 s)"
