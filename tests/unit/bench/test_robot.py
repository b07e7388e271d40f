"""The names of the feet stand for the right corners; rotations are MuJoCo's."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest
from bench.rotation import rotation_matrices, rotation_rows
from bench.tasks.body import Body, body_of, quadrupeds

BODIES = [body_of(robot) for robot in quadrupeds()]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.robot.id)
def test_the_feet_are_where_their_names_say(body: Body) -> None:
    model, data = body.model, mujoco.MjData(body.model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    mujoco.mj_kinematics(model, data)
    root = data.xpos[int(model.jnt_bodyid[0])]
    place = {foot: data.site(foot).xpos - root for foot in body.feet}
    corners = {foot: (x > 0.0, y > 0.0) for foot, (x, y, _) in place.items()}
    feet = body.feet
    assert corners == {
        feet.front_right: (True, False),
        feet.front_left: (True, True),
        feet.rear_right: (False, False),
        feet.rear_left: (False, True),
    }


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.robot.id)
def test_the_trunk_s_gap_is_that_of_its_lowest_point(body: Body) -> None:
    """Against points all over the shapes' surfaces."""
    rng = np.random.default_rng(0)
    quaternions = rng.normal(size=(30, 4))
    rotation = rotation_matrices(quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True))
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    lowest = np.full(30, np.inf)
    for shape in body.trunk:
        points = shape.centre + (corners * shape.half) @ shape.axes.T
        heights = np.einsum("tj,pj->tp", rotation[:, 2], points)
        lowest = np.minimum(lowest, heights.min(axis=1) - shape.radius)
    gap = body.trunk_gap(np.full(30, 0.5), rotation[:, 2])
    np.testing.assert_allclose(gap, 0.5 + lowest, atol=1e-9)


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
