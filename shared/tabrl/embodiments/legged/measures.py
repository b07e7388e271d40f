"""Quantities of legged robots that are no fields of the rollout, for success checks.

In double precision and written apart from what rewards read: an error in one is no error in both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from tabrl.control import rotation
from tabrl.control.measures import GENERAL, Floats, Measures, feet_on_ground
from tabrl.embodiments.legged.limbs import pairs


class LeggedMeasures(Measures):
    """Speeds in the heading frame, angles of the trunk, which feet step together."""

    @property
    def touches(self) -> Mapping[str, Float[np.ndarray, "T B"]]:
        return {
            **feet_on_ground(self.rollout, self.robot),
            "trunk": self.rollout["body_contact"][..., 0],
            "legs each other": self.rollout["self_collision"],
        }

    @cached_property
    def euler(self) -> tuple[Floats, Floats, Floats]:
        """Roll, pitch, yaw `[T, B]` of z-y-x angles from `base_quaternion` (wxyz)."""
        quaternion = np.asarray(self.rollout["base_quaternion"], np.float64)
        roll, pitch = rotation.roll_pitch(quaternion)
        yaw = rotation.yaw(quaternion)
        return roll, pitch, yaw

    @cached_property
    def heading_velocity(self) -> Float[np.ndarray, "T B 3"]:
        """Velocity in a frame that turns with the heading and does not tilt."""
        roll, pitch, _ = self.euler
        velocity = np.asarray(self.rollout["base_linear_velocity"], np.float64)
        vx, vy, vz = np.moveaxis(velocity, -1, 0)
        sr, cr, sp, cp = np.sin(roll), np.cos(roll), np.sin(pitch), np.cos(pitch)
        left = cr * vy - sr * vz
        down_tilted = sr * vy + cr * vz
        return np.stack([cp * vx + sp * down_tilted, left, -sp * vx + cp * down_tilted], axis=-1)

    @cached_property
    def displacement(self) -> Float[np.ndarray, "T B 3"]:
        """Way in the world since the reset."""
        moved: Floats = np.asarray(self.rollout["base_position"], np.float64) - np.asarray(
            self.rollout["initial_position"], np.float64
        )
        return moved

    @cached_property
    def foot_height(self) -> NDArray[Any]:
        """Clearance of the soles, `[T, B, nf]`."""
        centre = np.asarray(self.rollout["foot_position"][..., 2], np.float64)
        return centre - self.robot.end_effector_radius

    def apart(self, name: str) -> Floats:
        """Difference of two groups of feet's mean contacts; see `limbs.pairs`."""
        one, other = pairs(self.robot, name)
        down = np.asarray(self.rollout["foot_contact"], np.float64) > 0.5
        difference: Floats = down[..., one].mean(axis=-1) - down[..., other].mean(axis=-1)
        return np.abs(difference)


def _world_velocity(measures: LeggedMeasures) -> Float[np.ndarray, "T B 3"]:
    """Velocity in the world: the heading frame's, turned by the heading."""
    forward, left, up = np.moveaxis(measures.heading_velocity, -1, 0)
    cy, sy = np.cos(measures.euler[2]), np.sin(measures.euler[2])
    return np.stack([cy * forward - sy * left, sy * forward + cy * left, up], axis=-1)


def _yaw_rate(measures: LeggedMeasures) -> Floats:
    """Rate of the heading, rad/s: about the world's vertical, not the tilted body's."""
    roll, pitch, _ = measures.euler
    rates = np.asarray(measures.rollout["base_angular_velocity"], np.float64)
    _, wy, wz = np.moveaxis(rates, -1, 0)
    rate: Floats = (np.sin(roll) * wy + np.cos(roll) * wz) / np.maximum(np.cos(pitch), 1e-2)
    return rate


def _tilt(measures: LeggedMeasures) -> Floats:
    """Angle of the trunk's up to the vertical; half angles are exact near 0, arccos is not."""
    _, x, y, _ = np.moveaxis(np.asarray(measures.rollout["base_quaternion"], np.float64), -1, 0)
    tilt: Floats = 2.0 * np.arcsin(np.clip(np.hypot(x, y), 0.0, 1.0))
    return tilt


_DERIVED: dict[str, Callable[[LeggedMeasures], NDArray[Any]]] = {
    "forward_speed": lambda m: m.heading_velocity[..., 0],
    "lateral_speed": lambda m: m.heading_velocity[..., 1],
    "planar_speed": lambda m: np.hypot(m.heading_velocity[..., 0], m.heading_velocity[..., 1]),
    "vertical_speed": lambda m: m.heading_velocity[..., 2],
    "yaw_rate": _yaw_rate,
    "heading": lambda m: np.unwrap(m.euler[2], axis=0),
    "drift": lambda m: np.hypot(m.displacement[..., 0], m.displacement[..., 1]),
    "height": lambda m: m.rollout["base_position"][..., 2],
    "roll": lambda m: m.euler[0],
    "pitch": lambda m: m.euler[1],
    "tilt": _tilt,
    "uprightness": lambda m: -m.rollout["gravity"][..., 2],
    "feet_in_air": lambda m: np.sum(m.rollout["foot_contact"] < 0.5, axis=-1),
    "foot_height": lambda m: m.foot_height,
    "diagonals_apart": lambda m: m.apart("diagonals_apart"),
    "sides_apart": lambda m: m.apart("sides_apart"),
    "ends_apart": lambda m: m.apart("ends_apart"),
    "base_displacement": lambda m: m.displacement,
    "base_linear_velocity_world": _world_velocity,
}
LeggedMeasures.derived = {**GENERAL, **_DERIVED}
