"""An arm as the engine sees it: what it is told, sees and does."""

from __future__ import annotations

import json
import runpy
from pathlib import Path as File

import mujoco
import numpy as np
import pytest

from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.embodiment import LOOK_AHEAD_S
from tabrl.control.physics import physics_model
from tabrl.control.staged_commands import StagedCommands
from tabrl.control.waypoints import Path
from tabrl.embodiments.arm.askable import ability_words
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.arm.names import BLEND, DOWN, ELBOW, joint_channel
from tabrl.embodiments.arm.observation import STEP_RAD
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import askables_of, catalogue_of, export_template, page_of
from tabrl.export.robot_constants import robot_constants
from tabrl.robots import Robot, get_robot

STILL = np.zeros(1, np.float32)


def observed(embodiment: ArmRobot, qpos: np.ndarray, **asked: object) -> dict[str, np.ndarray]:
    """What an arm at rest in a posture sees of a command, by segment."""
    schedule = CommandSchedule.asking(embodiment.commands, **asked)  # type: ignore[arg-type]
    commands = CommandBatch.stack([schedule])
    state = qpos[None].astype(np.float32)
    seen = embodiment.observe(STILL, state, np.zeros_like(state), state + 0.01, commands)[0]
    return {name: seen[embodiment.observation[name]] for name in embodiment.observation.names}


def test_at_home_nothing_is_wrong(embodiment: ArmRobot) -> None:
    seen = observed(embodiment, embodiment.home_qpos)
    for name in ("joint_offset", "joint_error", "tool_error", "pointing_error", "roll_error"):
        np.testing.assert_allclose(seen[name], 0.0, atol=1e-6)
    np.testing.assert_allclose(seen["target_lead"], 0.01, atol=1e-6)
    np.testing.assert_allclose(seen["tool_axis"], [0.0, 0.0, -1.0], atol=1e-4)


def test_errors_are_those_of_the_tool_in_the_world(embodiment: ArmRobot) -> None:
    seen = observed(embodiment, embodiment.home_qpos, x=0.1, y=-0.2, z=0.01)
    np.testing.assert_allclose(seen["tool_error"], [0.1, -0.2, 0.01], atol=1e-6)
    np.testing.assert_allclose(seen["tool_error_near"], [1.0, -1.0, 1.0 / 3.0], atol=1e-5)


@pytest.mark.parametrize(
    ("asked", "axis"),
    [
        ({"elevation": 0.5 * np.pi}, (1.0, 0.0, 0.0)),
        ({"elevation": 0.5 * np.pi, "azimuth": 0.5 * np.pi}, (0.0, 1.0, 0.0)),
        ({"elevation": 0.25 * np.pi}, (np.sqrt(0.5), 0.0, -np.sqrt(0.5))),
        ({"azimuth": 1.0}, (0.0, 0.0, -1.0)),
        ({"roll": 1.0}, (0.0, 0.0, -1.0)),
    ],
)
def test_where_commands_point(
    embodiment: ArmRobot, asked: dict[str, float], axis: tuple[float, ...]
) -> None:
    batch = CommandBatch.stack([CommandSchedule.asking(embodiment.commands, **asked)])
    pose = embodiment.wanted(batch.command(STILL))
    np.testing.assert_allclose(pose.axis[0], axis, atol=1e-4)
    assert abs(float((pose.axis * pose.side).sum())) < 1e-5
    seen = observed(embodiment, embodiment.home_qpos, **asked)
    turned = abs(asked.get("roll", asked.get("azimuth", 0.0)))
    if axis[2] < -0.99:
        assert abs(float(seen["roll_error"][0])) == pytest.approx(turned, abs=1e-4)
    else:
        angle = np.arccos(-axis[2])
        size = float(np.linalg.norm(seen["pointing_error"]))
        assert size == pytest.approx(np.sin(angle), abs=1e-3)


