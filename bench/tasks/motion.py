"""What a robot did, read from the raw states of a recording: the ground for all success checks.

Everything is derived here from `qpos` and `qvel` with MuJoCo's forward kinematics. This module is
independent of the product on purpose, because it scores the product: of `tabrl` it sees the robot's
data, scene and size, but no code of rewards, rollouts, rotations or success checks, so that an
error there cannot pass unseen here. Its formulas (and those of `bench.rotation`) repeat some of
`tabrl.control`; within the benchmarks and their tests each exists once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import mujoco
import numpy as np
from bench.rotation import Floats, rotation_matrices
from bench.tasks.body import Body
from numpy.typing import NDArray

HZ = 50.0  # rows a second
GROUND_GAP = 0.002  # m; a sphere or the trunk that is lower touches the floor


@dataclass(frozen=True, eq=False)
class Motion:
    """One recording, a row every 20 ms.

    `time [T]` s since the reset, `qpos [T, nq]` and `qvel [T, nv]` as MuJoCo has them (free joint
    first: velocity in the world, angular velocity in the trunk's frame), `feet [T, 4, 3]` centres
    of the foot spheres in the world, in the robot's order.
    """

    body: Body
    time: Floats
    qpos: Floats
    qvel: Floats
    feet: Floats

    def __len__(self) -> int:
        return len(self.time)

    def between(self, start_s: float, end_s: float) -> Motion:
        """The rows of a window of time; a window that ends after the recording is cut.

        Raises `ValueError` if less than a second of it was recorded.
        """
        rows = slice(round(start_s * HZ), round(end_s * HZ))
        fields = (self.time, self.qpos, self.qvel, self.feet)
        part = Motion(self.body, *(field[rows] for field in fields))
        if len(part) < HZ:
            raise ValueError(f"the recording holds less than a second of {start_s}…{end_s} s")
        return part

    @cached_property
    def rotation(self) -> Floats:
        """Trunk to world, `[T, 3, 3]`."""
        return rotation_matrices(self.qpos[:, 3:7])

    @property
    def place(self) -> Floats:
        """The trunk's place on the floor, `[T, 2]`."""
        return self.qpos[:, :2]

    @property
    def height(self) -> Floats:
        """Height of the trunk's origin, m."""
        return self.qpos[:, 2]

    @cached_property
    def heading(self) -> Floats:
        """Direction of the nose in the floor plane, rad, unwrapped; left is positive."""
        nose = self.rotation[:, :, 0]
        return np.unwrap(np.arctan2(nose[:, 1], nose[:, 0]))

    @cached_property
    def pitch(self) -> Floats:
        """Nose down is positive, rad."""
        return -np.arcsin(np.clip(self.rotation[:, 2, 0], -1.0, 1.0))

    @cached_property
    def roll(self) -> Floats:
        """Right side down is positive, rad."""
        return np.arctan2(self.rotation[:, 2, 1], self.rotation[:, 2, 2])

    @cached_property
    def velocity(self) -> Floats:
        """Forward and to the left as the nose points, without tilt, `[T, 2]`, m/s."""
        cos, sin = np.cos(self.heading), np.sin(self.heading)
        x, y = self.qvel[:, 0], self.qvel[:, 1]
        return np.stack([cos * x + sin * y, cos * y - sin * x], axis=1)

    @cached_property
    def clearance(self) -> Floats:
        """Gap between each foot's sole and the floor, `[T, 4]`, m."""
        return self.feet[:, :, 2] - self.body.robot.end_effector_radius

    @cached_property
    def grounded(self) -> NDArray[np.bool_]:
        """Which feet are on the floor, `[T, 4]`."""
        return self.clearance < GROUND_GAP

    @cached_property
    def trunk_gap(self) -> Floats:
        """Gap between the floor and the lowest point of trunk and head, `[T]`, m."""
        return self.body.trunk_gap(self.height, self.rotation[:, 2, :])

    @cached_property
    def fell(self) -> bool:
        """Whether trunk or head ever touched the floor, or the robot was ever upside down."""
        return bool((self.trunk_gap < GROUND_GAP).any() or (self.rotation[:, 2, 2] < 0.0).any())


class Positions(NamedTuple):
    """Places in the world: of all bodies `[T, nb, 3]` and the foot spheres' centres `[T, 4, 3]`."""

    bodies: Floats
    feet: Floats


def forward_kinematics(body: Body, qpos: Floats) -> Positions:
    """Where bodies and feet are at the states `[T, nq]`."""
    model, sites = body.model, body.foot_sites
    data = mujoco.MjData(model)
    bodies, feet = np.empty((len(qpos), model.nbody - 1, 3)), np.empty((len(qpos), len(sites), 3))
    for row, pose in enumerate(qpos):
        data.qpos[:] = pose
        mujoco.mj_kinematics(model, data)
        bodies[row], feet[row] = data.xpos[1:], data.site_xpos[sites]
    return Positions(bodies, feet)


def motion_of(body: Body, time: Floats, qpos: Floats, qvel: Floats) -> Motion:
    """A motion from raw states alone; the feet follow from the joints."""
    qpos = np.asarray(qpos, np.float64)
    feet = forward_kinematics(body, qpos).feet
    return Motion(body, np.asarray(time, np.float64), qpos, np.asarray(qvel, np.float64), feet)


def read_rollout(path: Path, body: Body) -> Motion:
    """The motion of a `tabrl rollout` file.

    Raises `OSError`, `KeyError` for another npz, or `ValueError` for one of another robot.
    """
    with np.load(path, allow_pickle=False) as file:
        return motion_of(body, file["time"], file["qpos"], file["qvel"])
