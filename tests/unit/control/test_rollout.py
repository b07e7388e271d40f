"""The rollout's fields: from hand-made steps whose answer is known, and from MuJoCo."""

from __future__ import annotations

from dataclasses import fields, replace

import mujoco
import numpy as np
import pytest

from tabrl.control import rotation
from tabrl.control.rollout import (
    CONTROL_DT,
    FILTER_TIME_S,
    Carry,
    Floats,
    RawSteps,
    Rollout,
    RolloutBuilder,
    concatenate,
)
from tabrl.control.shapes import trunk_shapes
from tabrl.rewards.schema import rollout_schema
from tabrl.sim.cpu.simulator import CpuSimulator, physics_model
from tabrl.sim.simulator import EpisodeConfig, episode
from tests.support.engine import GO1, quaternions, random_programs, still

GROUND, AIR = GO1.foot_radius, GO1.foot_radius + 0.05  # heights of a foot's centre
WEIGHT_N = 9.81


@pytest.fixture(scope="module")
def model() -> mujoco.MjModel:
    return physics_model(GO1)


@pytest.fixture(scope="module")
def builder(model: mujoco.MjModel) -> RolloutBuilder:
    return RolloutBuilder(GO1, trunk_shapes(model))


@pytest.fixture(scope="module")
def standing() -> Rollout:
    """A second of two robots in the home pose, still."""
    simulator = CpuSimulator(GO1, 2, threads=1)
    rules = EpisodeConfig(reset_noise=0.0)
    return episode(simulator, random_programs(2), still, 1.0, rules=rules).rollout


def raw_steps(steps: int, size: int = 1, seed: int = 0) -> RawSteps:
    """Random steps of upright robots, feet on the ground, the first one just_reset."""
    raw, rng = RawSteps.empty(steps, size, GO1), np.random.default_rng(seed)
    for field in fields(raw):
        array = getattr(raw, field.name)
        array[:] = rng.normal(size=array.shape)
    raw.qpos[..., 2:7] = 0.3, 1.0, 0.0, 0.0, 0.0
    raw.foot_position[..., 2] = GROUND
    raw.just_reset[:] = 0.0
    raw.just_reset[0] = 1.0
    return raw


def part(raw: RawSteps, steps: slice) -> RawSteps:
    return RawSteps(**{field.name: getattr(raw, field.name)[steps] for field in fields(raw)})


def foot(rollout: Rollout, name: str) -> list[float]:
    values = rollout.fields[name][:, 0, 0]
    return [round(float(value), 4) for value in values]


def test_fields_are_those_of_the_schema(builder: RolloutBuilder) -> None:
    rollout = builder.derive(raw_steps(3, 2), Carry.zeros(2, GO1))
    assert {name: field.shape for name, field in rollout.fields.items()} == {
        name: (3, 2, *shape) for name, shape in rollout_schema(GO1).items()
    }
    assert {field.dtype for field in rollout.fields.values()} == {np.dtype(np.float32)}


def test_a_simulated_tape_has_the_schemas_fields_too(standing: Rollout) -> None:
    assert {name: field.shape[2:] for name, field in standing.fields.items()} == rollout_schema(GO1)
    assert {field.dtype for field in standing.fields.values()} == {np.dtype(np.float32)}
    assert standing.shape == (50, 2)


def test_ground_forces_of_a_standing_robot_carry_its_weight(
    standing: Rollout, model: mujoco.MjModel
) -> None:
    force = standing.foot_force[-1]
    weight = float(np.sum(model.body_mass)) * WEIGHT_N
    np.testing.assert_allclose(force[..., 2].sum(-1), weight, rtol=0.05)
    assert np.all(force[..., 2] > 0.1 * weight)
    assert np.all(np.abs(force[..., :2].sum(1)) < 0.08 * weight)  # it sways a little


def test_a_foot_in_the_air_bears_nothing(builder: RolloutBuilder) -> None:
    raw = raw_steps(2)
    raw.foot_position[:, :, 0, 2] = AIR
    force = builder.derive(raw, Carry.zeros(1, GO1)).foot_force
    np.testing.assert_array_equal(force[:, :, 0], 0.0)
    assert np.all(np.abs(force[:, :, 1:]).sum(-1) > 0.0)


