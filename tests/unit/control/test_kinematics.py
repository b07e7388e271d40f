"""Bodies and feet from joint angles, held to MuJoCo's own."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from tabrl.control.kinematics import Pose, Skeleton
from tabrl.robots import scene_xml
from tests.support.engine import GO1, quaternions

COUNT = 12


def scene() -> mujoco.MjModel:
    """The robot's scene as MuJoCo has it."""
    return mujoco.MjModel.from_xml_string(scene_xml("go1").decode())


def twisted() -> mujoco.MjModel:
    """The robot with its hips and knees mounted askew, so that no frame is like another."""
    model = scene()
    model.body_quat[2:] = quaternions(model.nbody - 2)
    return model


@pytest.mark.parametrize("model", [scene(), twisted()], ids=["as it is", "mounted askew"])
def test_the_pose_is_mujocos(model: mujoco.MjModel) -> None:
    rng, data = np.random.default_rng(3), mujoco.MjData(model)
    qpos = rng.normal(size=(COUNT, model.nq)).astype(np.float32)
    qpos[:, 3:7] = quaternions(COUNT)
    qvel = 3.0 * rng.normal(size=(COUNT, model.nv)).astype(np.float32)
    skeleton = Skeleton.of(GO1, model)
    pose = skeleton.pose(qpos, qvel)
    compiled = jax.jit(lambda q, v: skeleton.pose(q, v, jnp))(qpos, qvel)
    for name, field in pose._asdict().items():
        np.testing.assert_allclose(getattr(compiled, name), field, atol=1e-5)
    for row in range(COUNT):
        data.qpos[:], data.qvel[:] = qpos[row], qvel[row]
        mujoco.mj_forward(model, data)
        expected = Pose(
            data.xpos[1:],
            data.xaxis[1:],
            *(
                [data.sensor(f"{foot}_{kind}").data for foot in GO1.foot_names]
                for kind in ("position", "velocity")
            ),
        )
        for ours, theirs in zip(pose, expected, strict=True):
            np.testing.assert_allclose(ours[row], theirs, atol=2e-5)


def test_a_block_of_many_robots_keeps_its_shape() -> None:
    model = scene()
    pose = Skeleton.of(GO1, model).pose(np.ones((3, 5, model.nq)), np.ones((3, 5, model.nv)))
    assert [field.shape for field in pose] == [(3, 5, n, 3) for n in (13, 12, 4, 4)]


def test_other_joints_are_refused() -> None:
    model = scene()
    assert hash(Skeleton.of(GO1, model)) == hash(Skeleton.of(GO1, scene()))
    model.jnt_type[3] = mujoco.mjtJoint.mjJNT_SLIDE
    with pytest.raises(ValueError, match=r"FR_calf: only a single hinge"):
        Skeleton.of(GO1, model)
