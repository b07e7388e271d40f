"""The rollout's fields: from hand-made steps whose answer is known, and from MuJoCo."""

from __future__ import annotations

import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from tabrl.control import rotation
from tabrl.control.arrays import Floats
from tabrl.control.physics import physics_model
from tabrl.control.rollout import CONTROL_DT, RawSteps, Rollout
from tabrl.domain.errors import Invalid
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.legged.fields import FILTER_TIME_S
from tabrl.embodiments.legged.trunk import Trunk
from tabrl.robots import Robot, get_robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.simulator import episode
from tests.support.engine import quaternions, random_programs, still
from tests.support.raw_steps import part, random_raw_steps
from tests.support.robots import legged

GRAVITY = 9.81


@pytest.fixture(scope="module")
def model(robot: Robot) -> mujoco.MjModel:
    return physics_model(robot)


@pytest.fixture(scope="module")
def standing(robot: Robot) -> Rollout:
    """A second of two robots in the home pose, still."""
    simulator = CpuSimulator(robot, 2, threads=1)
    config = EpisodeConfig(reset_noise=0.0)
    schedules = random_programs(2, robot=robot)
    return episode(
        simulator, schedules, lambda seen: still(seen, robot), 1.0, config=config
    ).rollout


def ground(robot: Robot) -> float:
    """Height of the centre of a foot that is down."""
    return robot.end_effector_radius


def air(robot: Robot) -> float:
    """Height of the centre of a foot that is up."""
    return robot.end_effector_radius + 0.05


def raw_steps(embodiment: LeggedRobot, steps: int, size: int = 1, seed: int = 0) -> RawSteps:
    """Random steps of upright robots, feet on the ground, reset before the first one."""
    raw = random_raw_steps(embodiment, steps, size, seed)
    raw.qpos[..., 2:7] = 1.0, 1.0, 0.0, 0.0, 0.0
    raw.end_position[..., 2] = ground(embodiment.robot)
    return raw


def derive(embodiment: LeggedRobot, raw: RawSteps) -> Rollout:
    return embodiment.derive(raw, embodiment.carry(raw.time.shape[1]))


def foot(rollout: Rollout, name: str) -> list[float]:
    values = rollout.fields[name][:, 0, 0]
    return [round(float(value), 4) for value in values]


def test_a_simulated_rollout_has_the_schemas_fields(
    embodiment: LeggedRobot, standing: Rollout
) -> None:
    shapes = {name: field.shape[2:] for name, field in standing.fields.items()}
    assert shapes == embodiment.schema
    assert {field.dtype for field in standing.fields.values()} == {np.dtype(np.float32)}
    assert standing.shape == (50, 2)


def test_ground_forces_of_a_standing_robot_carry_its_weight(
    standing: Rollout, model: mujoco.MjModel
) -> None:
    force = standing.foot_force[-1]
    weight = float(np.sum(model.body_mass)) * GRAVITY
    np.testing.assert_allclose(force[..., 2].sum(-1), weight, rtol=0.05)
    assert np.all(force[..., 2] > 0.4 * weight / force.shape[-2])
    assert np.all(np.abs(force[..., :2].sum(1)) < 0.08 * weight)  # it sways a little


def test_a_foot_in_the_air_bears_nothing(embodiment: LeggedRobot) -> None:
    raw = raw_steps(embodiment, 2)
    raw.end_position[:, :, 0, 2] = air(embodiment.robot)
    force = derive(embodiment, raw).foot_force
    np.testing.assert_array_equal(force[:, :, 0], 0.0)
    assert np.all(np.abs(force[:, :, 1:]).sum(-1) > 0.0)


