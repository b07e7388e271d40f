"""The task as a Gymnasium environment, as a Stable-Baselines3 user would write it."""

from __future__ import annotations

from functools import cache
from typing import Any

import gymnasium  # type: ignore[import-not-found]
import mujoco
import numpy as np
from bench.robot import ROBOT, legged_robot
from bench.speed.single import LAST_ACTION, SingleWalk
from bench.speed.walk_task import EPISODE_STEPS
from numpy.typing import NDArray

from tabrl.control.physics import SUBSTEPS, physics_model
from tabrl.control.rollout import CONTROL_DT

Array = NDArray[np.float32]


@cache
def _model() -> mujoco.MjModel:
    """One model for all environments of a process: they only read it."""
    return physics_model(ROBOT)


class WalkEnv(gymnasium.Env[Array, Array]):  # type: ignore[misc]
    """One robot: the same control step, observation, reward, starts and ends as everybody's."""

    def __init__(self) -> None:
        self._model = _model()
        self._data = mujoco.MjData(self._model)
        self._walk = SingleWalk()
        self._steps = 0
        self._previous = np.zeros(ROBOT.nu, np.float32)
        bound = np.full(ROBOT.nu, 10.0, np.float32)
        self.action_space = gymnasium.spaces.Box(-bound, bound)
        size = (len(legged_robot().observation),)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, size, np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Stand at home with the usual noise."""
        super().reset(seed=seed)
        data, rng = self._data, self.np_random
        mujoco.mj_resetDataKeyframe(self._model, data, 0)
        data.qpos[7:] += rng.normal(0.0, 0.1, ROBOT.nu)
        data.qpos[2] += rng.uniform(0.0, 0.03)
        data.qvel[:6] += rng.normal(0.0, 0.15, 6)
        data.ctrl[:] = self._walk.joints.home
        self._steps = 0
        self._previous = np.zeros(ROBOT.nu, np.float32)
        return self._observe(), {}

    def step(self, action: Array) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """One control step of 20 ms."""
        data = self._data
        joints = self._walk.joints
        data.ctrl[:] = joints.aimed(action, data.qpos, data.qvel)
        mujoco.mj_step(self._model, data, SUBSTEPS)
        self._steps += 1
        observation = self._observe()
        reward = self._walk.reward(observation, self._previous)
        self._previous = observation[LAST_ACTION]
        fallen = self._walk.fallen(observation, float(data.qpos[2]))
        return observation, reward, fallen, self._steps >= EPISODE_STEPS, {}

    def _observe(self) -> Array:
        data = self._data
        return self._walk.observe(self._steps * CONTROL_DT, data.qpos, data.qvel, data.ctrl)
