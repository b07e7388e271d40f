"""What MJX is given: the CPU's models, robots that differ, a learner's policies."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from tabrl.control.embodiment import Embodiment
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import RobotDifferences
from tabrl.sim.factory import make_simulator
from tabrl.sim.mjx.physics import Motion, Physics
from tabrl.sim.mjx.simulator import MjxSimulator
from tests.support.engine import GO1, fresh_state, small_learner
from tests.support.robots import ROBOTS


def test_randomised_robots_have_the_models_that_the_cpu_gives_them(embodiment: Embodiment) -> None:
    robot = embodiment.robot
    drawn = RobotDifferences.of_training(embodiment, 4, 1)
    one = CpuSimulator(robot, 4, threads=1, differences=drawn)

    def given(name: str) -> NDArray[np.float64]:
        return np.concatenate([shard.robots._batch.expand(name) for shard in one._shards])

    other = MjxSimulator(robot, 4, differences=drawn)
    model = other.physics.model
    changed = ["geom_friction", "actuator_gainprm", "actuator_biasprm"]
    if drawn.body is not None:
        assert np.ptp(drawn.body_mass) > 0.0
        changed += ["body_mass", "body_ipos", "dof_invweight0", "body_invweight0"]
    for name in changed:
        np.testing.assert_allclose(getattr(model, name), given(name), rtol=1e-5)
    still = jnp.zeros((4, embodiment.nv))
    motion = Motion(jnp.zeros((4, embodiment.nq)), still, still)
    # Traced only: every robot has its own model in the step.
    after = jax.eval_shape(other.physics.bare_step, model, motion, jnp.zeros((4, robot.nu)))
    assert after.qpos.shape == (4, embodiment.nq)


def test_a_learner_gives_policies_that_run_in_graphs() -> None:
    state, learner = fresh_state(0), small_learner()
    observation = (
        np.random.default_rng(0)
        .normal(size=(32, len(embodiment_of(GO1).observation)))
        .astype(np.float32)
    )
    mode = learner.deterministic(state)
    inside = mode.graph(mode.parameters, observation, jax.random.PRNGKey(0))
    np.testing.assert_allclose(inside, mode(observation), atol=1e-5)
    # One function for all policies of a kind, or every update would compile anew.
    explore, again = learner.exploring(state, 0), learner.exploring(state, 1)
    assert explore.graph == again.graph
    noise = explore.graph(explore.parameters, observation, jax.random.PRNGKey(0)) - inside
    assert 0.3 < float(jnp.std(noise)) < 0.9


@pytest.mark.parametrize("robot", ROBOTS, ids=lambda robot: robot.id, indirect=True)
def test_the_simulator_follows_the_machine_and_the_setting(
    robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(make_simulator(robot, 2, kind="auto"), CpuSimulator)
    assert isinstance(make_simulator(robot, 2, kind="mjx"), MjxSimulator)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert isinstance(make_simulator(robot, 2, kind="auto"), MjxSimulator)
    assert isinstance(make_simulator(robot, 2, kind="cpu"), CpuSimulator)


def test_the_physics_handed_to_mjx_is_the_cpus_but_for_its_solver_bounds(
    embodiment: Embodiment,
) -> None:
    model = Physics(embodiment, 1, "jax").host
    assert (model.opt.iterations, model.opt.ls_iterations) == (8, 10)
    assert model.opt.timestep == 0.01