def test_contacts_are_counted_and_timed(embodiment: LeggedRobot) -> None:
    # The foot stands two steps, flies three, stands two and flies again.
    down, up = ground(embodiment.robot), air(embodiment.robot)
    heights = [down, down, up, up + 0.02, up, down, down, up]
    raw = raw_steps(embodiment, len(heights))
    raw.end_position[:, 0, 0, 2] = heights
    rollout = derive(embodiment, raw)
    assert foot(rollout, "foot_contact") == [1, 1, 0, 0, 0, 1, 1, 0]
    assert foot(rollout, "foot_touchdown") == [0, 0, 0, 0, 0, 1, 0, 0]
    assert foot(rollout, "foot_liftoff") == [0, 0, 1, 0, 0, 0, 0, 1]
    assert foot(rollout, "foot_air_time") == [0, 0, 0.02, 0.04, 0.06, 0, 0, 0.02]
    assert foot(rollout, "foot_contact_time") == [0.02, 0.04, 0, 0, 0, 0.02, 0.04, 0]
    assert foot(rollout, "foot_last_air_time") == [0, 0, 0, 0, 0, 0.06, 0.06, 0.06]
    assert foot(rollout, "foot_peak_height") == [0, 0, 0.05, 0.07, 0.07, 0.07, 0.07, 0.05]


def test_accelerations_look_one_step_back(embodiment: LeggedRobot) -> None:
    rollout = derive(embodiment, raw_steps(embodiment, 4))
    for acceleration, velocity in (
        (rollout.base_acceleration, rollout.base_linear_velocity),
        (rollout.joint_acceleration, rollout.joint_velocity),
    ):
        np.testing.assert_array_equal(acceleration[0], 0.0)
        np.testing.assert_allclose(
            acceleration[1:], np.diff(velocity, axis=0) / CONTROL_DT, rtol=1e-4
        )


def test_the_filtered_velocity_follows_a_jump_within_its_time_constant(
    embodiment: LeggedRobot,
) -> None:
    steps = round(FILTER_TIME_S / CONTROL_DT)
    raw = raw_steps(embodiment, 1 + steps)
    raw.qvel[0], raw.qvel[1:] = 0.0, 1.0
    filtered = derive(embodiment, raw).base_linear_velocity_filtered
    np.testing.assert_array_equal(filtered[0], 0.0)
    np.testing.assert_allclose(filtered[-1], 1.0 - np.exp(-1.0), rtol=1e-4)


def test_a_reset_forgets_what_was_before_and_only_that(embodiment: LeggedRobot) -> None:
    raw = raw_steps(embodiment, 8, 2, seed=1)
    raw.end_position[2:5, :, :, 2] = air(embodiment.robot)
    never = derive(embodiment, raw)
    raw.just_reset[4, 0] = 1.0
    rollout = derive(embodiment, raw)
    alone = derive(embodiment, part(raw, slice(4, None)))
    for name, field in rollout.fields.items():
        np.testing.assert_array_equal(field[4:, 0], alone.fields[name][:, 0], err_msg=name)
        np.testing.assert_array_equal(field[:4, 0], never.fields[name][:4, 0], err_msg=name)
        np.testing.assert_array_equal(field[:, 1], never.fields[name][:, 1], err_msg=name)
    np.testing.assert_array_equal(rollout.initial_position[4:, 0], [raw.qpos[4, 0, :3]] * 4)


def turning(embodiment: LeggedRobot, headings: Floats) -> RawSteps:
    """Steps of one upright robot that faces these ways, rad."""
    raw = raw_steps(embodiment, len(headings))
    raw.qpos[:, 0, 3], raw.qpos[:, 0, 6] = np.cos(headings / 2), np.sin(headings / 2)
    return raw


@pytest.mark.parametrize("rate", [7.0, -7.0])
def test_the_heading_counts_on_over_full_turns(embodiment: LeggedRobot, rate: float) -> None:
    headings = rate * CONTROL_DT * np.arange(200) + 0.3
    raw = turning(embodiment, headings)
    whole = derive(embodiment, raw)
    assert abs(headings[-1]) > 4 * np.pi
    np.testing.assert_allclose(whole.heading[:, 0], headings, atol=1e-5)
    carry = embodiment.carry(1)
    blocks = [
        embodiment.derive(part(raw, slice(begin, begin + 50)), carry).heading
        for begin in range(0, 200, 50)
    ]
    np.testing.assert_array_equal(np.concatenate(blocks), whole.heading)