def test_contacts_are_counted_and_timed(builder: RolloutBuilder) -> None:
    # The foot stands two steps, flies three, stands two and flies again.
    heights = [GROUND, GROUND, AIR, AIR + 0.02, AIR, GROUND, GROUND, AIR]
    raw = raw_steps(len(heights))
    raw.foot_position[:, 0, 0, 2] = heights
    rollout = builder.derive(raw, Carry.zeros(1, GO1))
    assert foot(rollout, "foot_contact") == [1, 1, 0, 0, 0, 1, 1, 0]
    assert foot(rollout, "foot_touchdown") == [0, 0, 0, 0, 0, 1, 0, 0]
    assert foot(rollout, "foot_liftoff") == [0, 0, 1, 0, 0, 0, 0, 1]
    assert foot(rollout, "foot_air_time") == [0, 0, 0.02, 0.04, 0.06, 0, 0, 0.02]
    assert foot(rollout, "foot_contact_time") == [0.02, 0.04, 0, 0, 0, 0.02, 0.04, 0]
    assert foot(rollout, "foot_last_air_time") == [0, 0, 0, 0, 0, 0.06, 0.06, 0.06]
    assert foot(rollout, "foot_peak_height") == [0, 0, 0.05, 0.07, 0.07, 0.07, 0.07, 0.05]


def test_previous_actions_and_accelerations_look_one_step_back(builder: RolloutBuilder) -> None:
    raw = raw_steps(4)
    rollout = builder.derive(raw, Carry.zeros(1, GO1))
    np.testing.assert_array_equal(rollout.previous_action[0], 0.0)
    np.testing.assert_array_equal(rollout.previous_action[1:], rollout.action[:-1])
    np.testing.assert_array_equal(rollout.previous_previous_action[:2], 0.0)
    np.testing.assert_array_equal(rollout.previous_previous_action[2:], rollout.action[:-2])
    for acceleration, velocity in (
        (rollout.base_acceleration, rollout.base_linear_velocity),
        (rollout.joint_acceleration, rollout.joint_velocity),
    ):
        np.testing.assert_array_equal(acceleration[0], 0.0)
        np.testing.assert_allclose(
            acceleration[1:], np.diff(velocity, axis=0) / CONTROL_DT, rtol=1e-4
        )


def test_the_filtered_velocity_follows_a_jump_within_its_time_constant(
    builder: RolloutBuilder,
) -> None:
    steps = round(FILTER_TIME_S / CONTROL_DT)
    raw = raw_steps(1 + steps)
    raw.qvel[0], raw.qvel[1:] = 0.0, 1.0
    filtered = builder.derive(raw, Carry.zeros(1, GO1)).base_linear_velocity_filtered
    np.testing.assert_array_equal(filtered[0], 0.0)
    np.testing.assert_allclose(filtered[-1], 1.0 - np.exp(-1.0), rtol=1e-4)


def test_a_reset_forgets_what_was_before_and_only_that(builder: RolloutBuilder) -> None:
    raw = raw_steps(8, 2, seed=1)
    raw.foot_position[2:5, :, :, 2] = AIR
    never = builder.derive(raw, Carry.zeros(2, GO1))
    raw.just_reset[4, 0] = 1.0
    rollout = builder.derive(raw, Carry.zeros(2, GO1))
    alone = builder.derive(part(raw, slice(4, None)), Carry.zeros(2, GO1))
    for name, field in rollout.fields.items():
        np.testing.assert_array_equal(field[4:, 0], alone.fields[name][:, 0], err_msg=name)
        np.testing.assert_array_equal(field[:4, 0], never.fields[name][:4, 0], err_msg=name)
        np.testing.assert_array_equal(field[:, 1], never.fields[name][:, 1], err_msg=name)
    np.testing.assert_array_equal(rollout.initial_position[4:, 0], [raw.qpos[4, 0, :3]] * 4)


@pytest.mark.parametrize("cut", [1, 4, 5])
def test_blocks_make_the_same_tape_as_one_go(builder: RolloutBuilder, cut: int) -> None:
    raw = raw_steps(9, 3, seed=2)
    raw.foot_position[3:7, :, :, 2] = AIR
    raw.just_reset[5, 1] = raw.just_reset[4, 2] = 1.0
    whole = builder.derive(raw, Carry.zeros(3, GO1))
    carry = Carry.zeros(3, GO1)
    blocks = [builder.derive(part(raw, s), carry) for s in (slice(cut), slice(cut, None))]
    joined = concatenate(blocks)
    for name, field in whole.fields.items():
        np.testing.assert_array_equal(joined.fields[name], field, err_msg=name)


