"""Rotations against MuJoCo's own."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from tabrl.control import rotation
from tests.support.engine import quaternions

COUNT = 16


def test_rotations_agree_with_mujoco() -> None:
    rng = np.random.default_rng(2)
    matrix, vector = np.zeros(9), rng.normal(size=(COUNT, 3))
    for quaternion, world in zip(quaternions(COUNT, 5).astype(np.float64), vector, strict=True):
        mujoco.mju_quat2Mat(matrix, quaternion)
        body_to_world = matrix.reshape(3, 3)
        np.testing.assert_allclose(
            rotation.rotate_inverse(quaternion, world), body_to_world.T @ world, atol=1e-6
        )
        np.testing.assert_allclose(rotation.up_in_body(quaternion), body_to_world[2], atol=1e-6)
        roll, pitch = rotation.roll_pitch(quaternion)
        yaw = rotation.yaw(quaternion)
        rebuilt = np.zeros(4)
        mujoco.mju_euler2Quat(rebuilt, np.array([yaw, pitch, roll]), "zyx")
        assert abs(rebuilt @ quaternion) == pytest.approx(1.0, abs=1e-6)


def test_wrapped_angles_lie_within_a_half_turn() -> None:
    angles = np.array([0.0, 3.0, 3.5, -3.5, 10 * np.pi])
    wrapped = rotation.wrap(angles)
    assert np.all((wrapped >= -np.pi) & (wrapped < np.pi))
    np.testing.assert_allclose(np.exp(1j * wrapped), np.exp(1j * angles), atol=1e-12)


def test_a_matrix_gives_its_quaternion_back() -> None:
    rng = np.random.default_rng(4)
    drawn = rng.normal(size=(50, 4))
    halves = np.array([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    quaternions = np.concatenate([drawn, halves, np.eye(4)[:1]])
    quaternions /= np.linalg.norm(quaternions, axis=1, keepdims=True)
    matrices = np.zeros((len(quaternions), 9))
    for matrix, quaternion in zip(matrices, quaternions, strict=True):
        mujoco.mju_quat2Mat(matrix, quaternion)
    found = rotation.from_matrix(matrices.reshape(-1, 3, 3))
    assert (found[:, 0] >= 0.0).all()
    np.testing.assert_allclose(np.abs((found * quaternions).sum(1)), 1.0, atol=1e-9)
