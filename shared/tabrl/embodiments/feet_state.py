"""What a reward may know of feet; described in `feet`."""

from __future__ import annotations

from tabrl.control.arrays import Array
from tabrl.rewards.state import RewardState, item


class FeetRewardState(RewardState):
    """The feet, and what touches the ground, beside what every robot has."""

    __slots__ = ()

    def foot_position(self, name: str | None = None) -> Array:
        return self._foot("foot_position", name)

    def foot_velocity(self, name: str | None = None) -> Array:
        return self._foot("foot_velocity", name)

    def foot_contact(self, name: str | None = None) -> Array:
        return self._foot("foot_contact", name)

    def foot_air_time(self, name: str | None = None) -> Array:
        return self._foot("foot_air_time", name)

    def foot_names(self) -> tuple[str, ...]:
        return self._names.robot.end_effectors

    def body_contact(self, name: str | None = None) -> Array:
        return self._body("body_contact", name)

    def fallen(self) -> Array:
        return self._fields["fallen"]

    def _foot(self, field: str, name: str | None) -> Array:
        return item(self._fields[field], name, self._names.robot.end_effectors, "foot")
