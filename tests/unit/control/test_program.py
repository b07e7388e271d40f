"""Command programs: the closed form, its integral, the gait clock and the words."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from tabrl.control.program import PITCH, ROLL, TROT_OFFSETS, VX, YAW, CommandProgram, Programs
from tabrl.control.rotation import Array
from tests.support.engine import random_programs

EIGHT = np.arange(8)


def asks(**changes: tuple[float, ...] | float) -> CommandProgram:
    return CommandProgram.model_validate(changes)


def channel(index: int, value: float) -> tuple[float, ...]:
    return tuple(value if i == index else 0.0 for i in range(6))


def test_a_channel_is_its_constant_plus_its_swing() -> None:
    program = asks(
        constant=channel(VX, 0.3), amplitude=channel(VX, 0.2), phase=channel(VX, 0.7),
        beat_frequency=1.5,
    )  # fmt: skip
    times = np.array([0.0, 0.1, 0.4], np.float32)
    command = Programs.stack([program] * 3).command(times)
    expected = 0.3 + 0.2 * np.sin(2 * np.pi * 1.5 * times + 0.7)
    np.testing.assert_allclose(command[:, VX], expected, atol=1e-6)
    np.testing.assert_array_equal(command[:, 1:], 0.0)


def test_the_heading_is_the_integral_of_the_yaw_channel() -> None:
    programs = random_programs(8)
    grid = np.linspace(0.0, 3.0, 3001)
    rates = np.stack([programs.command(np.full(8, t))[:, YAW] for t in grid])
    numeric = np.sum((rates[1:] + rates[:-1]) / 2, axis=0) * (grid[1] - grid[0])
    np.testing.assert_allclose(programs.heading(np.full(8, 3.0)), numeric, atol=1e-4)
    np.testing.assert_allclose(programs.heading(np.zeros(8)), 0.0, atol=1e-6)


@pytest.mark.parametrize(
    ("program", "walks"),
    [
        (CommandProgram(), False),
        (CommandProgram(constant=channel(VX, 0.5)), True),
        (CommandProgram(constant=channel(VX, -0.5)), True),
        (CommandProgram(constant=channel(VX, 0.05)), False),
        (CommandProgram(constant=channel(YAW, 1.0)), True),
        (CommandProgram(amplitude=channel(VX, 0.3)), True),
        (CommandProgram(constant=channel(PITCH, 0.4), amplitude=channel(ROLL, 0.2)), False),
    ],
)
def test_it_walks_when_asked_to_move_and_rests_when_asked_for_a_pose(
    program: CommandProgram, walks: bool
) -> None:
    programs = Programs.stack([program])
    assert bool(programs.walking()[0]) is walks
    later = programs.gait_phase(np.array([0.123]))
    assert np.any(later > 0.0) == walks


def test_the_gait_is_a_trot_at_the_stride_frequency() -> None:
    programs = Programs.stack([CommandProgram(constant=channel(VX, 0.6))])
    frequency = float(programs.gait_frequency()[0])
    np.testing.assert_allclose(programs.gait_phase(np.zeros(1))[0], TROT_OFFSETS)
    a_quarter_later = programs.gait_phase(np.array([0.25 / frequency]))[0]
    np.testing.assert_allclose(a_quarter_later, TROT_OFFSETS + 0.25, atol=1e-6)
    a_stride_later = programs.gait_phase(np.array([(1.0 + 1e-4) / frequency]))[0]
    np.testing.assert_allclose(a_stride_later, TROT_OFFSETS, atol=1e-3)


def test_faster_commands_step_faster_up_to_a_limit() -> None:
    speeds = [0.1, 0.6, 1.2, 1.4]
    programs = Programs.stack([CommandProgram(constant=channel(VX, v)) for v in speeds])
    frequency = programs.gait_frequency()
    assert np.all(np.diff(frequency[:3]) > 0.0)
    assert frequency[2] == pytest.approx(frequency[3])


def test_numpy_and_jax_agree() -> None:
    programs, time = random_programs(8), np.linspace(0.0, 9.0, 8, dtype=np.float32)

    @jax.jit
    def compiled(time: Array) -> tuple[Array, ...]:
        command, heading = programs.command(time, jnp), programs.heading(time, jnp)
        return command, heading, programs.gait_phase(time, jnp)

    command, heading, gait_phase = compiled(time)
    np.testing.assert_allclose(programs.command(time), command, atol=2e-5)
    np.testing.assert_allclose(programs.heading(time), heading, atol=2e-5)
    # The same phase may lie on either side of a full stride.
    distance = np.abs(programs.gait_phase(time) - np.asarray(gait_phase))
    np.testing.assert_array_less(np.minimum(distance, 1.0 - distance), 1e-4)


def test_a_program_says_what_it_asks_in_words() -> None:
    assert CommandProgram().in_words() == "stand"
    backwards = asks(constant=channel(VX, -0.4), amplitude=channel(ROLL, 0.2), beat_frequency=1.25)
    words = backwards.in_words()
    assert "backward 0.40 m/s" in words
    assert "roll ±0.20 rad at 1.25 Hz" in words
    assert "nose up 0.30 rad" in asks(constant=channel(PITCH, -0.3)).in_words()


def test_json_keeps_a_program_exactly() -> None:
    program = random_programs(1, seed=3).single(0)
    assert CommandProgram.model_validate_json(program.model_dump_json()) == program
    stacked = Programs.stack([program]).single(0)
    assert stacked == program


@pytest.mark.parametrize(
    "broken",
    [{"constant": (0.0,) * 5}, {"beat_frequency": 9.0}, {"speed": 1.0}, {"phase": "fast"}],
)
def test_what_is_no_program_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CommandProgram.model_validate(broken)


def test_picking_takes_whole_programs() -> None:
    programs = random_programs(8)
    picked = programs.pick(EIGHT[::-1][:3])
    assert len(picked) == 3
    assert [picked.single(i) for i in range(3)] == [programs.single(i) for i in (7, 6, 5)]
