"""Robots that move in one plane: what a rollout, a reward and a check know of them."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.kinematics import PLANE, Skeleton
from tabrl.control.physics import physics_model
from tabrl.control.rollout import CONTACT_MARGIN
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.planar.channels import speed_unit
from tabrl.embodiments.planar.embodiment import PlanarRobot
from tabrl.embodiments.planar.shapes import FAR, Clearance
from tabrl.robots import get_robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig

ROBOT = get_robot("strider")
EMBODIMENT = embodiment_of(ROBOT)
MODEL = physics_model(ROBOT)
STATES = 40


def _states() -> np.ndarray:
    rng = np.random.default_rng(0)
    qpos = np.tile(EMBODIMENT.home_qpos, (STATES, 1)).astype(np.float64)
    qpos[:, 0] = rng.normal(0.0, 2.0, STATES)
    qpos[:, 1] += rng.uniform(-0.2, 0.3, STATES)
    qpos[:, 2] = rng.uniform(-7.0, 7.0, STATES)
    qpos[:, 3:] = rng.uniform(*np.array(ROBOT.joint_range).T, (STATES, ROBOT.nu))
    return qpos


def _gaps(qpos: np.ndarray) -> np.ndarray:
    """The gap below every body by MuJoCo's own distances, m."""
    data, floor = mujoco.MjData(MODEL), MODEL.geom("floor").id
    data.qpos[:] = qpos
    mujoco.mj_kinematics(MODEL, data)
    gaps = np.full(MODEL.nbody - 1, np.inf)
    for geom in range(MODEL.ngeom):
        body = int(MODEL.geom_bodyid[geom])
        if body and MODEL.geom_conaffinity[geom]:
            gap = mujoco.mj_geomDistance(MODEL, data, floor, geom, FAR, None)
            gaps[body - 1] = min(gaps[body - 1], gap)
    return gaps


def test_gaps_to_the_floor_are_mujocos() -> None:
    clearance, states = Clearance(MODEL, ROBOT.nu), _states()
    pose = EMBODIMENT.skeleton.pose(states, np.zeros((STATES, EMBODIMENT.nv)))
    turned = clearance.turned(states[:, 2], states[:, 3:])
    gaps = clearance.of_bodies(pose.body_position[..., 2], turned)
    theirs = np.array([_gaps(state) for state in states])
    np.testing.assert_allclose(gaps, theirs, atol=1e-5)
    np.testing.assert_allclose(
        clearance.of_root(states[:, 1], states[:, 2]), theirs[:, 0], atol=1e-5
    )
    failed = EMBODIMENT.failed(states.astype(np.float32))
    assert (failed == (theirs[:, 0] < CONTACT_MARGIN)).all()
    assert failed.any()
    assert not failed.all()


def test_a_rollout_says_where_it_goes_and_how_it_tilts() -> None:
    simulator = CpuSimulator(ROBOT, 2)
    neutral = CommandBatch.neutral(EMBODIMENT.commands, 2)
    simulator.reset(neutral, EpisodeConfig(auto_reset=False, reset_noise=0.0, episode_s=1e9), 0)
    qpos = np.tile(EMBODIMENT.home_qpos, (2, 1))
    qpos[1, 1:3] += (0.5, 0.3)
    qvel = np.zeros((2, EMBODIMENT.nv), np.float32)
    qvel[1, :3] = (1.5, 0.0, 2.0)
    simulator.place(qpos, qvel)
    rollout = simulator.rollout(lambda seen: np.zeros((2, ROBOT.nu), np.float32), 10).rollout
    measured = EMBODIMENT.measured(rollout.fields)
    stands, flies = measured.of("forward_speed")[:, 0], measured.of("forward_speed")[:, 1]
    assert np.abs(stands).max() < 0.2
    assert flies == pytest.approx(1.5, abs=0.15)
    assert measured.of("displacement")[-1, 1] == pytest.approx(0.3, abs=0.03)
    assert (np.diff(measured.of("pitch")[:, 1]) > 0.0).all(), "its nose goes down"
    assert measured.of("uprightness")[0, 1] == pytest.approx(np.cos(0.34), abs=0.02)
    assert (measured.of("feet_in_air") == [0, 2]).all()
    assert measured.of("foot_air_time")[-1] == pytest.approx([0.0, 0.2], abs=1e-5)
    assert np.isnan(EMBODIMENT.speed_error(rollout)).all(), "no speed is asked for"
    np.testing.assert_allclose(EMBODIMENT.qpos_of(rollout)[-1], simulator.state()[0], atol=1e-5)


def test_a_speed_that_is_asked_for_is_measured() -> None:
    simulator = CpuSimulator(ROBOT, 1)
    asked = CommandSchedule.asking(EMBODIMENT.commands, vx=speed_unit(ROBOT))
    simulator.reset(CommandBatch.stack([asked]), EpisodeConfig(auto_reset=False), 0)
    rollout = simulator.rollout(lambda seen: np.zeros((1, ROBOT.nu), np.float32), 20).rollout
    assert EMBODIMENT.speed_error(rollout)[0] == pytest.approx(1.0, abs=0.2)


def test_a_push_goes_ahead_or_back() -> None:
    kick = EMBODIMENT.push({"way": np.array([0.3, -0.7])}, 0.5)
    assert kick[:, 0] == pytest.approx([0.5, -0.5])
    assert not kick[:, 1:].any()


def test_the_page_and_the_wire_know_its_root() -> None:
    skeleton = EMBODIMENT.skeleton
    assert (skeleton.root, skeleton.place, skeleton.linear) == (PLANE, 1, 2)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("jnt_axis", 0, (0.0, 1.0, 0.0)), "needs slides along x and z"),
        (("jnt_axis", 3, (1.0, 0.0, 0.0)), "does not turn within the robot's plane"),
        (("geom_type", 1, mujoco.mjtGeom.mjGEOM_BOX), "only spheres and capsules may touch"),
    ],
)
def test_other_scenes_are_refused(change: tuple[str, int, object], says: str) -> None:
    model = physics_model(ROBOT)
    field, row, value = change
    getattr(model, field)[row] = value
    with pytest.raises(Invalid, match=says if field != "jnt_axis" or row else "single hinge"):
        PlanarRobot(ROBOT, model)


def test_a_fixed_skeleton_is_none_of_a_plane() -> None:
    assert Skeleton.of(get_robot("pointer"), physics_model(get_robot("pointer"))).root == (0, 0)
