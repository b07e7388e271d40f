"""The frames of a chain beside MuJoCo's own."""

from __future__ import annotations

import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from tabrl.control.physics import physics_model
from tabrl.domain.errors import Invalid
from tabrl.embodiments.arm.chain import Chain
from tabrl.robots import get_robot

ARM = get_robot("ur5e")
POINTER = get_robot("pointer")  # its second joint's body is turned in the first one's
POSES = 20


@pytest.mark.parametrize("robot", [ARM, POINTER], ids=lambda robot: robot.id)
def test_frames_point_and_jacobian_are_mujocos(robot: object) -> None:
    assert isinstance(robot, type(ARM))
    model, limb = physics_model(robot), robot.limbs[0]
    chain = Chain.of(model, limb.joints, limb.end_effector)
    rng, data = np.random.default_rng(3), mujoco.MjData(model)
    qpos = rng.uniform(-1.5, 1.5, (POSES, model.nq)).astype(np.float32)
    frames = chain.frames(qpos)
    place, axes = chain.point(frames)
    on_device = chain.frames(jnp.asarray(qpos), jnp)
    np.testing.assert_allclose(frames, on_device, atol=1e-6)
    moves, turns = np.zeros((3, model.nv)), np.zeros((3, model.nv))
    for pose in range(POSES):
        data.qpos[:] = qpos[pose]
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        site = data.site(limb.end_effector)
        np.testing.assert_allclose(place[pose], site.xpos, atol=2e-6)
        np.testing.assert_allclose(axes[pose].ravel(), site.xmat, atol=2e-6)
        for link, body in enumerate(chain.bodies, start=1):
            np.testing.assert_allclose(frames[pose, link, :3, 3], data.xpos[body], atol=2e-6)
        mujoco.mj_jacSite(model, data, moves, turns, site.id)
        both = np.concatenate([moves, turns])[:, list(chain.columns)]
        np.testing.assert_allclose(chain.jacobian(frames[pose][None])[0], both, atol=5e-6)


def test_every_body_moves_with_a_link() -> None:
    model, limb = physics_model(ARM), ARM.limbs[0]
    chain = Chain.of(model, limb.joints, limb.end_effector)
    links = [chain.link(model, body) for body in range(model.nbody)]
    assert links == [0, 0, 1, 2, 3, 4, 5, 6, 6]  # the world, the base, six links, the tool
    assert [chain.carrier(link) for link in range(7)] == [0, 2, 3, 4, 5, 6, 7]


def test_joints_in_another_order_are_refused() -> None:
    model, limb = physics_model(ARM), ARM.limbs[0]
    with pytest.raises(Invalid, match="do not follow each other"):
        Chain.of(model, limb.joints[::-1], limb.end_effector)
