"""A legged robot at the wheel: its clocks run on, and it goes where it is driven."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np
import pytest

from tabrl.control import rotation
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.live.commands import LiveCommands
from tabrl.control.physics import physics_model
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.legged.driving.clocks import HEADING_LEASH, LeggedClocks
from tabrl.embodiments.live import live_control_of
from tabrl.embodiments.load import load_policy
from tabrl.robots import Robot
from tests.support.robots import LEGGED, legged
from tests.support.training_context import pretrained_policy, trained_legged

SECOND = round(1.0 / CONTROL_DT)
each = pytest.mark.parametrize("robot", LEGGED, ids=lambda robot: robot.id)
Asked = dict[str, float]


def features_of(robot: Robot, clocks: np.ndarray, **asked: float) -> tuple[np.ndarray, np.ndarray]:
    """Features of a robot at home with these clocks, and its next clocks."""
    embodiment = legged(robot)
    stage = CommandBatch.stack([CommandSchedule.asking(embodiment.commands, **asked)])
    time, qpos = np.zeros(1), embodiment.home_qpos[None].astype(float)
    plain = embodiment.command_features(time, stage)
    return LeggedClocks(embodiment).step(plain, stage, time, clocks, qpos)


@each
def test_strides_run_on_while_the_speed_changes(robot: Robot) -> None:
    features, clocks, strides = legged(robot).features, np.zeros((1, 4)), []
    for tick in range(3 * SECOND):
        seen, clocks = features_of(robot, clocks, vx=0.2 + 0.3 * tick / SECOND)
        sine, cosine = (seen[0, features[f"gait_{name}"]][0] for name in ("sin", "cos"))
        strides.append(np.arctan2(sine, cosine))
    steps = np.diff(np.unwrap(strides))
    # Stance and swing are stretched differently onto a phase: no step is more than both allow.
    assert 0.0 < steps.min() < steps.max() < 2.0 * np.pi * 4.5 * CONTROL_DT * 1.3


@each
def test_whoever_stops_begins_with_the_same_foot(robot: Robot) -> None:
    _, clocks = features_of(robot, np.array([[0.7, 0.0, 0.0, 0.0]]))
    assert clocks[0, 0] == 0.0


@each
def test_what_is_wanted_stays_within_reach_of_a_robot_that_is_held(robot: Robot) -> None:
    clocks = np.zeros((1, 4))
    for _ in range(5 * SECOND):
        _, clocks = features_of(robot, clocks, vx=0.5, yaw=1.0)
    assert clocks[0, 1] == pytest.approx(HEADING_LEASH)
    assert np.linalg.norm(clocks[0, 2:]) < 0.5 * robot.characteristic_length + 0.05


def drive(robot: Robot, seconds: float, asked: Callable[[float], Asked]) -> np.ndarray:
    """States of a pretrained policy that is driven, `[T, nq]`."""
    policy, control = load_policy(pretrained_policy(robot.id).policy), live_control_of(robot)
    embodiment = legged(robot)
    model = physics_model(robot)
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, model.keyframe("home").id)
    carry, states = np.full((1, control.carried), np.nan), []
    for tick in range(round(seconds * SECOND)):
        waves = np.full((1, len(embodiment.commands), 4), np.nan)
        for name, value in asked(tick * CONTROL_DT).items():
            waves[0, embodiment.commands.column(name)] = value, 0.0, 0.0, 1.0
        qpos, qvel, ctrl = (np.array(one)[None] for one in (data.qpos, data.qvel, data.ctrl))
        live = LiveCommands(np.zeros(1), np.zeros(1), waves, carry)
        seen, carry = control.observe(
            np.array([data.time]), qpos, qvel, ctrl, policy.commands, live
        )
        data.ctrl[:] = embodiment.joints.aimed(policy.weights.act(seen), qpos, qvel, last=ctrl)[0]
        mujoco.mj_step(model, data, round(CONTROL_DT / model.opt.timestep))
        states.append(qpos[0])
    return np.array(states)


@pytest.mark.parametrize("robot", trained_legged(), ids=lambda robot: robot.id)
def test_a_pretrained_policy_goes_where_it_is_driven(robot: Robot) -> None:
    def asked(time: float) -> Asked:
        return {"vx": 0.8, "yaw": 0.0} if time < 2.5 else {"vx": 0.0, "yaw": -0.8}

    states = drive(robot, 5.0, asked)
    yaw = np.unwrap(rotation.yaw(states[:, 3:7]))
    ahead = states[2 * SECOND, 0] - states[SECOND, 0]
    assert ahead == pytest.approx(0.8, abs=0.12)
    assert abs(yaw[2 * SECOND]) < 0.15
    assert (yaw[-1] - yaw[-SECOND]) == pytest.approx(-0.8, abs=0.15)
    assert states[:, 2].min() > 0.6 * robot.characteristic_length
