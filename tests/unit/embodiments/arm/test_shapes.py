"""How far an arm is from its table and itself, beside MuJoCo's own contacts."""

from __future__ import annotations

import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from tabrl.control.physics import physics_model
from tabrl.control.rollout import CONTACT_MARGIN
from tabrl.domain.errors import Invalid
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.arm.segments import between_segments
from tabrl.robots import Robot

POSES = 400


@pytest.fixture(scope="module")
def poses(embodiment: ArmRobot) -> np.ndarray:
    """Postures all over, many of them in the table and some in themselves."""
    rng = np.random.default_rng(0)
    return rng.uniform(-2.5, 2.5, (POSES, embodiment.nq)).astype(np.float32)


def _touching(model: mujoco.MjModel, qpos: np.ndarray) -> tuple[float, float]:
    """How deep MuJoCo says that a posture is in its table and in itself, m; else 0."""
    data = mujoco.MjData(model)
    data.qpos[:] = qpos
    mujoco.mj_kinematics(model, data)
    mujoco.mj_collision(model, data)
    planes = np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_PLANE)
    table, itself = [0.0], [0.0]
    for contact in data.contact[: data.ncon]:
        with_table = {contact.geom1, contact.geom2} & set(planes.tolist())
        (table if with_table else itself).append(contact.dist)
    return min(table), min(itself)


def test_gaps_are_mujocos(robot: Robot, embodiment: ArmRobot, poses: np.ndarray) -> None:
    ends = embodiment.shapes.ends(embodiment.chain.frames(poses))
    table, itself = embodiment.shapes.table_gap(ends), embodiment.shapes.self_gap(ends)
    model = physics_model(robot)
    deep = np.array([_touching(model, pose) for pose in poses])
    assert (table < -0.01).mean() > 0.2
    assert (itself < -0.01).sum() > 3
    np.testing.assert_allclose(np.minimum(table, 0.0), deep[:, 0], atol=1e-5)
    np.testing.assert_allclose(np.minimum(itself, 0.0), deep[:, 1], atol=1e-5)


def test_who_has_failed_is_known_at_a_glance(embodiment: ArmRobot, poses: np.ndarray) -> None:
    frames = embodiment.chain.frames(poses)
    ends = embodiment.shapes.ends(frames)
    limbs = embodiment.shapes.table_gap(ends, limbs_only=True)
    slowly = (limbs < CONTACT_MARGIN) | (embodiment.shapes.self_gap(ends) < CONTACT_MARGIN)
    np.testing.assert_array_equal(embodiment.failed(poses), slowly)
    on_device = embodiment.failed(jnp.asarray(poses), jnp)
    assert (np.asarray(on_device) == slowly).mean() > 0.99
    assert not embodiment.failed(embodiment.home_qpos[None]).any()


def test_only_the_tip_may_touch_the_table(robot: Robot, embodiment: ArmRobot) -> None:
    """At home, the last link lowered until the tip is in the table."""
    tip = embodiment.wanted.place[2] - robot.end_effector_radius
    frames = embodiment.chain.frames(embodiment.home_qpos[None]).copy()
    frames[:, -1, 2, 3] -= tip + 0.005
    ends = embodiment.shapes.ends(frames)
    assert embodiment.shapes.table_gap(ends)[0] == pytest.approx(-0.005, abs=1e-5)
    assert embodiment.shapes.table_gap(ends, limbs_only=True)[0] > 0.01


def test_segments() -> None:
    def gap(*ends: tuple[float, float, float]) -> float:
        a, b, c, d = (np.array(end) for end in ends)
        found = between_segments((a, b), (c, d))
        assert found == pytest.approx(between_segments((d, c), (b, a)), abs=1e-6)
        return float(found)

    crossing = gap((-1, 0, 0), (1, 0, 0), (0, -1, 0.5), (0, 1, 0.5))
    assert crossing == pytest.approx(0.5)
    assert gap((0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0)) == pytest.approx(1.0)  # in line
    assert gap((0, 0, 0), (1, 0, 0), (0.5, 1, 0), (1.5, 1, 0)) == pytest.approx(1.0)  # parallel
    assert gap((0, 0, 0), (1, 0, 0), (2, 1, 0), (2, 3, 0)) == pytest.approx(np.sqrt(2.0))
    assert gap((0, 0, 0), (0, 0, 0), (0, 0, 2), (0, 0, 2)) == pytest.approx(2.0)  # points


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("box", "only capsules and spheres"),
        ("no table", "needs a table"),
    ],
)
def test_scenes_that_do_not_fit_are_refused(
    robot: Robot, embodiment: ArmRobot, change: str, words: str
) -> None:
    model = physics_model(robot)
    planes = model.geom_type == mujoco.mjtGeom.mjGEOM_PLANE
    if change == "box":
        model.geom_type[np.flatnonzero(~planes)[-1]] = mujoco.mjtGeom.mjGEOM_BOX
    else:
        model.geom_pos[planes, 2] = -0.5
    with pytest.raises(Invalid, match=words):
        ArmRobot(robot, model)
