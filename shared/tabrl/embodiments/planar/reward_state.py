"""What a reward may know of a planar robot's control step; described in `catalogue`."""

from __future__ import annotations

from tabrl.control.arrays import Array
from tabrl.rewards.state import RewardState, item


class PlanarRewardState(RewardState):
    """The trunk in its plane and the feet, beside what every robot has."""

    __slots__ = ()

    def forward_speed(self) -> Array:
        return self._fields["forward_speed"]

    def vertical_speed(self) -> Array:
        return self._fields["vertical_speed"]

    def displacement(self) -> Array:
        return self._fields["base_position"][0]

    def height(self) -> Array:
        return self._fields["base_position"][2]

    def pitch(self) -> Array:
        return self._fields["pitch"]

    def pitch_rate(self) -> Array:
        return self._fields["pitch_rate"]

    def uprightness(self) -> Array:
        return self._xp.cos(self.pitch())

    def base_position(self) -> Array:
        return self._fields["base_position"]

    def foot_position(self, name: str | None = None) -> Array:
        return self._foot("foot_position", name)

    def foot_velocity(self, name: str | None = None) -> Array:
        return self._foot("foot_velocity", name)

    def foot_height(self, name: str | None = None) -> Array:
        return self._foot("foot_height", name)

    def foot_contact(self, name: str | None = None) -> Array:
        return self._foot("foot_contact", name)

    def foot_air_time(self, name: str | None = None) -> Array:
        return self._foot("foot_air_time", name)

    def foot_names(self) -> tuple[str, ...]:
        return self._names.robot.end_effectors

    def body_contact(self, name: str | None = None) -> Array:
        return self._body("body_contact", name)

    def on_feet(self) -> Array:
        bodies, feet = self._fields["body_contact"], self._fields["foot_contact"]
        others = self._xp.sum(bodies) - self._xp.sum(feet)
        return (others < 0.5).astype(self._xp.float32)

    def fallen(self) -> Array:
        return self._fields["fallen"]

    def _foot(self, field: str, name: str | None) -> Array:
        return item(self._fields[field], name, self._names.robot.end_effectors, "foot")
