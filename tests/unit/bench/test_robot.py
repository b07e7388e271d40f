"""The names of the feet stand for the right corners; rotations are MuJoCo's."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest
from bench.robot import FEET, scene_model
from bench.rotation import rotation_matrices, rotation_rows


def test_the_feet_are_where_their_names_say() -> None:
    model = scene_model()
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    mujoco.mj_kinematics(model, data)
    place = {foot: data.site(foot).xpos - data.body("trunk").xpos for foot in FEET}
    corners = {foot: (x > 0.0, y > 0.0) for foot, (x, y, _) in place.items()}
    assert corners == {
        FEET.front_right: (True, False),
        FEET.front_left: (True, True),
        FEET.rear_right: (False, False),
        FEET.rear_left: (False, True),
    }


def test_rotations_are_those_of_mujoco() -> None:
    drawn = np.random.default_rng(0).normal(size=(20, 4))
    quaternions = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    expected = np.empty((20, 9))
    for row, quaternion in zip(expected, quaternions, strict=True):
        mujoco.mju_quat2Mat(row, quaternion)
    matrices = rotation_matrices(quaternions)
    np.testing.assert_allclose(matrices, expected.reshape(20, 3, 3), atol=1e-12)
    w, x, y, z = quaternions[0].tolist()
    assert np.array(rotation_rows(w, x, y, z)) == pytest.approx(matrices[0])
