"""The `state` object of the reward contract: one robot, one step, over the rollout's fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp

from tabrl.control import rotation
from tabrl.control.commands import CHANNELS
from tabrl.control.rollout import CONTROL_DT
from tabrl.rewards.errors import did_you_mean
from tabrl.robots import Robot


class UnknownNameError(LookupError):
    """A joint, foot, body or channel that the robot does not have."""


class RewardState:
    """Everything a reward may know of a control step; methods are described in `vocabulary`.

    `fields` maps every name of `rollout_schema(robot)` to its array of one step.
    """

    __slots__ = ("_fields", "_robot")

    def __init__(self, fields: Mapping[str, jax.Array], robot: Robot) -> None:
        self._fields = fields
        self._robot = robot

    # Time
    def time(self) -> jax.Array:
        return self._fields["time"]

    def dt(self) -> float:
        return CONTROL_DT

    def phase(self, freq: float | jax.Array, offset: float | jax.Array = 0.0) -> jax.Array:
        return 2.0 * jnp.pi * (freq * self.time() + offset)

    def gait_phase(self, name: str | None = None) -> jax.Array:
        return self._foot("gait_phase", name)

    # Trunk
    def base_position(self) -> jax.Array:
        return self._fields["base_position"]

    def base_displacement(self) -> jax.Array:
        return self._fields["base_position"] - self._fields["initial_position"]

    def base_height(self) -> jax.Array:
        return self._fields["base_position"][2]

    def base_quaternion(self) -> jax.Array:
        return self._fields["base_quaternion"]

    def base_euler(self) -> jax.Array:
        return jnp.stack([self.roll(), self.pitch(), self.yaw()])

    def roll(self) -> jax.Array:
        return jnp.asarray(rotation.roll_pitch(self.base_quaternion(), jnp)[0])

    def pitch(self) -> jax.Array:
        return jnp.asarray(rotation.roll_pitch(self.base_quaternion(), jnp)[1])

    def yaw(self) -> jax.Array:
        return jnp.asarray(rotation.yaw(self.base_quaternion(), jnp))

    def base_linear_velocity(self) -> jax.Array:
        return self._fields["base_linear_velocity"]

    def base_linear_velocity_world(self) -> jax.Array:
        conjugate = self.base_quaternion() * jnp.array([1.0, -1.0, -1.0, -1.0])
        return jnp.asarray(rotation.rotate_inverse(conjugate, self.base_linear_velocity(), jnp))

    def base_linear_velocity_filtered(self) -> jax.Array:
        return self._fields["base_linear_velocity_filtered"]

    def base_angular_velocity(self) -> jax.Array:
        return self._fields["base_angular_velocity"]

    def base_acceleration(self) -> jax.Array:
        return self._fields["base_acceleration"]

    def gravity(self) -> jax.Array:
        return self._fields["gravity"]

    def uprightness(self) -> jax.Array:
        return -self._fields["gravity"][2]

    # Joints
    def joint_position(self, name: str | None = None) -> jax.Array:
        return self._joint(self._fields["joint_position"], name)

    def get_joint_angle(self, name: str) -> jax.Array:
        return self.joint_position(name)

    def joint_velocity(self, name: str | None = None) -> jax.Array:
        return self._joint(self._fields["joint_velocity"], name)

    def joint_acceleration(self, name: str | None = None) -> jax.Array:
        return self._joint(self._fields["joint_acceleration"], name)

    def joint_torque(self, name: str | None = None) -> jax.Array:
        return self._joint(self._fields["joint_torque"], name)

    def power(self, name: str | None = None) -> jax.Array:
        return self._joint(self._fields["joint_torque"] * self._fields["joint_velocity"], name)

    def default_pose(self, name: str | None = None) -> jax.Array:
        return self._joint(jnp.asarray(self._robot.home, jnp.float32), name)

    def joint_limits(self, name: str | None = None) -> jax.Array:
        return self._joint(jnp.asarray(self._robot.joint_range, jnp.float32), name)

    def joint_names(self) -> tuple[str, ...]:
        return self._robot.joint_names

    # Actions
    def action(self) -> jax.Array:
        return self._fields["action"]

    def previous_action(self) -> jax.Array:
        return self._fields["previous_action"]

    def previous_previous_action(self) -> jax.Array:
        return self._fields["previous_previous_action"]

    # Feet
    def foot_position(self, name: str | None = None) -> jax.Array:
        return self._foot("foot_position", name)

    def foot_velocity(self, name: str | None = None) -> jax.Array:
        return self._foot("foot_velocity", name)

    def foot_force(self, name: str | None = None) -> jax.Array:
        return self._foot("foot_force", name)

    def foot_height(self, name: str | None = None) -> jax.Array:
        return self._foot("foot_position", name)[..., 2] - self._robot.foot_radius

    def foot_peak_height(self, name: str | None = None) -> jax.Array:
        return self._foot("foot_peak_height", name)

    def foot_contact(self, name: str | None = None) -> jax.Array:
        return self._foot("foot_contact", name)

    def foot_touchdown(self, name: str | None = None) -> jax.Array:
        return self._foot("foot_touchdown", name)

    def foot_liftoff(self, name: str | None = None) -> jax.Array:
        return self._foot("foot_liftoff", name)

    def foot_air_time(self, name: str | None = None) -> jax.Array:
        return self._foot("foot_air_time", name)

    def foot_contact_time(self, name: str | None = None) -> jax.Array:
        return self._foot("foot_contact_time", name)

    def foot_last_air_time(self, name: str | None = None) -> jax.Array:
        return self._foot("foot_last_air_time", name)

    def foot_names(self) -> tuple[str, ...]:
        return self._robot.foot_names

    # Bodies and the rest
    def body_position(self, name: str | None = None) -> jax.Array:
        return self._body("body_position", name)

    def body_contact(self, name: str | None = None) -> jax.Array:
        return self._body("body_contact", name)

    def body_names(self) -> tuple[str, ...]:
        return self._robot.body_names

    def self_collision(self) -> jax.Array:
        return self._fields["self_collision"]

    def command(self, name: str | None = None) -> jax.Array:
        return _item(self._fields["command"], name, CHANNELS, "command channel")

    def fallen(self) -> jax.Array:
        return self._fields["fallen"]

    def _joint(self, values: jax.Array, name: str | None) -> jax.Array:
        return _item(values, name, self._robot.joint_names, "joint")

    def _foot(self, field: str, name: str | None) -> jax.Array:
        return _item(self._fields[field], name, self._robot.foot_names, "foot")

    def _body(self, field: str, name: str | None) -> jax.Array:
        return _item(self._fields[field], name, self._robot.body_names, "body")


def _item(values: jax.Array, name: str | None, names: Sequence[str], kind: str) -> jax.Array:
    """The whole vector, or the row called `name`. Raises `UnknownNameError`."""
    if name is None:
        return values
    if name not in names:
        raise UnknownNameError(f"there is no {kind} {name!r}: {did_you_mean(str(name), names)}")
    return values[names.index(name)]