def test_an_elbow_on_the_wrong_side_is_led_to_the_other(embodiment: ArmRobot) -> None:
    up = observed(embodiment, embodiment.home_qpos)["joint_way"]
    np.testing.assert_allclose(up, 0.0, atol=1e-4)
    if ELBOW in {setting.name for setting in embodiment.commands.settings}:
        down = observed(embodiment, embodiment.home_qpos, elbow=DOWN)["joint_way"]
        assert np.abs(down).max() == pytest.approx(STEP_RAD, abs=1e-3)


def test_the_way_leads_to_what_is_asked_soon(embodiment: ArmRobot) -> None:
    schedule = CommandSchedule.asking(embodiment.commands, x=(0.0, 0.05, 0.0))
    state = embodiment.home_qpos[None].astype(np.float32)
    commands = CommandBatch.stack([schedule])
    seen = embodiment.observe(STILL, state, np.zeros_like(state), state, commands)[0]
    assert abs(float(seen[embodiment.observation["tool_error"]][0])) < 1e-5
    way = seen[embodiment.observation["joint_way"]]
    moved = embodiment.chain.point(embodiment.chain.frames(state + way))[0][0]
    asked = 0.05 * np.sin(2.0 * np.pi * LOOK_AHEAD_S)
    assert moved[0] - embodiment.wanted.place[0] == pytest.approx(asked, rel=0.1)


def test_joints_have_channels_of_their_own(robot: Robot, embodiment: ArmRobot) -> None:
    for place, name in enumerate(robot.joint_names):
        seen = observed(embodiment, embodiment.home_qpos, **{joint_channel(name): 0.3, BLEND: 1.0})
        wanted = np.zeros(robot.nu)
        wanted[place] = 0.3
        np.testing.assert_allclose(seen["joint_error"], wanted, atol=1e-6)


def test_settings_are_seen(embodiment: ArmRobot) -> None:
    seen = observed(embodiment, embodiment.home_qpos, elbow=DOWN, tempo=0.2)
    np.testing.assert_allclose(seen["settings"], [-1.0, 0.2], atol=1e-6)
    seen = observed(embodiment, embodiment.home_qpos)
    np.testing.assert_allclose(seen["settings"], [1.0, 0.0], atol=1e-6)


def test_without_action_it_holds_home(robot: Robot, embodiment: ArmRobot) -> None:
    model = physics_model(robot)
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    for _ in range(200):
        data.ctrl[:] = embodiment.joints.aimed(
            np.zeros(robot.nu), data.qpos, data.qvel, last=data.ctrl
        )
        mujoco.mj_step(model, data, 2)
    np.testing.assert_array_equal(data.ctrl, robot.home)
    place, _ = embodiment.chain.point(embodiment.chain.frames(data.qpos.astype(np.float32)))
    assert np.linalg.norm(place - embodiment.wanted.place) < 0.01
    assert np.abs(data.qvel).max() < 1e-3


def test_motors_at_their_limit_do_not_chatter(robot: Robot, embodiment: ArmRobot) -> None:
    """Forces are limited by the targets: where MuJoCo clamps one, it is not damped implicitly."""
    model, rng = physics_model(robot), np.random.default_rng(0)
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    limit, jumps = model.actuator_forcerange[:, 1], []
    for _ in range(100):
        action = rng.normal(0.0, 2.0, robot.nu)
        data.ctrl[:] = embodiment.joints.aimed(action, data.qpos, data.qvel, last=data.ctrl)
        for _ in range(2):
            before = data.qvel.copy()
            mujoco.mj_step(model, data)
            assert (np.abs(data.actuator_force) < limit).all()
            jumps.append(np.abs(data.qvel - before).max())
    assert max(jumps) < 1.5  # rad/s within 10 ms


