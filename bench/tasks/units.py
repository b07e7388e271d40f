"""The tasks' amounts for a robot of any size: those of the reference robot, made larger alike.

Lengths go by the standing height, speeds and frequencies by dynamic similarity, and the weight of a
reward's term so that the term pays as much for the same motion. Rounded to what a sentence says:
the same number stands in sentence, reward and bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

from tabrl.embodiments.legged.scale import Scale


@dataclass(frozen=True)
class Units:
    """Amounts of the reference robot as one robot's, three digits."""

    scale: Scale

    def length(self, amount: float) -> float:
        """Metres."""
        return _rounded(amount * self.scale.length)

    def speed(self, amount: float) -> float:
        """Metres a second."""
        return _rounded(amount * self.scale.speed)

    def frequency(self, amount: float) -> float:
        """Hertz, or radians a second."""
        return _rounded(amount * self.scale.frequency)

    def seconds(self, amount: float) -> float:
        """Seconds."""
        return _rounded(amount / self.scale.frequency)

    def per_length(self, weight: float) -> float:
        """Weight of a term in m."""
        return _rounded(weight / self.scale.length)

    def per_square_length(self, weight: float) -> float:
        """Weight of a term in m²."""
        return _rounded(weight / self.scale.length**2)

    def per_speed(self, weight: float) -> float:
        """Weight of a term in m/s."""
        return _rounded(weight / self.scale.speed)

    def per_square_speed(self, weight: float) -> float:
        """Weight of a term in m²/s²."""
        return _rounded(weight / self.scale.speed**2)

    def per_square_rate(self, weight: float) -> float:
        """Weight of a term in rad²/s²."""
        return _rounded(weight / self.scale.frequency**2)


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
