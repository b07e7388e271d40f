"""The `state` object of the reward contract: one robot, one step, over the rollout's fields.

Written against an array module that is handed in: rewards are traced with `jax.numpy`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tabrl.rewards.errors import did_you_mean
from tabrl.robots import Robot

Array = Any  # of the module that was handed in
DT = 0.02  # s between two control steps


class UnknownNameError(LookupError):
    """A joint, foot, body or channel that the robot does not have."""


@dataclass(frozen=True)
class Names:
    """What of a robot a reward may name beside its joints and bodies."""

    robot: Robot
    channels: tuple[str, ...]


class RewardState:
    """What a reward may know of a control step of any kind of robot; see `vocabulary`.

    `fields` maps every name of the embodiment's rollout schema to its array of one step.
    """

    __slots__ = ("_fields", "_names", "_xp")

    def __init__(self, fields: Mapping[str, Array], names: Names, xp: Any) -> None:
        self._fields = fields
        self._names = names
        self._xp = xp

    # Time
    def time(self) -> Array:
        return self._fields["time"]

    def dt(self) -> float:
        return DT

    def phase(self, freq: float | Array, offset: float | Array = 0.0) -> Array:
        return 2.0 * self._xp.pi * (freq * self.time() + offset)

    # Joints
    def joint_position(self, name: str | None = None) -> Array:
        return self._joint(self._fields["joint_position"], name)

    def get_joint_angle(self, name: str) -> Array:
        return self.joint_position(name)

    def joint_velocity(self, name: str | None = None) -> Array:
        return self._joint(self._fields["joint_velocity"], name)

    def joint_acceleration(self, name: str | None = None) -> Array:
        return self._joint(self._fields["joint_acceleration"], name)

    def joint_torque(self, name: str | None = None) -> Array:
        return self._joint(self._fields["joint_torque"], name)

    def power(self, name: str | None = None) -> Array:
        return self._joint(self._fields["joint_torque"] * self._fields["joint_velocity"], name)

    def default_pose(self, name: str | None = None) -> Array:
        return self._joint(self._constant(self._names.robot.home), name)

    def joint_limits(self, name: str | None = None) -> Array:
        return self._joint(self._constant(self._names.robot.joint_range), name)

    def joint_names(self) -> tuple[str, ...]:
        return self._names.robot.joint_names

    # Actions
    def action(self) -> Array:
        return self._fields["action"]

    def previous_action(self) -> Array:
        return self._fields["previous_action"]

    def previous_previous_action(self) -> Array:
        return self._fields["previous_previous_action"]

    # Bodies and commands
    def body_position(self, name: str | None = None) -> Array:
        return self._body("body_position", name)

    def body_names(self) -> tuple[str, ...]:
        return self._names.robot.body_names

    def command(self, name: str | None = None) -> Array:
        return item(self._fields["command"], name, self._names.channels, "command channel")

    def _constant(self, values: object) -> Array:
        return self._xp.asarray(values, self._xp.float32)

    def _joint(self, values: Array, name: str | None) -> Array:
        return item(values, name, self._names.robot.joint_names, "joint")

    def _body(self, field: str, name: str | None) -> Array:
        return item(self._fields[field], name, self._names.robot.body_names, "body")


def item(values: Array, name: str | None, names: Sequence[str], kind: str) -> Array:
    """The whole vector, or the row called `name`. Raises `UnknownNameError`."""
    if name is None:
        return values
    if name not in names:
        raise UnknownNameError(f"there is no {kind} {name!r}: {did_you_mean(str(name), names)}")
    return values[names.index(name)]