def lowest_point(model: mujoco.MjModel, pose: Floats) -> float:
    """MuJoCo's own distance of the trunk's touching shapes to the floor."""
    data = mujoco.MjData(model)
    data.qpos[:] = pose
    mujoco.mj_kinematics(model, data)
    floor, line = model.geom("floor").id, np.zeros(6)
    return min(
        mujoco.mj_geomDistance(model, data, model.geom(name).id, floor, 10.0, line)
        for name in trunk_shapes(model)
    )


def poses(count: int, seed: int = 3) -> Floats:
    qpos = np.tile(np.array([0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, *GO1.home]), (count, 1))
    qpos[:, 2] = np.random.default_rng(seed).uniform(0.3, 0.6, count)
    qpos[:, 3:7] = quaternions(count, seed)
    return qpos


def test_the_trunks_clearance_is_exact(builder: RolloutBuilder, model: mujoco.MjModel) -> None:
    qpos = poses(24)
    up = rotation.up_in_body(qpos[:, 3:7]).astype(np.float32)
    ours = builder.trunk_clearance(qpos[:, 2].astype(np.float32), up)
    exact = [lowest_point(model, pose) for pose in qpos]
    np.testing.assert_allclose(ours, exact, atol=1e-5)


def tilted(height: float, roll: float = 0.0, pitch: float = 0.0) -> RawSteps:
    raw = raw_steps(1)
    quaternion = np.zeros(4)
    mujoco.mju_euler2Quat(quaternion, np.array([0.0, pitch, roll]), "zyx")
    raw.qpos[0, 0, 2], raw.qpos[0, 0, 3:7] = height, quaternion
    return raw


@pytest.mark.parametrize(
    ("raw", "fallen"),
    [
        (tilted(0.28), False),
        (tilted(0.5, pitch=-1.2), False),  # rearing up
        (tilted(0.5, pitch=1.2), False),
        (tilted(0.5, roll=1.2), False),
        (tilted(0.5, roll=3.0), True),  # upside down in the air
        (tilted(0.045), True),  # the belly on the floor
        (tilted(0.28, pitch=1.2), True),  # the head in the floor
    ],
)
def test_fallen_is_upside_down_or_on_the_trunk(
    builder: RolloutBuilder, raw: RawSteps, fallen: bool
) -> None:
    rollout = builder.derive(raw, Carry.zeros(1, GO1))
    assert bool(rollout.fallen[0, 0]) is fallen


def test_bodies_on_the_ground_are_marked(builder: RolloutBuilder) -> None:
    raw = raw_steps(1)
    raw.body_position[..., 2] = 0.2
    raw.foot_position[..., 2] = AIR
    raw.body_position[0, 0, GO1.body_names.index("RL_calf"), 2] = 0.02
    touching = builder.derive(raw, Carry.zeros(1, GO1)).body_contact[0, 0]
    assert [GO1.body_names[i] for i in np.flatnonzero(touching)] == ["RL_calf"]
    belly = replace(raw, qpos=tilted(0.04).qpos)
    touching = builder.derive(belly, Carry.zeros(1, GO1)).body_contact[0, 0]
    assert touching[0] == 1.0


def test_feet_that_meet_collide(builder: RolloutBuilder) -> None:
    raw = raw_steps(2)
    raw.foot_position[:] = np.array(
        [[0.2, -0.1, GROUND], [0.2, 0.1, GROUND], [-0.2, -0.1, GROUND], [-0.2, 0.1, GROUND]]
    )
    raw.body_position[..., 2] = 0.25
    raw.foot_position[1, 0, 1] = raw.foot_position[1, 0, 0] + 0.015
    collision = builder.derive(raw, Carry.zeros(1, GO1)).self_collision[:, 0]
    assert collision.tolist() == [0.0, 1.0]


def test_a_flat_tape_runs_through_steps_first_and_robots_can_be_taken_out(
    builder: RolloutBuilder,
) -> None:
    rollout = builder.derive(raw_steps(3, 2), Carry.zeros(2, GO1))
    flat = rollout.flat()
    assert flat["action"].shape == (6, GO1.nu)
    np.testing.assert_array_equal(flat["action"][3], rollout.action[1, 1])
    second = rollout.robots(slice(1, 2))
    assert second.shape == (3, 1)
    np.testing.assert_array_equal(second.action[:, 0], rollout.action[:, 1])
    with pytest.raises(AttributeError, match="speed"):
        _ = rollout.speed
