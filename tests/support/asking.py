"""Specifications of motion in a line."""

from __future__ import annotations

from tabrl.contracts.motion import MotionSpec, Phase, Shape, Target


def asking(**targets: Shape) -> MotionSpec:
    """One phase; an underscore pair separates a quantity from its part."""
    named = []
    for name, shape in targets.items():
        quantity, _, part = name.partition("__")
        named.append(Target(quantity=quantity, part=part or None, shape=shape))
    return MotionSpec(phases=(Phase(targets=tuple(named)),))
