"""A legged robot's observation against MuJoCo's own sensors and what is left of version 2."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
import pytest

from tabrl.contracts.phases import MAX_PHASES
from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.command_space import CommandSpace
from tabrl.control.embodiment import LOOK_AHEAD_S
from tabrl.control.segments import Segments
from tabrl.control.staged_commands import StagedCommands
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.legged.gait import MID_SWING
from tabrl.embodiments.legged.scale import Scale
from tabrl.robots import get_robot, scene_xml
from tests.support.engine import quaternions, random_programs
from tests.support.robots import legged

COUNT = 16
# States, schedules and observations of the Go1, written by the first code of version 2.
RECORDED = Path(__file__).parents[3] / "data/observation_2.npz"
GO1_SEGMENTS = (
    ("gravity", 3),
    ("angular_velocity", 3),
    ("linear_velocity", 3),
    ("linear_velocity_known", 1),
    ("joint_offset", 12),
    ("joint_velocity", 12),
    ("last_action", 12),
    ("command", 13),
    ("command_ahead", 13),
    ("heading_error", 1),
    ("path_error", 2),
    ("step_frequency", 1),
    ("gait_sin", 4),
    ("gait_cos", 4),
    ("modulation", 6),
)


ADDED = ("linear_velocity_known", "path_error")  # in version 3


@dataclass(frozen=True)
class States:
    """Random raw states and what MuJoCo's sensors say of them."""

    time: Floats
    qpos: Floats
    qvel: Floats
    ctrl: Floats
    gyro: Floats
    velocity: Floats
    down: Floats  # gravity's direction in the trunk's frame

    def observe(self, embodiment: LeggedRobot, schedules: CommandBatch) -> Floats:
        observation: Floats = embodiment.observe(
            self.time, self.qpos, self.qvel, self.ctrl, schedules
        )
        return observation


@pytest.fixture(scope="module")
def states(embodiment: LeggedRobot) -> States:
    model = mujoco.MjModel.from_xml_string(scene_xml(embodiment.robot.id).decode())
    data = mujoco.MjData(model)
    rng = np.random.default_rng(1)
    qpos = rng.normal(size=(COUNT, model.nq))
    qpos[:, 3:7] = quaternions(COUNT)
    qvel = rng.normal(size=(COUNT, model.nv))
    trunk, twist = int(model.jnt_bodyid[0]), np.zeros(6)
    read: dict[str, list[Floats]] = {"gyro": [], "velocity": [], "down": []}
    for i in range(COUNT):
        data.qpos[:], data.qvel[:] = qpos[i], qvel[i]
        mujoco.mj_forward(model, data)
        turn = data.body(trunk).xmat.reshape(3, 3)
        mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_XBODY, trunk, twist, 1)
        read["gyro"].append(twist[:3].copy())
        read["velocity"].append(twist[3:].copy())
        read["down"].append(-turn[2])
    return States(
        rng.uniform(0.0, 8.0, COUNT), qpos, qvel, rng.uniform(-0.5, 0.5, (COUNT, model.nu)),
        *(np.array(values) for values in read.values()),
    )  # fmt: skip


def seen(embodiment: LeggedRobot, observation: Floats, name: str) -> Floats:
    """One part of observations."""
    part: Floats = observation[..., embodiment.observation[name]]
    return part


def recorded_commands(
    kept: dict[str, Floats], kind: str, space: CommandSpace
) -> CommandBatch | StagedCommands:
    """The schedules of the recording."""
    names = ("constant", "amplitude", "phase", "modulation_frequency")
    settings = {name: kept[f"{kind}_{name}"] for name in ("gait", "gait_frequency")}
    columns = [kept[f"{kind}_{name}"] for name in names]
    none = np.zeros((*columns[0].shape[:-1], 0), np.float32)  # of harmonics and paths
    batch = CommandBatch(space, *columns, settings, none, none)
    if kind == "plain":
        return batch
    # Recorded when schedules had room for fewer stages.
    spare = MAX_PHASES - kept["staged_duration"].shape[1]
    duration = np.pad(kept["staged_duration"], ((0, 0), (0, spare)))
    return StagedCommands(batch.map(lambda part: _padded(part, spare)), duration)


def _padded(part: Floats, spare: int) -> Floats:
    return np.concatenate([part, np.repeat(part[:, :1], spare, axis=1)], axis=1)


def test_the_segments_of_version_3_are_these() -> None:
    assert legged(get_robot("go1")).observation.widths == GO1_SEGMENTS


