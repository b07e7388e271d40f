"""Where schedules want a legged robot to be, against the integral of what they ask for."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.contracts.phases import MAX_PHASES
from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.staged_commands import FOREVER_S, Commands, StagedCommands
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.legged.path import path

COUNT, STEP_S = 6, 5e-3


def walking(embodiment: LeggedRobot, waves: bool, seed: int = 0) -> CommandBatch:
    """Random walks; the first one straight ahead, the second one standing."""
    space, rng = embodiment.commands, np.random.default_rng(seed)
    batch = CommandBatch.zeros(space, COUNT)
    moving = space.columns(("vx", "vy", "yaw"))
    lower, upper = np.array(space.lower)[moving], np.array(space.upper)[moving]
    batch.constant[:, moving] = rng.uniform(lower, upper, (COUNT, 3))
    batch.constant[0, moving[1:]] = batch.constant[1, moving] = 0.0
    batch.modulation_frequency[:] = rng.uniform(0.5, 2.0, COUNT)
    if waves:
        most = 0.5 * np.array(space.amplitude)[moving]
        batch.amplitude[2:, moving] = rng.uniform(0.0, most, (COUNT - 2, 3))
        batch.phase[:] = rng.uniform(0.0, 2.0 * np.pi, batch.phase.shape)
    return batch


def integrated(embodiment: LeggedRobot, commands: Commands, seconds: float) -> Floats:
    """The asked speeds along the asked heading, step by step."""
    place = np.zeros((COUNT, 2))
    ahead, left = embodiment.commands.columns(("vx", "vy"))
    for step in range(round(seconds / STEP_S)):
        time = np.full(COUNT, (step + 0.5) * STEP_S)
        now = commands.at(time)
        asked = now.command(time) * embodiment.clock.stepping(now)[:, None]
        heading = embodiment.heading(time, commands)
        vx, vy = asked[:, ahead], asked[:, left]
        cos, sin = np.cos(heading), np.sin(heading)
        place += STEP_S * np.stack([cos * vx - sin * vy, sin * vx + cos * vy], axis=-1)
    return place


def wanted(embodiment: LeggedRobot, commands: Commands, seconds: float) -> Floats:
    """The path at a time."""
    place: Floats = path(embodiment.clock, commands, np.full(COUNT, seconds))
    return place


def test_constant_speeds_lead_along_arcs(embodiment: LeggedRobot) -> None:
    asked = walking(embodiment, waves=False)
    expected = integrated(embodiment, asked, 4.3)
    np.testing.assert_allclose(wanted(embodiment, asked, 4.3), expected, atol=2e-4)
    np.testing.assert_array_equal(expected[1], 0.0)


def test_sinusoids_lead_to_and_fro_about_the_path(embodiment: LeggedRobot) -> None:
    asked = walking(embodiment, waves=True)
    expected = integrated(embodiment, asked, 4.3)
    np.testing.assert_allclose(wanted(embodiment, asked, 4.3), expected, atol=0.1)
    np.testing.assert_allclose(wanted(embodiment, asked, 0.0), 0.0, atol=1e-12)


@pytest.mark.parametrize("last_s", [1.6, FOREVER_S], ids=["again", "held"])
@pytest.mark.parametrize("seconds", [0.5, 2.0, 6.1])
def test_stages_lead_on_from_where_the_last_one_ended(
    embodiment: LeggedRobot, seconds: float, last_s: float
) -> None:
    rows = StagedCommands.of(walking(embodiment, waves=False))
    rows.stages.constant[:, 1] = walking(embodiment, waves=False, seed=1).constant
    duration = np.zeros((COUNT, MAX_PHASES), np.float32)
    duration[:, :2] = 1.0, last_s
    staged = StagedCommands(rows.stages, duration)
    # Stages begin half a control step early.
    expected = integrated(embodiment, staged, seconds)
    np.testing.assert_allclose(wanted(embodiment, staged, seconds), expected, atol=0.1)


def test_a_single_stage_is_a_plain_schedule(embodiment: LeggedRobot) -> None:
    asked = walking(embodiment, waves=True)
    np.testing.assert_array_equal(
        wanted(embodiment, StagedCommands.of(asked), 3.3), wanted(embodiment, asked, 3.3)
    )