def test_one_action_drives_it_into_the_table(robot: Robot, embodiment: ArmRobot) -> None:
    model = physics_model(robot)
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    assert embodiment.failing_action is not None
    for _ in range(150):
        data.ctrl[:] = embodiment.joints.aimed(
            embodiment.failing_action, data.qpos, data.qvel, last=data.ctrl
        )
        mujoco.mj_step(model, data, 2)
        if embodiment.failed(data.qpos[None].astype(np.float32))[0]:
            return
    pytest.fail("it did not get there")


def test_the_exported_program_follows_paths_harmonics_and_stages(
    robot: Robot, embodiment: ArmRobot, tmp_path: File
) -> None:
    file = tmp_path / "observe.py"
    file.write_bytes(export_template(robot))
    space = embodiment.commands
    square = [(0.1, 0.1, 0.0), (0.1, -0.1, 0.0), (-0.1, -0.1, 0.05), (0.1, 0.1, 0.0)]
    loop = Path(tuple((0.5 + 0.7 * k, *place) for k, place in enumerate(square)), True)
    line = Path(((0.0, 0.0, 0.1, 0.0), (0.8, 0.1, 0.1, 0.1)))
    stages = (
        CommandSchedule.asking(
            space, x=(0.05, 0.1, 0.2, 2.0), elevation=(0.5, 0.3, 1.0, 0.5), tempo=0.3
        ).along(loop),
        CommandSchedule.asking(space, roll=0.4, azimuth=0.3, elbow=DOWN).along(line),
    )
    for schedule in (*stages, CommandSchedule.sequence(stages, (2.9, 1.1))):
        program = ScheduleDocument.of(schedule).model_dump(mode="json")
        constants = json.loads(json.dumps(robot_constants(embodiment)))
        observe = runpy.run_path(str(file))["observer"](program, constants)
        batch = StagedCommands.stack([schedule])
        rng = np.random.default_rng(0)
        for time in (0.0, 0.31, 0.5, 1.27, 2.6, 2.9, 3.3, 4.0, 5.7, 11.1):
            qpos, qvel = robot.home + 0.4 * rng.normal(size=6), rng.normal(size=6)
            ctrl = qpos + 0.02
            seen = embodiment.observe(np.array([time]), qpos[None], qvel[None], ctrl[None], batch)[
                0
            ]
            np.testing.assert_allclose(observe(time, qpos, qvel, ctrl), seen, atol=3e-4)


def test_what_it_can_be_asked_for_can_be_measured(robot: Robot) -> None:
    catalogue = catalogue_of(robot)
    for one in askables_of(robot):
        assert one.name in catalogue
        assert set(one.parts) <= set(catalogue[one.name].parts.names)
        assert one.unit == catalogue[one.name].unit


def test_recipes_are_within_the_trained_ranges(embodiment: ArmRobot) -> None:
    space = embodiment.commands
    for name, schedule in embodiment.recipes.items():
        batch = CommandBatch.stack([schedule])
        assert (batch.constant >= space.lower - 1e-6).all(), name
        assert (batch.constant <= space.upper + 1e-6).all(), name
        assert (np.abs(batch.amplitude) <= space.amplitude + 1e-6).all(), name
    assert sum(bool(schedule.path) for schedule in embodiment.recipes.values()) >= 4


def test_an_arm_cannot_be_pushed_and_draws_ink(robot: Robot, embodiment: ArmRobot) -> None:
    assert embodiment.push_noise == ()
    assert page_of(robot).ink == embodiment.tool == robot.end_effectors[0]
    assert page_of(get_robot("go1")).ink is None
    assert embodiment_of(get_robot("go1")).tool is None


def test_its_card_says_what_its_commands_do(embodiment: ArmRobot) -> None:
    robot = embodiment.robot
    assert ability_words(robot)[:2] == ("reaches 0.85 m", "draws circles, figures and words")
    bound = robot.model_copy(update={"without": ("elevation", "x")})
    assert ability_words(bound) == ("reaches 0.85 m", "waves")
