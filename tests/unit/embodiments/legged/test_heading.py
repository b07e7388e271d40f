"""Where schedules want a robot to look: the integral of the yaw channel, over all stages."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tabrl.control.arrays import Array, Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.staged_commands import EARLY_S, Commands, StagedCommands
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.legged.gait import MID_SWING, Gait
from tabrl.embodiments.legged.scale import Scale
from tests.support.engine import random_programs

Asks = Callable[..., CommandSchedule]


@pytest.fixture
def asks(embodiment: LeggedRobot) -> Asks:
    def ask(**asked: float | str | tuple[float, ...]) -> CommandSchedule:
        return CommandSchedule.asking(embodiment.commands, **asked)  # type: ignore[arg-type]

    return ask


def turn(asks: Asks) -> CommandSchedule:
    return asks(vx=0.4, yaw=0.7, gait=Gait.PACE)


def wave(asks: Asks, **more: float) -> CommandSchedule:
    return asks(yaw=(0.3, 0.8, 0.4), modulation_frequency=1.3, **more)


def test_it_is_the_integral_of_the_yaw_channel(embodiment: LeggedRobot) -> None:
    batch, yaw = random_programs(8, robot=embodiment.robot), embodiment.commands.column("yaw")
    batch.settings["gait_frequency"][:] = 2.0  # on legs that rest it would not turn
    grid = np.linspace(0.0, 3.0, 3001)
    rates = np.stack([batch.command(np.full(8, t))[:, yaw] for t in grid])
    numeric = np.sum((rates[1:] + rates[:-1]) / 2, axis=0) * (grid[1] - grid[0])
    np.testing.assert_allclose(embodiment.heading(np.full(8, 3.0), batch), numeric, atol=1e-4)
    np.testing.assert_allclose(embodiment.heading(np.zeros(8), batch), 0.0, atol=1e-6)


def test_it_does_not_run_away_from_legs_that_rest(embodiment: LeggedRobot, asks: Asks) -> None:
    scale = Scale.of(embodiment.robot).frequency
    slow, turning = (CommandBatch.stack([asks(yaw=rate * scale)]) for rate in (0.05, 0.1))
    assert embodiment.heading(np.full(1, 20.0), slow) == 0.0
    np.testing.assert_allclose(
        embodiment.heading(np.full(1, 20.0), turning), 2.0 * scale, rtol=1e-5
    )


def test_it_is_what_was_turned_in_all_stages(embodiment: LeggedRobot, asks: Asks) -> None:
    grid = np.linspace(0.0, 20.0, 200_001)
    stages = [turn(asks), asks(height=-0.08), asks(yaw=-1.1)]
    plain = StagedCommands.stack([CommandSchedule.sequence(stages, (1.5, 2.0, 3.3))])
    rates = plain.at(grid).constant[:, embodiment.commands.column("yaw")]
    turned = np.concatenate([[0.0], np.cumsum((rates[1:] + rates[:-1]) / 2) * grid[1]])
    away = np.abs((grid + EARLY_S) % 6.8 - np.array([[0.0], [1.5], [3.5]])).min(0)
    sure = away > 2 * EARLY_S
    # The command switches a little early, the course at the very time.
    np.testing.assert_allclose(embodiment.heading(grid, plain)[sure], turned[sure], atol=0.05)
    exact = 0.7 * 1.5 - 1.1 * 3.3
    np.testing.assert_allclose(
        embodiment.heading(np.array([6.8, 13.6, 68.0]), plain),
        exact * np.array([1, 2, 10]),
        atol=1e-4,
    )


def test_a_swing_goes_to_and_fro_about_the_course(embodiment: LeggedRobot, asks: Asks) -> None:
    """Whatever its phase was at the switch: integrated from there it would leave the course."""
    grid = np.arange(0.0, 24.0, 1e-3)

    def course(second: CommandSchedule) -> tuple[StagedCommands, Floats]:
        both = CommandSchedule.sequence([turn(asks), second], (1.5, 3.3))
        staged = StagedCommands.stack([both])
        return staged, embodiment.heading(grid, staged)

    swinging, swung = course(wave(asks))
    _, straight = course(asks(yaw=0.3))
    omega = 2 * np.pi * 1.3
    waving = swinging.at(grid).amplitude[:, embodiment.commands.column("yaw")] > 0.0
    expected = np.where(waving, -0.8 / omega * np.cos(omega * grid + 0.4), 0.0)
    np.testing.assert_allclose(swung - straight, expected, atol=1e-4)
    # Where all stages swing alike there is no switch to see.
    alike = StagedCommands.stack([CommandSchedule.sequence([wave(asks), wave(asks)], (1.5, 3.3))])
    single = CommandBatch.stack([wave(asks)])
    np.testing.assert_allclose(
        embodiment.heading(grid, alike), embodiment.heading(grid, single), atol=1e-4
    )


def test_a_single_stage_turns_as_the_plain_schedule_to_the_last_bit(
    embodiment: LeggedRobot,
) -> None:
    plain = random_programs(8, robot=embodiment.robot)
    time = np.linspace(0.0, 40.0, 8, dtype=np.float32)
    staged = StagedCommands.of(plain)
    np.testing.assert_array_equal(embodiment.heading(time, staged), embodiment.heading(time, plain))
    np.testing.assert_array_equal(
        embodiment.clock.phase(staged.at(time), time), embodiment.clock.phase(plain, time)
    )


def test_a_held_foot_and_the_course_belong_to_their_stage(
    embodiment: LeggedRobot, asks: Asks
) -> None:
    lift = next(name for name in embodiment.commands.names if name.startswith("lift_"))
    stages = [turn(asks), asks(height=-0.08), wave(asks, **{lift: 0.1})]
    three = StagedCommands.stack([CommandSchedule.sequence(stages, (1.5, 2.0, 3.3))])
    time = np.array([0.5, 2.0, 4.0])
    phases = embodiment.clock.phase(three.at(time), time)
    np.testing.assert_array_equal(np.isclose(phases[:, 0], MID_SWING), [False, False, True])
    assert np.all(phases[1] == 0.0)
    np.testing.assert_allclose(embodiment.heading(time[:2], three), [0.35, 1.05], atol=1e-5)


def test_numpy_and_jax_agree(embodiment: LeggedRobot, asks: Asks) -> None:
    crouch = asks(height=-0.08)
    schedules = [
        crouch,
        CommandSchedule.sequence([crouch, asks(gait_frequency=2.0)], (4.0, 2.5)),
        CommandSchedule.sequence([turn(asks), crouch, wave(asks)], (1.5, 2.0, 3.3)),
        wave(asks),
        CommandSchedule.sequence([wave(asks), turn(asks)], (0.5, 19.5)),
    ]
    time = np.linspace(0.0, 25.0, 15, dtype=np.float32)

    def heard(commands: Commands) -> tuple[Array, Array]:
        compiled = jax.jit(
            lambda t: (
                embodiment.heading(t, commands, jnp),
                embodiment.clock.stepping(commands.at(t, jnp), jnp),
            )
        )
        found: tuple[Array, Array] = compiled(time)
        return found

    staged = StagedCommands.stack(schedules * 3)
    heading, stepping = heard(staged)
    np.testing.assert_allclose(embodiment.heading(time, staged), heading, atol=5e-5)
    np.testing.assert_array_equal(embodiment.clock.stepping(staged.at(time)), stepping)
    plain = random_programs(15, robot=embodiment.robot)
    heading, _ = heard(plain)
    np.testing.assert_allclose(embodiment.heading(time, plain), heading, atol=5e-5)
