"""States written down outside give the rollout that the simulator itself writes."""

from __future__ import annotations

from functools import partial

import mujoco
import numpy as np
import pytest

from tabrl.control.commands import CommandBatch, CommandSchedule
from tabrl.control.replay import States, rollout_of_states
from tabrl.robots import get_robot
from tabrl.sim.cpu.simulator import CpuSimulator, physics_model
from tabrl.sim.simulator import EpisodeConfig

GO1 = get_robot("go1")
STEPS = 40
UNTOLD = {"command", "gait_phase"}
# Forces of a state are those of the physics step that led to it: a little before in time.
FORCES = {"joint_torque", "foot_force"}


def _answer(action: np.ndarray, _observation: np.ndarray) -> np.ndarray:
    return action


def test_states_give_the_simulators_own_rollout() -> None:
    simulator = CpuSimulator(GO1, 1, threads=1)
    simulator.reset(CommandBatch.stack([CommandSchedule()]), EpisodeConfig(auto_reset=False), 0)
    rng = np.random.default_rng(0)
    states: dict[str, list[np.ndarray]] = {"qpos": [], "qvel": [], "ctrl": []}
    own = []

    def write(ctrl: np.ndarray) -> None:
        qpos, qvel = simulator.state()
        for name, row in (("qpos", qpos[0]), ("qvel", qvel[0]), ("ctrl", ctrl)):
            states[name].append(row.astype(np.float64))

    for _ in range(STEPS):
        action = rng.normal(0.0, 0.2, (1, GO1.nu)).astype(np.float32)
        ctrl = np.array(GO1.home) + action[0] * np.array(GO1.action_scale)
        write(ctrl)
        own.append(simulator.rollout(partial(_answer, action), 1).rollout)
    write(ctrl)
    columns = {name: np.array(column) for name, column in states.items()}
    written = States(time=np.linspace(0.0, 0.02 * STEPS, STEPS + 1), **columns)
    rollout = rollout_of_states(physics_model(GO1), GO1, written)
    assert rollout.shape == (STEPS, 1)
    for name in set(rollout) - UNTOLD - FORCES:
        theirs = np.concatenate([block.fields[name] for block in own])
        size = max(float(np.abs(theirs).max()), 1.0)
        assert rollout.fields[name] == pytest.approx(theirs, abs=2e-3 * size), name
    for name in FORCES:
        theirs = np.concatenate([block.fields[name] for block in own])
        assert np.corrcoef(rollout.fields[name].ravel(), theirs.ravel())[0, 1] > 0.8, name


def test_a_single_state_is_no_rollout() -> None:
    model: mujoco.MjModel = physics_model(GO1)
    one = States(np.zeros(1), np.zeros((1, 19)), np.zeros((1, 18)), np.zeros((1, 12)))
    with pytest.raises(ValueError, match="two states"):
        rollout_of_states(model, GO1, one)
