"""Bodies and end effectors from joint angles, held to MuJoCo's own."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from numpy.typing import NDArray

from tabrl.control.kinematics import FREE, PLANE, Pose, Skeleton
from tabrl.domain.errors import Invalid
from tabrl.robots import Robot, scene_xml
from tests.support.engine import quaternions
from tests.support.robots import ROBOTS

COUNT = 12
ARM = """
<mujoco><worldbody><body name="base" pos="0.1 0.2 0.3" quat="0.9 0.1 0.3 0.2">
  <geom size="0.1"/>
  <body name="upper" pos="0 0 0.2"><joint name="shoulder" axis="0 1 0"/><geom size="0.1"/>
    <body name="adapter" pos="0.1 0 0.1" quat="0.8 0.2 0.1 0.5"><geom size="0.1"/>
      <body name="lower" pos="0 0.1 0.3"><joint name="elbow" axis="0.6 0 0.8"/><geom size="0.1"/>
        <body name="hand" pos="0 0 0.1"><geom size="0.1"/><site name="tool" pos="0 0 0.1"/></body>
      </body>
    </body>
    <body name="camera" pos="0 0.1 0"><geom size="0.05"/></body>
  </body>
</body></worldbody></mujoco>
"""


def scene(robot: Robot) -> mujoco.MjModel:
    """The robot's scene as MuJoCo has it."""
    return mujoco.MjModel.from_xml_string(scene_xml(robot.id).decode())


def twisted(robot: Robot) -> mujoco.MjModel:
    """The robot with its links mounted askew, so that no frame is like another."""
    model = scene(robot)
    model.body_quat[2:] = quaternions(model.nbody - 2)
    return model


def fixed_arm() -> tuple[Robot, mujoco.MjModel]:
    """An arm with welded bodies between and beside its hinges."""
    some = ROBOTS[0]
    joints = tuple(
        some.joints[0].model_copy(update={"name": name}) for name in ("shoulder", "elbow")
    )
    limb = some.limbs[0].model_copy(
        update={"end_effector": "tool", "joints": ("shoulder", "elbow")}
    )
    robot = some.model_copy(update={"joints": joints, "limbs": (limb,), "action_scale": (1.0,) * 2})
    return robot, mujoco.MjModel.from_xml_string(ARM)


def states(model: mujoco.MjModel) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Random positions and velocities, attitudes of length one."""
    rng = np.random.default_rng(3)
    qpos = rng.normal(size=(COUNT, model.nq)).astype(np.float32)
    if model.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE:
        qpos[:, 3:7] = quaternions(COUNT)
    return qpos, 3.0 * rng.normal(size=(COUNT, model.nv)).astype(np.float32)


def mujocos(robot: Robot, model: mujoco.MjModel, data: mujoco.MjData) -> Pose:
    """What MuJoCo says of a state."""
    mujoco.mj_forward(model, data)
    sites = [model.site(name).id for name in robot.end_effectors]
    velocity, twist = [], np.zeros(6)
    for site in sites:
        mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_SITE, site, twist, 0)
        velocity.append(twist[3:].copy())
    hinges = model.njnt - robot.nu
    return Pose(data.xpos[1:], data.xaxis[hinges:], data.site_xpos[sites], np.array(velocity))


def assert_mujocos(robot: Robot, model: mujoco.MjModel) -> None:
    data, (qpos, qvel) = mujoco.MjData(model), states(model)
    skeleton = Skeleton.of(robot, model)
    pose = skeleton.pose(qpos, qvel)
    compiled = jax.jit(lambda q, v: skeleton.pose(q, v, jnp))(qpos, qvel)
    for name, field in pose._asdict().items():
        np.testing.assert_allclose(getattr(compiled, name), field, atol=1e-5)
    for row in range(COUNT):
        data.qpos[:], data.qvel[:] = qpos[row], qvel[row]
        for ours, theirs in zip(pose, mujocos(robot, model, data), strict=True):
            np.testing.assert_allclose(ours[row], theirs, atol=2e-5)


@pytest.mark.parametrize("model", [scene, twisted], ids=["as it is", "mounted askew"])
def test_the_pose_is_mujocos(robot: Robot, model: object) -> None:
    assert callable(model)
    assert_mujocos(robot, model(robot))


def test_an_arm_with_welded_bodies_is_where_mujoco_has_it() -> None:
    robot, model = fixed_arm()
    assert Skeleton.of(robot, model).root == (0, 0)
    assert_mujocos(robot, model)


def test_a_block_of_many_robots_keeps_its_shape(robot: Robot) -> None:
    model = scene(robot)
    skeleton = Skeleton.of(robot, model)
    pose = skeleton.pose(np.ones((3, 5, model.nq)), np.ones((3, 5, model.nv)))
    feet, bodies = len(robot.end_effectors), len(robot.body_names)
    counts = (bodies, robot.nu, feet, feet)
    assert [field.shape for field in pose] == [(3, 5, count, 3) for count in counts]
    columns = (model.nq - robot.nu, model.nv - robot.nu)
    assert skeleton.root == columns
    assert columns in (FREE, PLANE, (0, 0))


def test_other_joints_are_refused(robot: Robot) -> None:
    model = scene(robot)
    assert hash(Skeleton.of(robot, model)) == hash(Skeleton.of(robot, scene(robot)))
    model.jnt_type[-1] = mujoco.mjtJoint.mjJNT_SLIDE
    body = model.body(int(model.jnt_bodyid[-1])).name
    with pytest.raises(Invalid, match=rf"{body}: only a single hinge") as caught:
        Skeleton.of(robot, model)
    assert caught.value.code == "bad_robot"


def chain(bodies: int) -> tuple[Robot, mujoco.MjModel]:
    """Hinges one behind the other."""
    robot, _ = fixed_arm()
    names = tuple(f"joint{i}" for i in range(bodies))
    joints = tuple(robot.joints[0].model_copy(update={"name": name}) for name in names)
    limb = robot.limbs[0].model_copy(update={"joints": names})
    below = '<site name="tool" pos="0 0 0.1"/>'
    for name in reversed(names):
        hinge = f'<joint name="{name}" axis="0 1 0"/><geom size="0.1"/>'
        below = f'<body name="{name}" pos="0 0 0.2">{hinge}{below}</body>'
    return (
        robot.model_copy(
            update={"joints": joints, "limbs": (limb,), "action_scale": (1.0,) * bodies}
        ),
        mujoco.MjModel.from_xml_string(f"<mujoco><worldbody>{below}</worldbody></mujoco>"),
    )


def operations(bodies: int) -> float:
    """How many a compiled pose of a chain takes."""
    skeleton = Skeleton.of(*chain(bodies))

    def pose(angles: jax.Array) -> Pose:
        return skeleton.pose(angles, angles, jnp, jax.lax.optimization_barrier)

    cost = jax.jit(pose).lower(jnp.zeros((64, bodies))).compile().cost_analysis()
    return float(cost["flops"])


def test_the_bodies_of_a_long_chain_are_worked_out_once_each() -> None:
    assert operations(9) < 4 * operations(3)
