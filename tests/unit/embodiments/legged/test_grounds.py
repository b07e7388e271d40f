"""Grounds as a rollout sees them, held to MuJoCo's own rays and contacts."""

from __future__ import annotations

import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from tabrl.contracts.ground import FLAT, Ground
from tabrl.control.physics import SUBSTEPS, physics_model
from tabrl.control.replay import States, rollout_of_states
from tabrl.control.rollout import Rollout
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.legged.grounds.surface import surface_of
from tabrl.embodiments.lookup import grounds_of
from tabrl.robots import Robot, scene_xml
from tests.support.robots import legged

DOWN = np.array([0.0, 0.0, -1.0])
FLOOR_ONLY = np.array([1, 0, 0, 0, 0, 0], np.uint8)
NAMES = ("ice", "uphill", "downhill", "rough", "upstairs", "downstairs")


@pytest.fixture(scope="module", params=NAMES)
def ground(request: pytest.FixtureRequest, robot: Robot) -> Ground:
    found: Ground = next(one for one in grounds_of(robot) if one.name == request.param).ground
    return found


def heights_by_rays(model: mujoco.MjModel, places: np.ndarray) -> np.ndarray:
    """How high the ground is below places, by rays from far above."""
    data = mujoco.MjData(model)
    data.qpos[:3] = 0.0, 500.0, 5.0
    mujoco.mj_forward(model, data)
    hit = np.zeros(1, np.int32)
    return np.array(
        [z - mujoco.mj_ray(model, data, [x, y, z], DOWN, FLOOR_ONLY, 1, -1, hit)
         for x, y, z in places]
    )  # fmt: skip


def test_heights_are_those_that_rays_find(robot: Robot, ground: Ground) -> None:
    length = robot.characteristic_length
    rng = np.random.default_rng(0)
    # Some beyond the field and the stairs, where it is flat.
    places = rng.uniform([-45.0, -25.0, 20.0], [45.0, 25.0, 20.0], (400, 3)) * length
    surface = surface_of(robot.on(ground))
    found = surface.height(places.astype(np.float32))
    by_rays = heights_by_rays(physics_model(robot.on(ground)), places)
    edges = np.abs(found - by_rays) > 1e-4  # single precision may fall to a step's other side
    assert edges.mean() < 0.01
    if not surface.level:
        assert np.ptp(found) > 0.5 * max(abs(ground.height_m), 0.02)
    there = surface.height(jnp.asarray(places, jnp.float32), jnp)
    assert np.allclose(there, found, atol=1e-5)


def test_distances_are_those_of_mujocos_contacts(robot: Robot, ground: Ground) -> None:
    """Balls let into the ground: as deep as MuJoCo's contacts say, beside risers too."""
    radius, length = 0.1 * robot.characteristic_length, robot.characteristic_length
    spec = mujoco.MjSpec.from_string(scene_xml(robot.id, ground).decode())
    ball = spec.worldbody.add_body(name="ball")
    ball.add_freejoint()
    ball.add_geom(name="ball", type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[radius] * 3, mass=1.0,
                  contype=0, conaffinity=1)  # fmt: skip
    spec.keys[0].delete() if hasattr(spec.keys[0], "delete") else spec.delete(spec.keys[0])
    model = spec.compile()
    data, surface = mujoco.MjData(model), surface_of(robot.on(ground))
    rng, errors = np.random.default_rng(1), []
    for _ in range(150):
        place = rng.uniform([-8.0, -3.0, 0.0], [8.0, 3.0, 0.0]) * length
        place[2] = surface.height(place) + radius * rng.uniform(0.3, 0.99)
        data.qpos[:3] = 0.0, 500.0, 5.0
        data.qpos[-7:-4] = place
        mujoco.mj_forward(model, data)
        depths = [contact.dist for contact in data.contact]
        if not depths:
            continue
        errors.append(float(surface.distance(place.astype(np.float32)) - radius) - min(depths))
    assert len(errors) > 100
    assert np.percentile(np.abs(errors), 95) < (0.12 if ground.shape == "rough" else 1e-3) * radius


@pytest.fixture(scope="module")
def standing(robot: Robot, ground: Ground) -> tuple[LeggedRobot, Rollout]:
    """Two seconds of a robot that holds its home pose on the ground."""
    embodiment, model = legged(robot.on(ground)), physics_model(robot.on(ground))
    data, rows = mujoco.MjData(model), []
    mujoco.mj_resetDataKeyframe(model, data, 0)
    for _ in range(100):
        rows.append((data.time, data.qpos.copy(), data.qvel.copy(), data.ctrl.copy()))
        mujoco.mj_step(model, data, SUBSTEPS)
    states = States(*(np.array(column) for column in zip(*rows, strict=True)))
    return embodiment, rollout_of_states(model, embodiment, states)


def test_a_robot_stands_where_it_begins(standing: tuple[LeggedRobot, Rollout]) -> None:
    embodiment, rollout = standing
    robot = embodiment.robot
    home = float(legged(robot.on(FLAT)).home_qpos[2])
    assert not rollout.fallen.any()
    below = robot.ground.height_m if robot.ground.shape == "rough" else 0.0
    assert rollout.base_position[0, :, 2] == pytest.approx(home, abs=0.02 * home + below + 0.01)
    # It settles on its feet, and neither slides far nor sinks.
    assert rollout.foot_contact[-1].sum(-1).min() >= min(3, len(robot.limbs))
    assert np.abs(rollout.base_position[-1, :, :2]).max() < 0.7 * robot.characteristic_length
    assert rollout.base_position[-1, :, 2] == pytest.approx(home, rel=0.25)


def test_feet_touch_where_mujoco_says(standing: tuple[LeggedRobot, Rollout]) -> None:
    embodiment, rollout = standing
    model = physics_model(embodiment.robot)
    data = mujoco.MjData(model)
    agreed = []
    for t in range(20, 100, 8):
        data.qpos[:] = embodiment.qpos_of(rollout)[t, 0]
        mujoco.mj_forward(model, data)
        near = {int(model.geom_bodyid[max(c.geom1, c.geom2, key=lambda g: model.geom_bodyid[g])])
                for c in data.contact}  # fmt: skip
        for foot, limb in enumerate(embodiment.robot.limbs):
            body = int(model.site(limb.end_effector).bodyid[0])
            agreed.append((body in near) <= bool(rollout.foot_contact[t, 0, foot]))
    assert np.mean(agreed) > 0.95


def test_what_lies_on_the_ground_has_failed(robot: Robot, ground: Ground) -> None:
    embodiment = legged(robot.on(ground))
    model = physics_model(robot.on(ground))
    home = model.keyframe("home").qpos.astype(np.float32)
    lying = home.copy()
    lying[2] -= 0.95 * legged(robot).home_qpos[2]
    over = home.copy()
    over[3:7] = 0.0, 1.0, 0.0, 0.0
    seen = embodiment.failed(np.stack([home, lying, over]))
    assert seen.tolist() == [False, True, True]
    # What has diverged is written down as nothing but zeros: a failure on every ground.
    assert embodiment.failed(np.zeros((1, embodiment.nq), np.float32)).all()
