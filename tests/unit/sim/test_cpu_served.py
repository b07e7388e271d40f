"""A policy that is served beside the simulator that it was trained in."""

from __future__ import annotations

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument, Wave
from tabrl.control.embodiment import Embodiment
from tabrl.control.policy import PolicyHeader, dump_policy
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged_commands import StagedCommands
from tabrl.control.waypoints import NO_PATH
from tabrl.embodiments.load import load_policy
from tabrl.robots import scene_sha256
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.simulator import episode
from tests.support.engine import random_programs
from tests.support.inference import random_params

SIZE = 8


def test_a_policy_that_is_served_does_what_it_does_here_over_all_switches(
    embodiment: Embodiment,
) -> None:
    """The clock here adds up steps in single precision, the client's is exact."""
    robot, space = embodiment.robot, embodiment.commands
    simulator = CpuSimulator(robot, SIZE, threads=1)
    first, second = (random_programs(2, 5, robot).single(i).with_settings() for i in range(2))
    first = first.with_wave(space.names[0], Wave()).along(NO_PATH)
    second = second.with_wave(space.names[0], Wave(0.05)).along(NO_PATH)
    if "jump" in space:  # its clock ticks on the steps' grid, where rounding decides
        first, second = (schedule.with_wave("jump", Wave()) for schedule in (first, second))
    schedule = CommandSchedule.sequence([first, second], (0.5, 0.62))
    weights = load_policy(random_params(5, robot=robot)).weights
    header = PolicyHeader(
        robot=robot.id,
        scene_sha256=scene_sha256(robot.id),
        program=ScheduleDocument.of(schedule),
    )
    served = load_policy(dump_policy(header, weights))
    states: list[tuple[Floats, Floats]] = []

    def act(observation: Floats) -> Floats:
        states.append(simulator.state())
        return weights.act(observation)

    config = EpisodeConfig(reset_noise=0.0)
    run = episode(simulator, StagedCommands.stack([schedule] * SIZE), act, 2.3, 1, config)
    ctrl = np.tile(embodiment.joints.home, (SIZE, 1))
    for step, (qpos, qvel) in enumerate(states):
        action, _ = served.control(np.full(SIZE, step * CONTROL_DT), qpos, qvel, ctrl)
        np.testing.assert_allclose(action, run.action[step], atol=2e-4, err_msg=str(step))
        ctrl = embodiment.joints.aimed(run.action[step], qpos, qvel, last=ctrl)
    switched = run.rollout.command[:, 0, 0] > 0.0  # after the step, so one earlier
    assert np.flatnonzero(np.diff(switched)).tolist() == [23, 54, 79, 110]
