"""What a reward may know of a planar robot's control step; described in `catalogue`."""

from __future__ import annotations

from tabrl.control.arrays import Array
from tabrl.embodiments.feet_state import FeetRewardState


class PlanarRewardState(FeetRewardState):
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

    def foot_height(self, name: str | None = None) -> Array:
        return self._foot("foot_height", name)

    def on_feet(self) -> Array:
        bodies, feet = self._fields["body_contact"], self._fields["foot_contact"]
        others = self._xp.sum(bodies) - self._xp.sum(feet)
        return (others < 0.5).astype(self._xp.float32)
