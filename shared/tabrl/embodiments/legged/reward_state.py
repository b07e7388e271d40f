"""What a reward may know of a legged robot's control step; methods are described in `catalogue`."""

from __future__ import annotations

from tabrl.control import rotation
from tabrl.control.arrays import Array
from tabrl.embodiments.feet_state import FeetRewardState


class LeggedRewardState(FeetRewardState):
    """The trunk and the feet, beside what every robot has."""

    __slots__ = ()

    def gait_phase(self, name: str | None = None) -> Array:
        return self._foot("gait_phase", name)

    # Trunk
    def base_position(self) -> Array:
        return self._fields["base_position"]

    def base_displacement(self) -> Array:
        return self._fields["base_position"] - self._fields["initial_position"]

    def base_height(self) -> Array:
        return self._fields["base_position"][2]

    def base_quaternion(self) -> Array:
        return self._fields["base_quaternion"]

    def base_euler(self) -> Array:
        return self._xp.stack([self.roll(), self.pitch(), self.yaw()])

    def roll(self) -> Array:
        return rotation.roll_pitch(self.base_quaternion(), self._xp)[0]

    def pitch(self) -> Array:
        return rotation.roll_pitch(self.base_quaternion(), self._xp)[1]

    def yaw(self) -> Array:
        return rotation.yaw(self.base_quaternion(), self._xp)

    def heading(self) -> Array:
        return self._fields["heading"]

    def base_linear_velocity(self) -> Array:
        return self._fields["base_linear_velocity"]

    def base_linear_velocity_world(self) -> Array:
        conjugate = self.base_quaternion() * self._xp.array([1.0, -1.0, -1.0, -1.0])
        return rotation.rotate_inverse(conjugate, self.base_linear_velocity(), self._xp)

    def base_linear_velocity_filtered(self) -> Array:
        return self._fields["base_linear_velocity_filtered"]

    def base_angular_velocity(self) -> Array:
        return self._fields["base_angular_velocity"]

    def base_acceleration(self) -> Array:
        return self._fields["base_acceleration"]

    def gravity(self) -> Array:
        return self._fields["gravity"]

    def uprightness(self) -> Array:
        return -self._fields["gravity"][2]

    # Feet
    def foot_force(self, name: str | None = None) -> Array:
        return self._foot("foot_force", name)

    def foot_height(self, name: str | None = None) -> Array:
        return self._foot("foot_position", name)[..., 2] - self._names.robot.end_effector_radius

    def foot_peak_height(self, name: str | None = None) -> Array:
        return self._foot("foot_peak_height", name)

    def foot_touchdown(self, name: str | None = None) -> Array:
        return self._foot("foot_touchdown", name)

    def foot_liftoff(self, name: str | None = None) -> Array:
        return self._foot("foot_liftoff", name)

    def foot_contact_time(self, name: str | None = None) -> Array:
        return self._foot("foot_contact_time", name)

    def foot_last_air_time(self, name: str | None = None) -> Array:
        return self._foot("foot_last_air_time", name)

    # Contacts
    def self_collision(self) -> Array:
        return self._fields["self_collision"]
