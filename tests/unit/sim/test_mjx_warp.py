"""MJX with Warp's kernels, which run on CPUs too: robots that differ move as the CPU's do."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment
from tabrl.control.physics import physics_model
from tabrl.control.staged_commands import StagedCommands
from tabrl.robots import get_robot
from tabrl.sim.cpu.shard import CpuRobots
from tabrl.sim.episodes import EpisodeConfig, RobotDifferences
from tabrl.sim.factory import make_simulator
from tabrl.sim.mjx.simulator import MjxSimulator
from tabrl.sim.simulator import GraphPolicy, Parameters

pytestmark = pytest.mark.timeout(900)  # the first run on a machine compiles some forty kernels

SIZE, STEPS = 3, 4
UNDISTURBED = EpisodeConfig(reset_noise=0.0, auto_reset=False)


def as_told(action: Parameters, observation: jax.Array, key: jax.Array) -> Parameters:
    return action


@pytest.mark.parametrize("robot", [get_robot("go1")], ids=lambda robot: robot.id, indirect=True)
def test_warp_steps_robots_that_differ_as_the_cpu_does(embodiment: Embodiment) -> None:
    """Single precision against double, as with JAX's kernels: apart by some 1e-6 after 0.1 s."""
    robot, rng = embodiment.robot, np.random.default_rng(0)
    action = rng.normal(0.0, 0.5, (SIZE, robot.nu)).astype(np.float32)
    neutral = CommandBatch.neutral(embodiment.commands, SIZE)
    cpu = CpuRobots(embodiment, physics_model(robot), SIZE, threads=1)
    cpu.reset(StagedCommands.of(neutral), UNDISTURBED, rng)
    drawn = RobotDifferences.of_training(embodiment, SIZE, 1)
    cpu.differ(drawn)
    expected = []
    for _ in range(STEPS):
        cpu.step(cpu.targets(action))
        cpu.place(cpu.qpos, cpu.qvel)  # as they are: what the next targets depend on
        expected.append(cpu.qpos.copy())

    warp = make_simulator(robot, SIZE, kind="warp", differences=drawn)
    assert isinstance(warp, MjxSimulator)
    warp.reset(neutral, UNDISTURBED, 0)
    run = warp.rollout(GraphPolicy(as_told, action, 0, lambda _: action), STEPS)
    np.testing.assert_allclose(embodiment.qpos_of(run.rollout), expected, atol=2e-5)
    assert np.ptp(expected[-1], axis=0).max() > 1e-3
