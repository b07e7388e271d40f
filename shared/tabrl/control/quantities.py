"""The catalogue's quantities, computed from a rollout. Shares nothing with rewards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabrl.contracts.quantities import CATALOGUE, WORLD_AXES, Parts, Quantity, Whole, parts_of
from tabrl.domain.errors import Invalid
from tabrl.robots import Robot

Floats = NDArray[np.float64]
Fields = Mapping[str, NDArray[Any]]  # rollout field -> [T, B, …]
_SPATIAL = (Parts.FEET_IN_SPACE, Parts.FEET_VECTORS, Parts.BODIES_IN_SPACE)


class Measures:
    """Quantities of one rollout by name, each computed once."""

    def __init__(self, rollout: Fields, robot: Robot) -> None:
        self.rollout = rollout
        self.robot = robot
        self._cache: dict[tuple[Quantity, str | None], Floats] = {}

    def of(self, quantity: Quantity, part: str | None = None) -> Floats:
        """The quantity per step, `[T, B]`. Raises `Invalid` for a part the robot does not have."""
        key = (quantity, part)
        if key not in self._cache:
            derived = _DERIVED.get(quantity)
            values = self.rollout[quantity.value] if derived is None else derived(self)
            self._cache[key] = np.asarray(self._part(quantity, values, part), np.float64)
        return self._cache[key]

    def _part(self, quantity: Quantity, values: NDArray[Any], part: str | None) -> NDArray[Any]:
        entry = CATALOGUE[quantity]
        if entry.parts is Parts.NONE:
            return values
        if part is None and entry.whole is not None:
            lengths = np.linalg.norm(values, axis=-1) if entry.parts in _SPATIAL else values
            return _WHOLES[entry.whole](lengths)
        names = parts_of(quantity, self.robot)
        if part is None or part not in names:
            raise Invalid(
                f"{quantity} has no part {part!r}" if part else f"{quantity} needs a part",
                code="unknown_part",
                hint=f"parts are: {', '.join(names)}",
            )
        if entry.parts not in _SPATIAL:
            return values[..., names.index(part)]
        bodies = entry.parts is Parts.BODIES_IN_SPACE
        owners = self.robot.body_names if bodies else self.robot.foot_names
        if part in owners:
            length: NDArray[Any] = np.linalg.norm(values[..., owners.index(part), :], axis=-1)
            return length
        owner, _, axis = part.rpartition("_")
        return values[..., owners.index(owner), WORLD_AXES.index(axis)]

    @cached_property
    def euler(self) -> tuple[Floats, Floats, Floats]:
        """Roll, pitch, yaw `[T, B]` of z-y-x angles from `base_quaternion` (wxyz)."""
        w, x, y, z = np.moveaxis(np.asarray(self.rollout["base_quaternion"], np.float64), -1, 0)
        roll = np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
        pitch = np.arcsin(np.clip(2 * (w * y - z * x), -1, 1))
        yaw = np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        return roll, pitch, yaw

    @cached_property
    def heading_velocity(self) -> Floats:
        """Velocity `[T, B, 3]` in a frame that turns with the heading and does not tilt."""
        roll, pitch, _ = self.euler
        velocity = np.asarray(self.rollout["base_linear_velocity"], np.float64)
        vx, vy, vz = np.moveaxis(velocity, -1, 0)
        sr, cr, sp, cp = np.sin(roll), np.cos(roll), np.sin(pitch), np.cos(pitch)
        left = cr * vy - sr * vz
        down_tilted = sr * vy + cr * vz
        return np.stack([cp * vx + sp * down_tilted, left, -sp * vx + cp * down_tilted], axis=-1)

    @cached_property
    def displacement(self) -> Floats:
        """Way `[T, B, 3]` in the world since the reset."""
        moved: Floats = np.asarray(self.rollout["base_position"], np.float64) - np.asarray(
            self.rollout["initial_position"], np.float64
        )
        return moved


def _world_velocity(measures: Measures) -> Floats:
    """Velocity `[T, B, 3]` in the world: the heading frame's, turned by the heading."""
    forward, left, up = np.moveaxis(measures.heading_velocity, -1, 0)
    cy, sy = np.cos(measures.euler[2]), np.sin(measures.euler[2])
    return np.stack([cy * forward - sy * left, sy * forward + cy * left, up], axis=-1)