@pytest.mark.parametrize(("kind", "rows"), [("plain", slice(24)), ("staged", slice(24, None))])
def test_what_version_2_had_is_the_same_to_the_last_bit(kind: str, rows: slice) -> None:
    embodiment = legged(get_robot("go1"))
    with np.load(RECORDED) as archive:
        kept = dict(archive)
    commands = recorded_commands(kept, kind, embodiment.commands)
    states = (kept[name][rows] for name in ("time", "qpos", "qvel", "ctrl"))
    origin = np.zeros((len(kept["origin"][rows]), 3))
    origin[:, 0] = kept["origin"][rows]
    observation = embodiment.observe(*states, commands, origin)
    before = Segments(tuple(part for part in GO1_SEGMENTS if part[0] not in ADDED))
    for name in before.names:
        np.testing.assert_array_equal(
            seen(embodiment, observation, name),
            kept["observation"][rows][..., before[name]],
            err_msg=name,
        )


def test_gravity_rates_and_velocity_are_what_the_sensors_read(
    embodiment: LeggedRobot, states: States
) -> None:
    schedules = random_programs(COUNT, robot=embodiment.robot)
    observation = states.observe(embodiment, schedules)
    for name, read in (
        ("gravity", states.down),
        ("angular_velocity", states.gyro),
        ("linear_velocity", states.velocity),
    ):
        part = seen(embodiment, observation, name)
        np.testing.assert_allclose(part, read, atol=1e-5, err_msg=name)


def test_a_robot_on_course_sees_no_heading_error_and_one_off_course_sees_it_clipped(
    embodiment: LeggedRobot,
) -> None:
    turned = np.tile(embodiment.home_qpos, (3, 1))
    for row, yaw in enumerate((0.3, 0.0, -2.5)):
        turned[row, 3:7] = np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2)
    observation = embodiment.observe(
        np.zeros(3),
        turned,
        np.zeros((3, embodiment.nv)),
        np.tile(embodiment.joints.home, (3, 1)),
        CommandBatch.neutral(embodiment.commands, 3),
        np.tile([0.3, 0.0, 0.0], (3, 1)),
    )
    error = seen(embodiment, observation, "heading_error")[:, 0]
    np.testing.assert_allclose(error, [0.0, 0.3, 1.0], atol=1e-6)


def test_a_robot_begins_where_it_looks(embodiment: LeggedRobot, states: States) -> None:
    schedules = random_programs(COUNT, robot=embodiment.robot)
    origin = embodiment.origin(states.qpos, states.time, schedules)
    observation = embodiment.observe(
        states.time, states.qpos, states.qvel, states.ctrl, schedules, origin
    )
    np.testing.assert_allclose(seen(embodiment, observation, "heading_error"), 0.0, atol=1e-5)
    np.testing.assert_allclose(seen(embodiment, observation, "path_error"), 0.0, atol=1e-5)


def test_what_is_not_known_is_not_seen_and_said_to_be_unknown(
    embodiment: LeggedRobot, states: States
) -> None:
    schedules = random_programs(COUNT, robot=embodiment.robot)
    full = states.observe(embodiment, schedules)
    qpos, qvel = states.qpos.copy(), states.qvel.copy()
    qpos[::2, :2] = qvel[1::2, :3] = np.nan
    part = embodiment.observe(states.time, qpos, qvel, states.ctrl, schedules)
    assert np.isfinite(part).all()
    known = seen(embodiment, part, "linear_velocity_known")[:, 0]
    np.testing.assert_array_equal(known, np.arange(COUNT) % 2 == 0)
    np.testing.assert_array_equal(seen(embodiment, part, "linear_velocity")[1::2], 0.0)
    np.testing.assert_array_equal(seen(embodiment, part, "path_error")[::2], 0.0)
    hidden = np.zeros(len(embodiment.observation), bool)
    for name in ("linear_velocity", "linear_velocity_known", "path_error"):
        hidden[embodiment.observation[name]] = True
    np.testing.assert_array_equal(part[:, ~hidden], full[:, ~hidden])


def test_a_robot_beside_its_path_sees_where_it_is(embodiment: LeggedRobot) -> None:
    space, scale = embodiment.commands, Scale.of(embodiment.robot)
    turning = CommandSchedule.asking(space, vx=0.4 * scale.speed, yaw=0.5 * scale.frequency)
    time = np.array([2.0 / scale.frequency])
    radius, angle = 0.8 * scale.length, 1.0
    path = np.array([radius * np.sin(angle), radius * (1.0 - np.cos(angle))])
    qpos = embodiment.home_qpos[None].astype(float)
    qpos[0, 3:7] = np.cos(angle / 2), 0.0, 0.0, np.sin(angle / 2)
    off = 0.1 * scale.length
    qpos[0, :2] = path - off * np.array([np.cos(angle), np.sin(angle)])
    observation = embodiment.observe(
        time, qpos, np.zeros((1, embodiment.nv)), embodiment.joints.home[None],
        CommandBatch.stack([turning]),
    )  # fmt: skip
    error = seen(embodiment, observation, "path_error")[0]
    np.testing.assert_allclose(error, [off, 0.0], atol=1e-5)


