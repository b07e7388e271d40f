"""What a reward may know of an arm's control step; methods are described in `catalogue`."""

from __future__ import annotations

from tabrl.control.arrays import Array
from tabrl.rewards.state import RewardState


class ArmRewardState(RewardState):
    """The tool and contacts, beside what every robot has."""

    __slots__ = ()

    def tool_position(self) -> Array:
        return self._fields["tool_position"]

    def tool_travel(self) -> Array:
        return self._fields["tool_position"] - self._fields["initial_tool_position"]

    def tool_height(self) -> Array:
        return self._fields["tool_position"][2] - self._names.robot.end_effector_radius

    def tool_velocity(self) -> Array:
        return self._fields["tool_velocity"]

    def tool_speed(self) -> Array:
        return self._length(self._fields["tool_velocity"])

    def tool_distance(self, point: Array) -> Array:
        return self._length(self._fields["tool_position"] - self._xp.asarray(point))

    def tool_axis(self) -> Array:
        return self._fields["tool_axis"]

    def tool_quaternion(self) -> Array:
        return self._fields["tool_quaternion"]

    def tool_azimuth(self) -> Array:
        axis = self._fields["tool_axis"]
        return self._xp.arctan2(axis[1], axis[0])

    def tool_elevation(self) -> Array:
        axis = self._fields["tool_axis"]
        return self._xp.arctan2(self._length(axis[:2]), -axis[2])

    def tool_twist(self) -> Array:
        return self._fields["tool_twist"]

    # Contacts
    def table_gap(self) -> Array:
        return self._fields["table_gap"]

    def self_gap(self) -> Array:
        return self._fields["self_gap"]

    def table_contact(self) -> Array:
        return self._fields["table_contact"]

    def self_contact(self) -> Array:
        return self._fields["self_contact"]

    def collided(self) -> Array:
        return self._fields["collided"]

    def _length(self, vector: Array) -> Array:
        """With a gradient at zero."""
        return self._xp.sqrt(self._xp.sum(self._xp.square(vector)) + 1e-12)
