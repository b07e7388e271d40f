"""States of any robot in which its controllers are compared."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tabrl.control.embodiment import Embodiment
from tabrl.embodiments.lookup import CONTROL_HZ


class States(NamedTuple):
    """Raw states of B robots: `[B]`, `[B, nq]`, `[B, nv]`, `[B, nu]`, double precision."""

    time: np.ndarray
    qpos: np.ndarray
    qvel: np.ndarray
    ctrl: np.ndarray


def some_states(
    embodiment: Embodiment, count: int, rng: np.random.Generator, seconds: float
) -> States:
    """Joints about home, targets about them, tilted, moving; times are steps up to `seconds`.

    Of a floating robot one in eight does not know its place, and one in eight its velocity.
    """
    skeleton, robot = embodiment.skeleton, embodiment.robot
    qpos = np.tile(embodiment.home_qpos, (count, 1)).astype(np.float64)
    skeleton.joint_position(qpos)[:] += rng.normal(scale=0.3, size=(count, robot.nu))
    qvel = rng.normal(scale=0.6, size=(count, embodiment.nv))
    if skeleton.place:
        qpos[:, :2] += rng.normal(scale=0.3, size=(count, 2))
        turned = rng.normal(size=(count, 4))
        turned[:, 1:3] *= 0.4
        qpos[:, 3:7] = turned / np.linalg.norm(turned, axis=1, keepdims=True)
        qpos[::8, : skeleton.place] = np.nan
        qvel[1::8, : skeleton.linear] = np.nan
    ctrl = skeleton.joint_position(qpos) + rng.normal(scale=0.05, size=(count, robot.nu))
    steps = rng.integers(0, round(seconds * CONTROL_HZ), count)
    return States(steps / CONTROL_HZ, qpos, qvel, ctrl)