def test_a_reset_begins_the_heading_anew(embodiment: LeggedRobot) -> None:
    raw = turning(embodiment, 7.0 * CONTROL_DT * np.arange(100))
    raw.just_reset[60] = 1.0
    rollout = derive(embodiment, raw)
    yaw = rotation.yaw(raw.qpos[:, 0, 3:7])
    assert rollout.heading[59, 0] > 8.0
    np.testing.assert_allclose(rollout.heading[60, 0], yaw[60], atol=1e-6)


def test_the_heading_is_the_same_in_jax(embodiment: LeggedRobot) -> None:
    raw = turning(embodiment, -9.0 * CONTROL_DT * np.arange(60))
    rollout = derive(embodiment, raw)
    carry = {name: jnp.asarray(field) for name, field in embodiment.carry(1).items()}
    for t in range(60):
        now = {name: jnp.asarray(rollout.fields[name][t]) for name in embodiment.looked_back}
        carry, row = embodiment.advance(carry, now, jnp.asarray(raw.just_reset[t]), jnp)
        np.testing.assert_allclose(row["heading"], rollout.heading[t], atol=1e-5)


def test_a_recording_of_before_gets_its_heading(embodiment: LeggedRobot) -> None:
    rollout = derive(embodiment, turning(embodiment, 7.0 * CONTROL_DT * np.arange(100)))
    before = {name: field for name, field in rollout.fields.items() if name != "heading"}
    completed = embodiment.completed(before)
    assert completed["heading"].dtype == np.float32
    np.testing.assert_allclose(completed["heading"], rollout.heading, atol=1e-5)
    assert embodiment.completed(rollout.fields) is rollout.fields


def lowest_point(model: mujoco.MjModel, pose: Floats) -> float:
    """MuJoCo's own distance of the trunk's touching shapes to the floor."""
    data = mujoco.MjData(model)
    data.qpos[:] = pose
    mujoco.mj_kinematics(model, data)
    floor, line = model.geom("floor").id, np.zeros(6)
    trunk = int(model.jnt_bodyid[0])
    shapes = np.flatnonzero((model.geom_bodyid == trunk) & (model.geom_conaffinity != 0))
    return min(mujoco.mj_geomDistance(model, data, shape, floor, 10.0, line) for shape in shapes)


def poses(robot: Robot, count: int, seed: int = 3) -> Floats:
    qpos = np.tile(np.array([0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, *robot.home]), (count, 1))
    qpos[:, 2] = np.random.default_rng(seed).uniform(0.3, 0.6, count)
    qpos[:, 3:7] = quaternions(count, seed)
    return qpos


def test_the_trunks_clearance_is_exact(robot: Robot, model: mujoco.MjModel) -> None:
    qpos = poses(robot, 24)
    up = rotation.up_in_body(qpos[:, 3:7]).astype(np.float32)
    ours = Trunk(model).clearance(qpos[:, 2].astype(np.float32), up)
    exact = [lowest_point(model, pose) for pose in qpos]
    np.testing.assert_allclose(ours, exact, atol=1e-5)


def test_no_trunk_reaches_further_than_its_bound(model: mujoco.MjModel) -> None:
    trunk = Trunk(model)
    turned = quaternions(5000)
    turned[:2500, 1:3] *= 0.2  # little tilt as well, where the bound is to be tight
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    w, x, y, z = turned.T
    up = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=-1)
    below = -trunk.clearance(np.zeros(5000, np.float32), up)
    bound = trunk.reach(x * x + y * y)
    upright = up[:, 2] > 0.0
    assert np.all(below[upright] <= bound[upright] + 1e-6)
    lying_flat = float(trunk.reach(np.zeros(1, np.float32))[0])
    assert lying_flat < 2.0 * float(below[upright].max())


def test_quick_and_exact_answers_are_the_same(robot: Robot, model: mujoco.MjModel) -> None:
    trunk, qpos = Trunk(model), poses(robot, 400).astype(np.float32)
    qpos[:, 2] = np.random.default_rng(0).uniform(0.0, 0.6, 400)
    one_by_one = [bool(trunk.fallen(pose)) for pose in qpos]
    assert trunk.fallen(qpos).tolist() == one_by_one
    assert 0 < sum(one_by_one) < 400