def _yaw_rate(measures: Measures) -> Floats:
    """Rate of the heading, rad/s: about the world's vertical, not the tilted body's."""
    roll, pitch, _ = measures.euler
    rates = np.asarray(measures.rollout["base_angular_velocity"], np.float64)
    _, wy, wz = np.moveaxis(rates, -1, 0)
    rate: Floats = (np.sin(roll) * wy + np.cos(roll) * wz) / np.maximum(np.cos(pitch), 1e-2)
    return rate


def _tilt(measures: Measures) -> Floats:
    """Angle of the trunk's up to the vertical; half angles are exact near 0, arccos is not."""
    _, x, y, _ = np.moveaxis(np.asarray(measures.rollout["base_quaternion"], np.float64), -1, 0)
    tilt: Floats = 2.0 * np.arcsin(np.clip(np.hypot(x, y), 0.0, 1.0))
    return tilt


def _joint_limit_gap(measures: Measures) -> NDArray[Any]:
    lower, upper = np.array(measures.robot.joint_range).T
    position = measures.rollout["joint_position"]
    gap: NDArray[Any] = np.minimum(position - lower, upper - position)
    return gap


def _pairs_apart(one: tuple[int, int], other: tuple[int, int]) -> Callable[[Measures], Floats]:
    """Difference of two pairs' mean contacts; feet are FR, FL, RR, RL."""

    def apart(measures: Measures) -> Floats:
        down = np.asarray(measures.rollout["foot_contact"], np.float64) > 0.5
        difference: Floats = down[..., one].mean(axis=-1) - down[..., other].mean(axis=-1)
        return np.abs(difference)

    return apart


def _mean(values: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.mean(values, axis=-1, dtype=np.float64))


_WHOLES: dict[Whole, Callable[[NDArray[Any]], NDArray[Any]]] = {
    Whole.LENGTH: lambda values: np.linalg.norm(values, axis=-1),
    Whole.MEAN: _mean,
    Whole.MEAN_SIZE: lambda values: _mean(np.abs(values)),
    Whole.SUM: lambda values: np.asarray(np.sum(values, axis=-1, dtype=np.float64)),
    Whole.LEAST: lambda values: np.min(values, axis=-1),
}
# All others are fields of the rollout by the same name.
_DERIVED: dict[Quantity, Callable[[Measures], NDArray[Any]]] = {
    Quantity.FORWARD_SPEED: lambda m: m.heading_velocity[..., 0],
    Quantity.LATERAL_SPEED: lambda m: m.heading_velocity[..., 1],
    Quantity.PLANAR_SPEED: lambda m: np.hypot(
        m.heading_velocity[..., 0], m.heading_velocity[..., 1]
    ),
    Quantity.VERTICAL_SPEED: lambda m: m.heading_velocity[..., 2],
    Quantity.YAW_RATE: _yaw_rate,
    Quantity.HEADING: lambda m: np.unwrap(m.euler[2], axis=0),
    Quantity.DRIFT: lambda m: np.hypot(m.displacement[..., 0], m.displacement[..., 1]),
    Quantity.HEIGHT: lambda m: m.rollout["base_position"][..., 2],
    Quantity.ROLL: lambda m: m.euler[0],
    Quantity.PITCH: lambda m: m.euler[1],
    Quantity.TILT: _tilt,
    Quantity.UPRIGHTNESS: lambda m: -m.rollout["gravity"][..., 2],
    Quantity.FEET_IN_AIR: lambda m: np.sum(m.rollout["foot_contact"] < 0.5, axis=-1),
    Quantity.FOOT_HEIGHT: lambda m: (
        np.asarray(m.rollout["foot_position"][..., 2], np.float64) - m.robot.foot_radius
    ),
    Quantity.DIAGONALS_APART: _pairs_apart((0, 3), (1, 2)),
    Quantity.SIDES_APART: _pairs_apart((0, 2), (1, 3)),
    Quantity.ENDS_APART: _pairs_apart((0, 1), (2, 3)),
    Quantity.JOINT_SPEED: lambda m: _mean(np.abs(m.rollout["joint_velocity"])),
    Quantity.BASE_DISPLACEMENT: lambda m: m.displacement,
    Quantity.BASE_LINEAR_VELOCITY_WORLD: _world_velocity,
    Quantity.JOINT_OFFSET: lambda m: m.rollout["joint_position"] - np.array(m.robot.home),
    Quantity.JOINT_LIMIT_GAP: _joint_limit_gap,
    Quantity.POWER: lambda m: m.rollout["joint_torque"] * m.rollout["joint_velocity"],
    Quantity.ACTION_CHANGE: lambda m: m.rollout["action"] - m.rollout["previous_action"],
}
