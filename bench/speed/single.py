"""The task for one robot at a time in plain floats, as one writes it where nothing is a batch.

The project's own observation is made for hundreds of robots and costs a single one more than its
physics; measured with it, a peer would look slower than it is. Tests hold both together.
"""

from __future__ import annotations

import math

import numpy as np
from bench.robot import ROBOT, legged_robot
from bench.rotation import rotation_rows
from bench.speed.walk_task import COMMAND_SCHEDULE, SPEED, WEIGHTS, WIDTH, trunk_boxes
from numpy.typing import NDArray

from tabrl.control.command_batch import CommandBatch
from tabrl.embodiments.legged.gait import offsets
from tabrl.embodiments.legged.observation import PATH_REACH
from tabrl.embodiments.legged.trunk import ON_ITS_SIDE

Array = NDArray[np.float32]
Doubles = NDArray[np.float64]
LAST_ACTION = slice(34, 46)  # of the observation


class SingleWalk:
    """Observation, reward and falls of one robot; the schedule is constant and asks for a trot."""

    def __init__(self) -> None:
        embodiment, schedules = legged_robot(), CommandBatch.stack([COMMAND_SCHEDULE])
        assert not schedules.amplitude.any()
        self.joints = embodiment.joints
        self._command = schedules.command(np.zeros(1, np.float32))[0]
        self._frequency = float(embodiment.clock.step_frequency(schedules)[0])
        self._modulation = 2.0 * math.pi * COMMAND_SCHEDULE.modulation_frequency
        self._offsets = offsets(ROBOT)[int(schedules.settings["gait"][0])].tolist()
        self._boxes = trunk_boxes().tolist()
        self._size = len(embodiment.observation)

    def observe(self, time: float, qpos: Doubles, qvel: Doubles, ctrl: Doubles) -> Array:
        """The observation `[no]`, as `Embodiment.observe` makes it."""
        out = np.empty(self._size, np.float32)
        w, x, y, z = qpos[3:7].tolist()
        ahead, left, up = rotation_rows(w, x, y, z)
        out[0:3] = [-part for part in up]
        out[3:6] = qvel[3:6]
        vx, vy, vz = qvel[0:3].tolist()
        out[6:9] = [vx * a + vy * b + vz * c for a, b, c in zip(ahead, left, up, strict=True)]
        out[9] = 1.0  # the velocity is known
        out[10:22] = qpos[7:] - self.joints.home
        out[22:34] = qvel[6:]
        out[LAST_ACTION] = (ctrl - self.joints.home) / self.joints.scale
        out[46:59] = out[59:72] = self._command
        yaw = math.atan2(left[0], ahead[0])
        out[72] = min(max(-yaw, -1.0), 1.0)
        out[73:75] = self._path_error(time, yaw, qpos)
        out[75] = self._frequency
        angles = [
            2.0 * math.pi * ((self._frequency * time + offset) % 1.0) for offset in self._offsets
        ]
        out[76:80] = [math.sin(angle) for angle in angles]
        out[80:84] = [math.cos(angle) for angle in angles]
        angle = self._modulation * time
        out[84:90] = [wave(k * angle) for k in (1.0, 0.5, 2.0) for wave in (math.sin, math.cos)]
        return out

    def _path_error(self, time: float, yaw: float, qpos: Doubles) -> list[float]:
        """Ahead and to the left, m, of a path that leads straight on."""
        x, y = SPEED * time - float(qpos[0]), -float(qpos[1])
        cos, sin = math.cos(yaw), math.sin(yaw)
        error = (cos * x + sin * y, cos * y - sin * x)
        return [min(max(part, -PATH_REACH), PATH_REACH) for part in error]

    def reward(self, observation: Array, previous: Array) -> float:
        """The reward of the step that led to `observation`, after the action `previous [nu]`."""
        forward, left, _ = observation[6:9].tolist()
        change = observation[LAST_ACTION] - previous
        return (
            WEIGHTS["speed"] * math.exp(-(((forward - SPEED) / WIDTH) ** 2))
            + WEIGHTS["side"] * math.exp(-((left / 0.3) ** 2))
            + WEIGHTS["turn"] * math.exp(-((float(observation[5]) / 0.5) ** 2))
            - WEIGHTS["smooth"] * float(change @ change)
        )

    def fallen(self, observation: Array, height: float) -> bool:
        """Whether the trunk touches the ground, lies on its side or is upside down."""
        x, y, z = (-g for g in observation[0:3].tolist())
        lowest: float = min(
            height + x * cx + y * cy + z * cz - abs(x) * hx - abs(y) * hy - abs(z) * hz - radius
            for cx, cy, cz, hx, hy, hz, radius in self._boxes
        )
        return lowest < 0.002 or abs(y) > ON_ITS_SIDE or z < 0.0
