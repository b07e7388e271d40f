"""What is asked of an arm as commands: the schedules that a search begins with."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.contracts.motion import Constant, Duration, Extreme, MotionSpec, Phase, Sinusoid, Target
from tabrl.contracts.path import Path
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, Wave
from tabrl.control.measures import led
from tabrl.embodiments.arm.embodiment import ArmRobot

TIMES = np.linspace(0.0, 9.0, 181).astype(np.float32)


def target(quantity: str, shape: object, part: str | None = None) -> Target:
    return Target.model_validate({"quantity": quantity, "part": part, "shape": shape})


def schedule(embodiment: ArmRobot, *targets: Target, tempo: float | None = None) -> CommandSchedule:
    motion = MotionSpec(phases=(Phase(targets=targets),), tempo_hz=tempo)
    (found,) = embodiment.schedules_of(motion)
    return found


def test_places_are_from_home_and_angles_as_they_are(embodiment: ArmRobot) -> None:
    home = embodiment.wanted.place
    found = schedule(
        embodiment,
        target("tool_position", Constant(value=float(home[1]) + 0.1), "y"),
        target("tool_elevation", Constant(value=0.7)),
        target("tool_twist", Constant(value=-0.4)),
    )
    assert found.wave("y").constant == pytest.approx(0.1, abs=1e-6)
    assert found.wave("elevation").constant == 0.7
    assert found.wave("roll").constant == -0.4
    assert found.wave("x") == Wave()


def test_the_tool_is_then_wanted_where_it_is_asked_for(embodiment: ArmRobot) -> None:
    place = embodiment.wanted.place + np.array([0.05, -0.08, 0.04])
    targets = [
        target("tool_position", Constant(value=float(value)), axis)
        for axis, value in zip("xyz", place, strict=True)
    ]
    batch = CommandBatch.stack([schedule(embodiment, *targets)])
    wanted = embodiment.wanted(batch.command(np.zeros(1, np.float32)))
    np.testing.assert_allclose(wanted.place[0], place, atol=1e-5)


@pytest.mark.parametrize(
    ("frequencies", "beat"),
    [((1.0,), 1.0), ((0.3,), 0.6), ((0.8, 1.6), 0.8), ((2.4, 1.2, 0.6), 1.2), ((4.0,), 2.0)],
)
def test_swings_are_harmonics_of_one_beat(
    embodiment: ArmRobot, frequencies: tuple[float, ...], beat: float
) -> None:
    axes = zip("yzx", frequencies, strict=False)
    swings = [
        target("tool_position", Sinusoid(mean=0.5, amplitude=0.05, hz=hz, phase=0.3), axis)
        for axis, hz in axes
    ]
    found = schedule(embodiment, *swings)
    assert found.modulation_frequency == pytest.approx(beat)
    for axis, hz in zip("yzx", frequencies, strict=False):
        wave = found.wave(axis)
        assert wave.harmonic * found.modulation_frequency == pytest.approx(hz)
        assert (wave.amplitude, wave.phase) == (0.05, 0.3)


def test_a_swing_out_of_time_is_left_out(embodiment: ArmRobot) -> None:
    found = schedule(
        embodiment,
        target("tool_position", Sinusoid(amplitude=0.05, hz=1.0), "y"),
        target("tool_position", Sinusoid(mean=0.3, amplitude=0.05, hz=1.3), "z"),
    )
    assert found.wave("y").amplitude == 0.05
    assert found.wave("z").amplitude == 0.0


def test_a_swing_on_the_tempo_has_its_frequency(embodiment: ArmRobot) -> None:
    swing = target("tool_elevation", Sinusoid(mean=0.8, amplitude=0.2))
    found = schedule(embodiment, swing, tempo=1.5)
    assert found.modulation_frequency == 1.5
    assert found.wave("elevation") == Wave(0.8, 0.2)


def test_a_path_is_led_from_home(embodiment: ArmRobot) -> None:
    home = embodiment.wanted.place.astype(float)
    offsets = np.array([[0.0, 0.0, 0.0], [0.1, 0.1, 0.05], [-0.05, 0.1, 0.0], [0.0, -0.1, 0.0]])
    rows = [(1.5 * k, *(home + offset)) for k, offset in enumerate(offsets)]
    path = Path.model_validate({"points": rows})
    batch = CommandBatch.stack([schedule(embodiment, target("tool_position", path))])
    many = batch.pick(np.zeros(len(TIMES), np.intp))
    wanted = embodiment.wanted(many.command(TIMES)).place
    np.testing.assert_allclose(wanted, led(path, TIMES), atol=2e-4)


def test_joints_speed_and_as_much_as_it_can(embodiment: ArmRobot) -> None:
    space, joint = embodiment.commands, embodiment.robot.joint_names[1]
    found = schedule(
        embodiment,
        target("joint_offset", Constant(value=0.3), joint),
        target("tool_speed", Constant(value=0.2)),
        target("tool_azimuth", Extreme()),
    )
    assert found.wave(f"{joint}_offset").constant == 0.3
    assert found.wave("joints").constant == 1.0
    assert found.setting("tempo") == 0.2
    assert found.wave("azimuth").constant == space["azimuth"].upper


def test_every_phase_has_a_schedule_within_the_trained_ranges(embodiment: ArmRobot) -> None:
    phases = (
        Phase(
            targets=(target("tool_position", Constant(value=9.0), "z"),),
            until=Duration(seconds=2.0),
        ),
        Phase(targets=(target("tool_position", Constant(value=-9.0), "z"),)),
    )
    up, down = embodiment.schedules_of(MotionSpec(phases=phases))
    channel = embodiment.commands["z"]
    assert (up.wave("z").constant, down.wave("z").constant) == (channel.upper, channel.lower)