def test_the_clock_of_the_sinusoids_starts_at_zero_and_ticks_at_their_frequency(
    embodiment: LeggedRobot, states: States
) -> None:
    schedules = random_programs(COUNT, robot=embodiment.robot)
    angle = 2 * np.pi * schedules.modulation_frequency * states.time
    expected = [wave(k * angle) for k in (1.0, 0.5, 2.0) for wave in (np.sin, np.cos)]
    clock = seen(embodiment, states.observe(embodiment, schedules), "modulation")
    np.testing.assert_allclose(clock, np.stack(expected, axis=1), atol=1e-4)


def test_every_foot_has_a_clock_and_a_foot_at_rest_has_none(
    embodiment: LeggedRobot, states: States
) -> None:
    space, feet = embodiment.commands, len(embodiment.robot.limbs)
    lift = next(name for name in space.names if name.startswith("lift_"))
    asked = [
        CommandSchedule.neutral(space),
        CommandSchedule.asking(space, vx=0.6),
        CommandSchedule.asking(space, **{lift: 0.08}),
        CommandSchedule.asking(space, gait_frequency=1.5),
    ]
    schedules = CommandBatch.stack(asked * (COUNT // len(asked)))
    observation = states.observe(embodiment, schedules)
    sine, cosine = (seen(embodiment, observation, name) for name in ("gait_sin", "gait_cos"))
    phase = embodiment.clock.phase(schedules, states.time)
    running = np.ones((COUNT, feet), bool)
    running[0::4] = False
    running[2::4] = np.arange(feet) == 0  # the lifted foot alone
    np.testing.assert_allclose(sine, running * np.sin(2 * np.pi * phase), atol=1e-5)
    np.testing.assert_allclose(cosine, running * np.cos(2 * np.pi * phase), atol=1e-5)
    np.testing.assert_allclose(sine[2::4, 0], np.sin(2 * np.pi * MID_SWING), atol=1e-5)
    frequency = seen(embodiment, observation, "step_frequency")[:, 0]
    walking = embodiment.clock.step_frequency(schedules)[1::4]
    np.testing.assert_allclose(frequency[0::4], 0.0)
    np.testing.assert_allclose(frequency[1::4], walking, atol=1e-5)
    np.testing.assert_allclose(frequency[2::4], 0.0)
    np.testing.assert_allclose(frequency[3::4], 1.5)


def at_home(embodiment: LeggedRobot, schedule: CommandSchedule, time: Floats) -> Floats:
    """What a robot sees that rests in the home pose at several times of a schedule."""
    rows = (len(time), 1)
    kind = StagedCommands if schedule.later else CommandBatch
    observation: Floats = embodiment.observe(
        time, np.tile(embodiment.home_qpos, rows), np.zeros((len(time), embodiment.nv)),
        np.tile(embodiment.joints.home, rows), kind.stack([schedule]),
    )  # fmt: skip
    return observation


def test_it_follows_the_stages_and_looks_over_a_switch(embodiment: LeggedRobot) -> None:
    space = embodiment.commands
    crouch = CommandSchedule.asking(space, height=-0.08)
    step = CommandSchedule.asking(space, roll=0.05, gait_frequency=2.0)
    two = CommandSchedule.sequence([crouch, step], (4.0, 2.5))
    time = np.array([3.86, 3.94, 4.02, 6.44, 6.52])
    observation, roll = at_home(embodiment, two, time), space.column("roll")
    now = seen(embodiment, observation, "command")[:, roll]
    soon = seen(embodiment, observation, "command_ahead")[:, roll]
    np.testing.assert_allclose(now, [0.0, 0.0, 0.05, 0.05, 0.0], atol=1e-7)
    np.testing.assert_allclose(soon, [0.0, 0.05, 0.05, 0.0, 0.0], atol=1e-7)
    assert two.period_s < 6.44 + LOOK_AHEAD_S
    frequency = seen(embodiment, observation, "step_frequency")[:, 0]
    np.testing.assert_allclose(frequency, [0.0, 0.0, 2.0, 2.0, 0.0])
    # Each stage looks as it does alone, but for what is to come and the course.
    for row, due in enumerate((crouch, crouch, step, step, crouch)):
        alone = at_home(embodiment, due, time[row : row + 1])[0]
        for name in embodiment.observation.names:
            if name not in ("command_ahead", "heading_error", "path_error"):
                part = embodiment.observation[name]
                np.testing.assert_array_equal(observation[row, part], alone[part], err_msg=name)
