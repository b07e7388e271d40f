"""Which simulator a machine gets."""

from __future__ import annotations

from typing import Literal

import jax

from tabrl.domain.errors import Invalid
from tabrl.robots import Robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import RobotDifferences
from tabrl.sim.simulator import Simulator

# `auto` is `mjx` where JAX has a GPU and the ground is flat, else `cpu`; `warp` is MJX with Warp's
# kernels.
SimulatorKind = Literal["auto", "cpu", "mjx", "warp"]


def make_simulator(
    robot: Robot,
    size: int,
    *,
    kind: SimulatorKind = "auto",
    differences: RobotDifferences | None = None,
    seed: int = 0,
) -> Simulator:
    """A simulator.

    Args:
        robot: any that is registered.
        size: number of robots, B.
        kind: see above.
        differences: how each robot differs from the scene, if they do.
        seed: of all randomness until the first reset.

    Raises:
        RuntimeError: for `warp` where Warp is not installed.
        Invalid: (code `bad_ground`) for another ground than flat on `mjx` or `warp`.
    """
    if kind == "auto":
        able = robot.ground.plain and jax.default_backend() == "gpu"
        kind = "mjx" if able else "cpu"
    if kind != "cpu" and not robot.ground.plain:
        raise Invalid(
            f"TABRL_SIMULATOR={kind} simulates flat ground alone, not {robot.ground.in_words()}",
            code="bad_ground",
            hint="train with TABRL_SIMULATOR=auto or cpu",
        )
    if kind == "cpu":
        return CpuSimulator(robot, size, differences=differences, seed=seed)
    from tabrl.sim.mjx.simulator import (
        MjxSimulator,  # loads slowly, and most machines never need it
    )

    impl = "warp" if kind == "warp" else "jax"
    return MjxSimulator(robot, size, impl=impl, differences=differences, seed=seed)
