"""The way up on the hind legs: poses that a robot is rewarded for and begins in.

Joint angles are those of the reference robot's legs, by the kind's signs; lengths are scaled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.embodiments.legged.gait import REARED
from tabrl.embodiments.legged.limbs import front, rear
from tabrl.embodiments.legged.scale import Scale
from tabrl.robots import Limb, Robot

Doubles = NDArray[np.float64]
START_ABOVE = 0.01  # m, over the pose that is meant, so that nothing begins in the floor
_REAR_AT = (0.0, REARED, 1.0)
# From standing to sitting on flat hind shanks, front legs stretched; then the trunk rises over the
# shanks, which carry it, and the front legs fold. At both ends the joint targets alone hold the
# robot: found by dropping robots in random poses.
_REAR_POSES = (
    # front thigh, calf; hind thigh, calf; pitch, rise
    (0.9, -1.8, 0.9, -1.8, 0.0, 0.0),
    (0.5, -0.95, 1.2, -2.7, -0.5, -0.04),
    (0.93, -2.42, 0.66, -1.07, -1.0, 0.09),
)
_FRONT, _HIND, _PITCH, _RISE = (0, 1), (2, 3), 4, 5


class RearingPose:
    """Poses of one robot for `rearing` from 0 to 1."""

    def __init__(self, robot: Robot) -> None:
        self._robot, self._length = robot, Scale.of(robot).length
        self._home = np.array(robot.home)
        limbs = robot.limbs
        self._places = np.array([_last_two(limb, robot) for limb in limbs])
        self._signs = np.array([_signs(limb) for limb in limbs], np.float32)
        self._front = np.array(front(robot), np.intp)
        self._hind = np.array(rear(robot), np.intp)

    def pitch(self, rearing: Floats) -> Doubles:
        """Pitch of the trunk, rad; negative is nose up."""
        return _along(rearing, _PITCH)

    def rise(self, rearing: Floats) -> Doubles:
        """Rise of the trunk from standing, m."""
        return _along(rearing, _RISE) * self._length

    def closeness(self, joint_position: Floats, rearing: Floats) -> Floats:
        """How close the legs `[..., nj]` are to the way up, 0..1."""
        legs = np.take(joint_position, self._places, axis=-1) * self._signs
        front, hind = (_angles(rearing, columns) for columns in (_FRONT, _HIND))
        ahead = np.take(legs, self._front, axis=-2) - front[..., None, :]
        behind = np.take(legs, self._hind, axis=-2) - hind[..., None, :]
        error = (ahead**2).sum((-2, -1)) + (behind**2).sum((-2, -1))
        close: Floats = 0.5 * np.exp(-error / 3.0) + 0.5 * np.exp(-error / 0.5)
        return close

    def starts(self, rng: np.random.Generator, schedules: CommandBatch) -> Floats:
        """Poses `qpos [B, nq]` in which half of the rearing schedules begin; NaN for the others.

        Without them, being up there is never met, so nothing is learnt about it.
        """
        robot = self._robot
        rearing = schedules.constant[:, schedules.space.column("rear")]
        poses = np.full((len(schedules), 7 + robot.nu), np.nan, np.float32)
        chosen = np.flatnonzero((rearing > 0.0) & (rng.random(len(schedules)) < 0.5))
        share = rearing[chosen]
        joints = np.tile(self._home, (len(chosen), 1))
        for columns, limbs in ((_FRONT, self._front), (_HIND, self._hind)):
            angles = _angles(share, columns)[:, None, :] * self._signs[limbs]
            joints[:, self._places[limbs]] = angles
        pitch = self.pitch(share)
        poses[chosen, :7] = 0.0
        height = robot.characteristic_length + self.rise(share) + START_ABOVE * self._length
        poses[chosen, 2] = height
        poses[chosen, 3], poses[chosen, 5] = np.cos(pitch / 2), np.sin(pitch / 2)
        poses[chosen, 7:] = joints
        return poses


def _last_two(limb: Limb, robot: Robot) -> list[int]:
    """Thigh and calf of a leg, among the robot's joints."""
    return [robot.joint_names.index(name) for name in limb.joints[-2:]]


def _signs(limb: Limb) -> tuple[float, ...]:
    """Which of the two turn the other way than the kind's."""
    return limb.signs[-2:] or (1.0, 1.0)


def _along(rearing: Floats, column: int) -> Doubles:
    """One number of the pose for every `rearing`."""
    return np.interp(rearing, _REAR_AT, [pose[column] for pose in _REAR_POSES])


def _angles(rearing: Floats, columns: tuple[int, int]) -> Doubles:
    """Thigh and calf `[..., 2]` of a pair of legs."""
    return np.stack([_along(rearing, column) for column in columns], axis=-1)
