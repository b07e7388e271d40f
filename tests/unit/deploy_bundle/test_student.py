"""A bundle's loop listens to a student as the trainer's policy does."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tabrl.control.policy import Layer, PolicyWeights
from tabrl.control.staged_commands import StagedCommands
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.export.deploy.robot_loop.controller import Controller, turned
from tabrl.export.deploy.robot_loop.description import RobotDescription
from tabrl.export.deploy.robot_loop.messages import RobotState
from tabrl.export.deploy.robot_loop.settings import SettingsError
from tabrl.robots import get_robot
from tabrl_trainer.distillation.student import FRAMES, Columns, Student, StudentPolicy
from tests.support.hardware.rehearsal import exportable, rehearse, unpacked

ROBOT = get_robot("go1")
GO1 = embodiment_of(ROBOT)


def student(seed: int = 0) -> Student:
    """Random layers."""
    rng, columns = np.random.default_rng(seed), Columns.of(GO1)
    sizes = (FRAMES * len(columns.seen), 16, columns.size)
    layers = tuple(
        Layer(
            (0.3 * rng.normal(size=(rows, width)) / np.sqrt(rows)).astype(np.float32),
            rng.normal(size=width).astype(np.float32) * 0.1,
        )
        for rows, width in pairwise(sizes)
    )
    mean, std = rng.normal(size=sizes[0]), rng.uniform(0.5, 2.0, sizes[0])
    return Student(PolicyWeights(mean.astype(np.float32), std.astype(np.float32), layers), columns)


def bundle_with(made: Student, folder: Path) -> Path:
    model = exportable(ROBOT, vx=0.5)
    bundle = unpacked(model, folder)
    (bundle / "policy/student.safetensors").write_bytes(made.dump(model.params))
    return bundle


def test_the_loop_decides_as_the_trainer_does(tmp_path: Path) -> None:
    made = student()
    bundle = bundle_with(made, tmp_path)
    robot = RobotDescription.load(bundle)
    controller = Controller(bundle / "policy", robot)
    policy = load_policy((bundle / "policy/policy.safetensors").read_bytes())
    trained = StudentPolicy(policy.weights, made)
    trained.begin(1)
    rng, last = np.random.default_rng(1), robot.home
    begun = np.array([math.cos(0.6), 0.0, 0.0, math.sin(0.6)])
    still = np.zeros(12)
    controller.begin(RobotState(0.0, robot.home, still, still, begun, np.zeros(3)))
    commands = StagedCommands.stack([policy.schedule])
    for step in range(FRAMES + 3):
        quaternion = np.array([1.0, *0.1 * rng.normal(size=3)])
        quaternion /= np.linalg.norm(quaternion)
        joints = robot.home + 0.1 * rng.normal(size=12)
        velocity, gyro = rng.normal(size=12), rng.normal(size=3)
        state = RobotState(0.02 * step, joints, velocity, still, turned(quaternion, 1.2), gyro)
        targets = controller.targets(0.02 * step, state, last)
        qpos = np.concatenate([np.full(3, np.nan), quaternion, joints])[None]
        qvel = np.concatenate([np.full(3, np.nan), gyro, velocity])[None]
        time = np.array([0.02 * step])
        seen = GO1.observe(time, qpos, qvel, last[None], commands)
        wanted = GO1.joints.aimed(trained(seen), qpos, qvel, last=last[None])
        np.testing.assert_allclose(targets, wanted[0], atol=3e-4)
        last = targets
    assert np.isfinite(controller.velocity).all()


def test_the_student_of_another_policy_is_refused(tmp_path: Path) -> None:
    bundle = bundle_with(student(), tmp_path)
    other = exportable(ROBOT, vx=0.4).params
    (bundle / "policy/policy.safetensors").write_bytes(other)
    with pytest.raises(SettingsError, match="another policy"):
        Controller(bundle / "policy", RobotDescription.load(bundle))


def test_a_run_says_whether_there_is_one_and_logs_what_it_estimates(tmp_path: Path) -> None:
    bundle = bundle_with(student(), tmp_path / "bundle")
    calm = {"stop.tilt_rad": "4", "limits.speed_stop": "100"}
    ran = rehearse(bundle, tmp_path, "--yes", "--seconds", "0.3", kind="unitree_go1", settings=calm)
    assert "no policy/student" not in ran.said
    moving = ran.steps("phase")[:, 0] >= 3
    assert np.isfinite(ran.steps("estimate")[moving & (ran.steps("phase")[:, 0] <= 4)]).all()
    (bundle / "policy/student.safetensors").unlink()
    ran = rehearse(
        bundle, tmp_path / "again", "--yes", "--seconds", "0", kind="unitree_go1", settings=calm
    )
    assert "no policy/student.safetensors" in ran.said
    assert np.isnan(ran.steps("estimate")).all()
