"""States written down outside give the rollout that the simulator itself writes."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment
from tabrl.control.physics import physics_model
from tabrl.control.replay import States, rollout_of_states
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig

STEPS = 40


def _answer(action: Floats, _observation: Floats) -> Floats:
    return action


def _is_force(name: str) -> bool:
    """Forces of a state are those of the physics step that led to it: a little before in time."""
    return name.endswith(("_torque", "_force"))


def test_states_give_the_simulators_own_rollout(embodiment: Embodiment) -> None:
    robot = embodiment.robot
    simulator = CpuSimulator(robot, 1, threads=1)
    neutral = CommandBatch.neutral(embodiment.commands, 1)
    # Away from home, joints whose targets are integrated are not asked for what they cannot hold.
    noise = 0.0 if embodiment.joints.integrated else 1.0
    simulator.reset(neutral, EpisodeConfig(auto_reset=False, reset_noise=noise), 0)
    rng = np.random.default_rng(0)
    states: dict[str, list[np.ndarray]] = {"qpos": [], "qvel": [], "ctrl": []}
    own = []

    def write(ctrl: np.ndarray) -> None:
        qpos, qvel = simulator.state()
        for name, row in (("qpos", qpos[0]), ("qvel", qvel[0]), ("ctrl", ctrl)):
            states[name].append(row.astype(np.float64))

    ctrl = np.array(robot.home)
    for _ in range(STEPS):
        action = rng.normal(0.0, 0.2, (1, robot.nu)).astype(np.float32)
        ctrl = embodiment.joints.ctrl(action[0], ctrl)
        write(ctrl)
        own.append(simulator.rollout(partial(_answer, action), 1).rollout)
    write(ctrl)
    columns = {name: np.array(column) for name, column in states.items()}
    written = States(time=np.linspace(0.0, 0.02 * STEPS, STEPS + 1), **columns)
    rollout = rollout_of_states(physics_model(robot), embodiment, written)
    assert rollout.shape == (STEPS, 1)
    untold = set(embodiment.features.names)
    for name in set(rollout) - untold:
        theirs = np.concatenate([block.fields[name] for block in own])
        if _is_force(name):
            assert np.corrcoef(rollout.fields[name].ravel(), theirs.ravel())[0, 1] > 0.6, name
            continue
        size = max(float(np.abs(theirs).max()), 1.0)
        assert rollout.fields[name] == pytest.approx(theirs, abs=2e-3 * size), name


def test_a_single_state_is_no_rollout(embodiment: Embodiment) -> None:
    rows = (np.zeros((1, size)) for size in (embodiment.nq, embodiment.nv, embodiment.robot.nu))
    with pytest.raises(ValueError, match="two states"):
        rollout_of_states(physics_model(embodiment.robot), embodiment, States(np.zeros(1), *rows))
