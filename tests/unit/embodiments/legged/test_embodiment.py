"""How episodes of a legged robot begin and are disturbed, and what a search tries with it."""

from __future__ import annotations

from importlib.resources import files

import mujoco
import numpy as np
import pytest

from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.physics import physics_model
from tabrl.domain.errors import Invalid
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.legged.gait import GAITS
from tabrl.robots import get_robot
from tabrl.sim.episodes import draw
from tabrl.sim.motion_library import load_motion_library
from tests.support.engine import random_programs
from tests.support.robots import legged

COUNT = 64
PRETRAINED = files("tabrl_trainer.pretrained_policies")


def test_a_robot_starts_a_little_away_from_home_and_does_not_fall(embodiment: LeggedRobot) -> None:
    noise = draw(embodiment.reset_noise, COUNT, np.random.default_rng(0))
    qpos, qvel = embodiment.reset_offset(noise)
    assert qpos.shape == (COUNT, embodiment.nq)
    assert qvel.shape == (COUNT, embodiment.nv)
    assert np.all(qpos[:, [0, 1, 3, 4, 5, 6]] == 0.0)
    assert np.all((qpos[:, 2] >= 0.0) & (qpos[:, 2] <= 0.03))
    assert 0.05 < qpos[:, 7:].std() < 0.15
    assert np.all(qvel[:, 6:] == 0.0)
    assert 0.1 < qvel[:, :6].std() < 0.2
    assert not embodiment.failed(embodiment.home_qpos + qpos).any()


def test_a_push_is_as_fast_as_it_is_said_and_goes_anywhere(embodiment: LeggedRobot) -> None:
    noise = draw(embodiment.push_noise, COUNT, np.random.default_rng(0))
    kick = embodiment.push(noise, 0.7)
    assert kick.shape == (COUNT, embodiment.nv)
    np.testing.assert_allclose(np.linalg.norm(kick[:, :2], axis=1), 0.7, atol=1e-6)
    assert np.all(kick[:, 2:] == 0.0)
    assert np.ptp(np.arctan2(kick[:, 1], kick[:, 0])) > 4.0


def test_the_failing_action_moves_the_legs_of_the_sides_apart(embodiment: LeggedRobot) -> None:
    action = embodiment.failing_action
    assert action.shape == (embodiment.robot.nu,)
    sides: dict[bool, list[tuple[float, ...]]] = {True: [], False: []}
    for limb in embodiment.robot.limbs:
        places = [embodiment.robot.joint_names.index(name) for name in limb.joints]
        signs = np.array(limb.signs or (1.0,) * len(places))
        sides["left" in limb.place].append(tuple((signs * action[places]).tolist()))
    assert all(len(set(legs)) == 1 for legs in sides.values())
    assert sides[True][0] != sides[False][0]


def test_a_search_begins_with_every_gait(embodiment: LeggedRobot) -> None:
    variants = embodiment.setting_variants()
    assert {schedule.setting("gait") for schedule in variants} == set(GAITS)
    batch = CommandBatch.stack(variants)
    assert embodiment.clock.stepping(batch).all()
    low, high = embodiment.commands.setting("gait_frequency").range
    frequencies = batch.settings["gait_frequency"]
    assert low <= frequencies.min() < frequencies.max() <= high + 1e-6


def test_mutation_changes_settings_alone_and_reaches_them_all(embodiment: LeggedRobot) -> None:
    before = random_programs(1, robot=embodiment.robot)
    rng, gaits, natural = np.random.default_rng(0), set(), set()
    for _ in range(200):
        batch = before.copy()
        embodiment.mutate_settings(batch, 0, 0.3, rng)
        for mine, theirs in zip(batch.arrays()[:4], before.arrays()[:4], strict=True):
            np.testing.assert_array_equal(mine, theirs)
        gaits.add(int(batch.settings["gait"][0]))
        natural.add(bool(batch.settings["gait_frequency"][0] == 0.0))
    assert (gaits, natural) == ({0, 1, 2}, {True, False})


def test_recipes_stay_within_what_the_policy_was_trained_on(embodiment: LeggedRobot) -> None:
    space = embodiment.commands
    assert {"stand", "walk"} <= set(embodiment.recipes)
    assert embodiment.recipes["stand"] == CommandSchedule.neutral(space)
    for name, schedule in embodiment.recipes.items():
        batch = CommandBatch.stack([schedule])
        for column, channel in enumerate(space.channels):
            constant, amplitude = batch.constant[0, column], batch.amplitude[0, column]
            assert channel.lower - 1e-6 <= constant <= channel.upper + 1e-6, name
            assert abs(amplitude) <= channel.amplitude + 1e-6, name
        assert schedule.in_words() == "stand" or name != "stand"


def test_the_go1_s_recipes_are_those_of_its_shipped_library() -> None:
    embodiment = legged(get_robot("go1"))
    library = load_motion_library(PRETRAINED.joinpath("go1").joinpath("bank.npz").read_bytes())
    known = dict(zip(library.clips, library.schedules, strict=True))
    assert dict(embodiment.recipes) == {name: s for name, s in known.items() if s is not None}


def test_a_scene_without_a_free_joint_is_refused() -> None:
    robot = get_robot("go1")
    spec = mujoco.MjSpec.from_string(
        "<mujoco><worldbody><body name='b'><joint name='j'/><geom size='0.1'/>"
        + "".join(f"<site name='{site}'/>" for site in robot.end_effectors)
        + "</body></worldbody><keyframe><key name='home' qpos='0'/></keyframe></mujoco>"
    )
    with pytest.raises(Invalid, match="free joint") as caught:
        LeggedRobot(robot, spec.compile())
    assert caught.value.code == "bad_robot"
    assert physics_model(robot).njnt == robot.nu + 1
