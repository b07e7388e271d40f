"""Legged robots in the mirror: who does the mirrored thing sees the mirrored one."""

from __future__ import annotations

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.physics import physics_model
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.legged.mirror import mirror as mirror_of
from tabrl.robots import get_robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.simulator import episode
from tests.support.robots import legged

COUNT, SECONDS = 4, 0.2
QUIET = EpisodeConfig(reset_noise=0.0)


def test_a_reflection_is_its_own_inverse(embodiment: LeggedRobot) -> None:
    mirror = embodiment.mirror
    assert mirror is not None
    for reflection in (mirror.observation, mirror.action):
        numbers = np.random.default_rng(0).normal(size=len(reflection.index))
        np.testing.assert_allclose(reflection(reflection(numbers)), numbers)


def test_two_robots_in_the_mirror_move_alike() -> None:
    """The one whose scene is even to the last digit; the other one's trunk is not quite."""
    embodiment = legged(get_robot("anymal_c"))
    mirror = embodiment.mirror
    assert mirror is not None
    rng, space = np.random.default_rng(0), embodiment.commands
    asked = CommandBatch.zeros(space, COUNT)
    for name in ("height", "roll", "pitch"):
        asked.constant[:, space.column(name)] = rng.uniform(-0.05, 0.05, COUNT)
    other = asked.copy()
    other.constant[:, space.column("roll")] *= -1.0
    gains = 0.02 * rng.normal(size=(len(embodiment.observation), embodiment.robot.nu))

    def act(observation: Floats) -> Floats:
        straight, reflected = observation[:COUNT], mirror.observation(observation[COUNT:])
        actions = [np.tanh(straight @ gains), mirror.action(np.tanh(reflected @ gains))]
        return np.concatenate(actions).astype(np.float32)

    simulator = CpuSimulator(embodiment.robot, 2 * COUNT, threads=1)
    run = episode(simulator, asked.joined(other), act, SECONDS, config=QUIET)
    seen, expected = run.observation[:, COUNT:], mirror.observation(run.observation[:, :COUNT])
    np.testing.assert_allclose(seen, expected, atol=5e-3)
    assert np.abs(run.action).max() > 0.01


def test_a_robot_with_a_leg_without_partner_has_no_mirror() -> None:
    embodiment = legged(get_robot("go1"))
    lame = tuple(limb for limb in embodiment.robot.limbs if limb.name != "RL")
    assert embodiment.mirror is not None
    robot = embodiment.robot.model_copy(update={"limbs": lame})
    model = physics_model(embodiment.robot)
    assert mirror_of(robot, model, embodiment.commands, embodiment.observation) is None
