"""Command schedules: the closed form, its integral, the gait clock and the words."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from tabrl.control.commands import (
    CHANNELS,
    COUNT,
    LIFT,
    LOWER,
    SWING,
    UPPER,
    VX,
    YAW,
    CommandBatch,
    CommandSchedule,
)  # fmt: skip
from tabrl.control.gait import Gait
from tabrl.control.rotation import Array
from tabrl.rewards.schema import COMMAND_CHANNELS
from tabrl.rewards.vocabulary import STATE_METHODS
from tests.support.engine import GO1, random_programs

EIGHT = np.arange(8)


def test_every_channel_has_bounds_and_every_reward_can_see_it() -> None:
    assert len(CHANNELS) == COUNT == COMMAND_CHANNELS
    assert LOWER.shape == UPPER.shape == SWING.shape == (COUNT,)
    assert np.all(LOWER <= 0.0)
    assert np.all(UPPER > 0.0)
    assert CHANNELS[LIFT] == tuple(f"lift_{foot.lower()}" for foot in GO1.foot_names)
    for channel in CHANNELS:
        assert f"{channel}" in STATE_METHODS["command"]


def test_a_program_is_asked_for_by_name() -> None:
    schedule = CommandSchedule.asking(
        vx=0.5, roll=(0.0, 0.2), lift_rl=(0.05, 0.02, 1.5), gait=Gait.PACE, gait_frequency=2.5,
        beat_frequency=1.2,
    )  # fmt: skip
    at = CHANNELS.index
    assert schedule.constant[at("vx")] == 0.5
    assert (schedule.constant[at("roll")], schedule.amplitude[at("roll")]) == (0.0, 0.2)
    lifted = at("lift_rl")
    values = schedule.constant[lifted], schedule.amplitude[lifted], schedule.phase[lifted]
    assert values == (0.05, 0.02, 1.5)
    assert np.count_nonzero(schedule.constant) == 2
    assert (schedule.gait, schedule.gait_frequency, schedule.beat_frequency) == ("pace", 2.5, 1.2)
    with pytest.raises(ValueError, match="speed"):
        CommandSchedule.asking(speed=1.0)


def test_a_channel_is_its_constant_plus_its_swing() -> None:
    schedule = CommandSchedule.asking(vx=(0.3, 0.2, 0.7), beat_frequency=1.5)
    times = np.array([0.0, 0.1, 0.4], np.float32)
    command = CommandBatch.stack([schedule] * 3).command(times)
    expected = 0.3 + 0.2 * np.sin(2 * np.pi * 1.5 * times + 0.7)
    np.testing.assert_allclose(command[:, VX], expected, atol=1e-6)
    np.testing.assert_array_equal(command[:, 1:], 0.0)


def test_the_heading_is_the_integral_of_the_yaw_channel() -> None:
    schedules = random_programs(8)
    grid = np.linspace(0.0, 3.0, 3001)
    rates = np.stack([schedules.command(np.full(8, t))[:, YAW] for t in grid])
    numeric = np.sum((rates[1:] + rates[:-1]) / 2, axis=0) * (grid[1] - grid[0])
    np.testing.assert_allclose(schedules.heading(np.full(8, 3.0)), numeric, atol=1e-4)
    np.testing.assert_allclose(schedules.heading(np.zeros(8)), 0.0, atol=1e-6)


ASKS = CommandSchedule.asking


@pytest.mark.parametrize(
    ("schedule", "steps"),
    [
        (CommandSchedule(), False),
        (ASKS(vx=0.5), True),
        (ASKS(vx=-0.5), True),
        (ASKS(vx=0.02), False),
        (ASKS(yaw=0.05), False),
        (ASKS(yaw=0.1), True),
        (ASKS(yaw=1.0), True),
        (ASKS(vx=(0.0, 0.3)), True),
        (ASKS(pitch=0.4, roll=(0.0, 0.2)), False),
        (ASKS(jump=0.04), True),
        (ASKS(gait_frequency=2.0), True),
        (ASKS(gait=Gait.PACE), False),
    ],
)
def test_it_steps_when_asked_to_move_and_rests_when_asked_for_a_pose(
    schedule: CommandSchedule, steps: bool
) -> None:
    schedules = CommandBatch.stack([schedule])
    assert bool(schedules.stepping()[0]) is steps
    later = schedules.gait_phase(np.array([0.123]))
    assert np.any(later > 0.0) == steps


def test_faster_commands_step_faster_up_to_a_limit() -> None:
    schedules = CommandBatch.stack([ASKS(vx=speed) for speed in (0.1, 0.6, 1.2, 1.8, 1.9)])
    frequency = schedules.step_frequency()
    assert np.all(np.diff(frequency[:4]) > 0.0)
    assert frequency[3] == pytest.approx(frequency[4])
    asked = CommandBatch.stack([ASKS(vx=0.6, gait_frequency=1.5)])
    assert asked.step_frequency()[0] == 1.5


def test_numpy_and_jax_agree() -> None:
    schedules, time = random_programs(8), np.linspace(0.0, 9.0, 8, dtype=np.float32)

    @jax.jit
    def compiled(time: Array) -> tuple[Array, ...]:
        command, heading = schedules.command(time, jnp), schedules.heading(time, jnp)
        return command, heading, schedules.gait_phase(time, jnp)

    command, heading, gait_phase = compiled(time)
    np.testing.assert_allclose(schedules.command(time), command, atol=2e-5)
    np.testing.assert_allclose(schedules.heading(time), heading, atol=2e-5)
    # The same phase may lie on either side of a full stride.
    distance = np.abs(schedules.gait_phase(time) - np.asarray(gait_phase))
    np.testing.assert_array_less(np.minimum(distance, 1.0 - distance), 1e-4)


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (CommandSchedule(), "stand"),
        (ASKS(vx=-0.4, roll=(0.0, 0.2), beat_frequency=1.25),
         "backward 0.40 m/s; roll ±0.20 rad at 1.25 Hz"),
        (ASKS(pitch=-0.3), "nose up 0.30 rad"),
        (ASKS(lift_fr=0.08), "lift the right front foot 0.08 m"),
        (ASKS(jump=0.05, gait_frequency=1.5), "hop 0.05 m; 1.5 steps/s"),
        (ASKS(vx=0.5, swing=0.05, gait=Gait.BOUND),
         "forward 0.50 m/s; feet higher 0.05 m; bound"),
        (ASKS(rear=1.0), "rear up 1.00 of 1"),
    ],
)  # fmt: skip
def test_a_program_says_what_it_asks_in_words(schedule: CommandSchedule, words: str) -> None:
    assert schedule.in_words() == words


def test_json_keeps_a_program_exactly() -> None:
    schedule = random_programs(1, seed=3).single(0)
    assert CommandSchedule.model_validate_json(schedule.model_dump_json()) == schedule
    stacked = CommandBatch.stack([schedule]).single(0)
    assert stacked == schedule


@pytest.mark.parametrize(
    "diverged",
    [
        {"constant": (0.0,) * 6},
        {"beat_frequency": 9.0},
        {"speed": 1.0},
        {"phase": "fast"},
        {"gait": "moonwalk"},
        {"gait_frequency": 9.0},
    ],
)
def test_what_is_no_program_is_refused(diverged: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CommandSchedule.model_validate(diverged)


def test_picking_takes_whole_programs() -> None:
    schedules = random_programs(8)
    picked = schedules.pick(EIGHT[::-1][:3])
    assert len(picked) == 3
    assert [picked.single(i) for i in range(3)] == [schedules.single(i) for i in (7, 6, 5)]


def test_programs_can_be_joined_copied_and_written_over() -> None:
    first, second = random_programs(3), random_programs(2, seed=1)
    joined = first.joined(second)
    assert [joined.single(i) for i in (0, 3, 4)] == [
        first.single(0), second.single(0), second.single(1),
    ]  # fmt: skip
    kept = joined.copy()
    joined.replace_at(np.array([1, 4]), second)
    assert joined.single(1) == second.single(0)
    assert joined.single(4) == second.single(1)
    assert kept.single(1) == first.single(1)
    hops = CommandBatch.stack([ASKS(jump=0.05), ASKS(jump=0.05)])
    steps_before = joined.stepping()
    joined.replace_at(np.array([0, 1]), hops)
    # What was derived from the old schedules is not kept.
    assert joined.hopping()[:2].all()
    assert joined.stepping()[:2].tolist() == [1.0, 1.0]
    np.testing.assert_array_equal(joined.stepping()[2:], steps_before[2:])
    np.testing.assert_allclose(joined.step_frequency()[:2], 2.0)


def test_a_heading_does_not_run_away_from_legs_that_rest() -> None:
    slow, turning = CommandBatch.stack([ASKS(yaw=0.05)]), CommandBatch.stack([ASKS(yaw=0.1)])
    assert slow.heading(np.full(1, 20.0)) == 0.0
    np.testing.assert_allclose(turning.heading(np.full(1, 20.0)), 2.0, rtol=1e-5)