@pytest.mark.parametrize("shape", ["capsule", "turned box", "none"])
def test_a_trunk_that_it_cannot_measure_is_refused(shape: str) -> None:
    model = physics_model(get_robot("go1"))
    trunk = int(model.jnt_bodyid[0])
    for geom in np.flatnonzero(model.geom_bodyid == trunk):
        if shape == "capsule":
            model.geom_type[geom] = mujoco.mjtGeom.mjGEOM_CAPSULE
        elif shape == "turned box":
            model.geom_type[geom] = mujoco.mjtGeom.mjGEOM_BOX
            model.geom_quat[geom] = 0.8, 0.6, 0.0, 0.0
        else:
            model.geom_conaffinity[geom] = 0
    with pytest.raises(Invalid, match="trunk") as caught:
        Trunk(model)
    assert caught.value.code == "bad_robot"


def tilted(height: float, roll: float = 0.0, pitch: float = 0.0) -> Floats:
    """`qpos` of a trunk, `[7]`."""
    quaternion = np.zeros(4)
    mujoco.mju_euler2Quat(quaternion, np.array([0.0, pitch, roll]), "zyx")
    return np.array([0.0, 0.0, height, *quaternion])


@pytest.mark.parametrize(
    ("trunk", "fallen"),
    [
        (tilted(0.28), False),
        (tilted(0.5, pitch=-1.2), False),  # rearing up
        (tilted(0.5, pitch=1.2), False),
        (tilted(0.5, roll=1.0), False),
        (tilted(0.2, roll=1.4), True),  # on its side, on hips and thighs
        (tilted(0.5, roll=3.0), True),  # upside down in the air
        (tilted(0.045), True),  # the belly on the floor
        (tilted(0.28, pitch=1.2), True),  # the head in the floor
    ],
)
def test_the_go1_has_fallen_upside_down_or_on_its_trunk(trunk: Floats, fallen: bool) -> None:
    embodiment = legged(get_robot("go1"))
    raw = raw_steps(embodiment, 1)
    raw.qpos[0, 0, :7] = trunk
    assert bool(derive(embodiment, raw).fallen[0, 0]) is fallen
    assert bool(embodiment.failed(raw.qpos[0])[0]) is fallen


@pytest.mark.parametrize("roll", [np.pi, 0.0])
def test_fallen_is_upside_down_or_on_the_trunk(embodiment: LeggedRobot, roll: float) -> None:
    height = embodiment.robot.characteristic_length
    raw = raw_steps(embodiment, 2)
    raw.qpos[:, 0, :7] = tilted(0.0, roll=roll) if roll == 0.0 else tilted(2 * height, roll=roll)
    raw.qpos[1, 0, :7] = tilted(height)
    assert derive(embodiment, raw).fallen[:, 0].tolist() == [1.0, 0.0]


def test_bodies_on_the_ground_are_marked(embodiment: LeggedRobot, model: mujoco.MjModel) -> None:
    robot = embodiment.robot
    raw = raw_steps(embodiment, 1)
    raw.body_position[..., 2] = 0.2
    raw.end_position[..., 2] = air(robot)
    for limb in robot.limbs:
        shank = model.body(model.joint(limb.joints[-1]).bodyid[0]).name
        raw.body_position[..., 2] = 0.2
        raw.body_position[0, 0, robot.body_names.index(shank), 2] = 0.02
        touching = derive(embodiment, raw).body_contact[0, 0]
        assert [robot.body_names[i] for i in np.flatnonzero(touching)] == [shank]
    raw.qpos[..., 2] = 0.0
    touching = derive(embodiment, raw).body_contact[0, 0]
    trunk = model.body(int(model.jnt_bodyid[0])).name
    assert touching[robot.body_names.index(trunk)] == 1.0


def test_feet_that_meet_collide(embodiment: LeggedRobot) -> None:
    robot = embodiment.robot
    raw = raw_steps(embodiment, 2)
    for foot in range(len(robot.limbs)):
        raw.end_position[:, :, foot] = 0.2 * foot, -0.1, ground(robot)
    raw.body_position[..., 2] = 5.0
    raw.end_position[1, 0, 1] = raw.end_position[1, 0, 0] + 0.015
    collision = derive(embodiment, raw).self_collision[:, 0]
    assert collision.tolist() == [0.0, 1.0]
