"""Live commands: channels give way to whoever drives, rhythms to the beat, both smoothly."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, Wave
from tabrl.control.embodiment import Embodiment
from tabrl.control.live.commands import LiveCommands
from tabrl.control.live.control import RAMP_S, LiveControl
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged_commands import Commands, StagedCommands
from tabrl.embodiments.live import live_control_of
from tabrl.embodiments.reach import drive_reach

SECOND = round(1.0 / CONTROL_DT)
NOBODY = {"heading_error", "path_error"}  # what begins anew with whoever begins to drive


@pytest.fixture
def control(embodiment: Embodiment) -> LiveControl:
    return live_control_of(embodiment.robot)


class Wheel:
    """A robot that stands still at home while somebody drives it."""

    def __init__(self, control: LiveControl, embodiment: Embodiment, schedule: CommandSchedule):
        self.control, self.embodiment = control, embodiment
        batch = StagedCommands if schedule.later else CommandBatch
        self.commands: Commands = batch.stack([schedule])
        self.carry = np.full((1, control.carried), np.nan)
        self.tick = 0

    def step(
        self, waves: dict[str, Wave] | None = None, hz: float = 0.0, phase: float = 0.0
    ) -> dict[str, np.ndarray]:
        """What the policy sees, by segment."""
        space = self.embodiment.commands
        asked = np.full((1, len(space), 4), np.nan)
        for name, wave in (waves or {}).items():
            asked[0, space.column(name)] = wave
        live = LiveCommands(np.array([hz]), np.array([phase]), asked, self.carry)
        robot = self.embodiment.robot
        qpos = self.embodiment.home_qpos[None].astype(float)
        seen, self.carry = self.control.observe(
            np.array([self.tick * CONTROL_DT]), qpos, np.zeros((1, self.embodiment.nv)),
            np.array([robot.home]), self.commands, live,
        )  # fmt: skip
        self.tick += 1
        return {
            name: seen[0, self.embodiment.observation[name]]
            for name in self.embodiment.observation.names
        }

    @property
    def phase(self) -> float:
        return float(self.carry[0, 1])


def swinging(embodiment: Embodiment, hz: float = 0.8) -> CommandSchedule:
    """A schedule with a rhythm on its first channel."""
    first = embodiment.commands.names[0]
    return CommandSchedule.asking(
        embodiment.commands, modulation_frequency=hz, **{first: Wave(0.01, 0.02, 0.4)}
    )


def test_rows_are_what_they_are_made_of(control: LiveControl, embodiment: Embodiment) -> None:
    channels = len(embodiment.commands)
    rows = np.random.default_rng(0).normal(size=(3, control.width))
    live = LiveCommands.unpacked(rows, channels)
    assert live.waves.shape == (3, channels, 4)
    assert live.carry.shape == (3, control.carried)
    np.testing.assert_array_equal(live.packed(), rows)


def test_whom_nobody_drives_sees_what_its_schedule_says(
    control: LiveControl, embodiment: Embodiment
) -> None:
    wheel = Wheel(control, embodiment, swinging(embodiment))
    for tick in range(SECOND):
        seen = wheel.step()
        plain = embodiment.observe(
            np.array([tick * CONTROL_DT]), embodiment.home_qpos[None].astype(float),
            np.zeros((1, embodiment.nv)), np.array([embodiment.robot.home]), wheel.commands,
        )  # fmt: skip
        for name in set(embodiment.observation.names) - NOBODY:
            expected = plain[0, embodiment.observation[name]]
            np.testing.assert_allclose(seen[name], expected, atol=2e-5, err_msg=f"{name} {tick}")


def test_a_driven_channel_ramps_to_what_the_robot_can_do(
    control: LiveControl, embodiment: Embodiment
) -> None:
    channel = embodiment.commands.channels[0]
    lower, upper = drive_reach(embodiment.robot)[channel.name]
    wheel = Wheel(control, embodiment, CommandSchedule.neutral(embodiment.commands))
    seen = [
        float(wheel.step({channel.name: Wave(1e3)})["command"][0])
        for _ in range(round(RAMP_S * SECOND) + 1)
    ]
    assert seen[-1] == pytest.approx(upper, rel=1e-5)
    assert max(np.diff(seen)) == pytest.approx((upper - lower) / RAMP_S * CONTROL_DT, rel=1e-3)
    back = [float(wheel.step()["command"][0]) for _ in range(round(RAMP_S * SECOND) + 1)]
    assert back[-1] == pytest.approx(0.0, abs=1e-6)


def test_a_move_swings_as_far_as_the_channel_does(
    control: LiveControl, embodiment: Embodiment
) -> None:
    channel = embodiment.commands.channels[0]
    wheel = Wheel(control, embodiment, CommandSchedule.neutral(embodiment.commands))
    seen = [
        float(wheel.step({channel.name: Wave(0.0, 1e3)}, 1.0, tick / SECOND)["command"][0])
        for tick in range(4 * SECOND)
    ]
    assert max(seen[-SECOND:]) == pytest.approx(channel.amplitude, rel=0.01)
    assert min(seen[-SECOND:]) == pytest.approx(-channel.amplitude, rel=0.01)


@pytest.mark.parametrize(("before", "after"), [(0.8, 1.1)])
def test_a_rhythm_keeps_time_with_the_beat(
    control: LiveControl, embodiment: Embodiment, before: float, after: float
) -> None:
    wheel = Wheel(control, embodiment, swinging(embodiment, before))
    phase, off = 0.4, []
    for tick in range(8 * SECOND):
        hz = before if tick < 4 * SECOND else after
        phase += hz * CONTROL_DT
        wheel.step(hz=hz, phase=phase)
        behind = phase - wheel.phase + wheel.carry[0, 2] * CONTROL_DT
        off.append(abs(behind - round(behind)))
    assert off[0] > 0.2
    assert max(off[3 * SECOND : 4 * SECOND]) < 0.01
    assert max(off[7 * SECOND :]) < 0.01
    jumps = np.abs(np.diff(off))
    assert np.minimum(jumps, 1.0 - jumps).max() < 1.5 * 1.1 * CONTROL_DT


def test_without_a_beat_the_rhythm_is_its_own_again(
    control: LiveControl, embodiment: Embodiment
) -> None:
    wheel = Wheel(control, embodiment, swinging(embodiment, 0.8))
    for tick in range(SECOND):
        wheel.step(hz=1.4, phase=1.4 * tick * CONTROL_DT)
    for _ in range(SECOND):
        wheel.step()
    began = wheel.phase
    for _ in range(SECOND):
        wheel.step()
    assert wheel.phase - began == pytest.approx(0.8, abs=1e-6)


def test_stages_follow_each_other_in_time_with_the_beat(
    control: LiveControl, embodiment: Embodiment
) -> None:
    first = embodiment.commands.names[0]
    stages = [
        CommandSchedule.asking(embodiment.commands, modulation_frequency=1.0, **{first: value})
        for value in (0.0, float(embodiment.commands.upper[0]) / 4)
    ]
    wheel = Wheel(control, embodiment, CommandSchedule.sequence(stages, (4.0, 4.0)))
    switched = next(
        tick for tick in range(6 * SECOND)
        if wheel.step(hz=1.25, phase=1.25 * tick * CONTROL_DT)["command"][0] > 0.0
    )  # fmt: skip
    assert switched / SECOND == pytest.approx(4.0 / 1.25, abs=0.15)
