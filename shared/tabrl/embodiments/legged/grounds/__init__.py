"""The grounds that a legged robot can be put on, by their names. Data only.

Heights go by the robot's size, see `scale`; what they are for the reference robot stands here.
"""

from __future__ import annotations

from tabrl.contracts.ground import FLAT, Ground, GroundShape, NamedGround
from tabrl.embodiments.legged.scale import Scale
from tabrl.robots import Robot

ICE = 0.15  # rubber on ice is said to have 0.05 to 0.15
SLOPE_DEG = 10.0
BUMPS_M, STEP_M = 0.035, 0.035


def grounds(robot: Robot) -> tuple[NamedGround, ...]:
    """Every ground with a name, flat first."""
    length = Scale.of(robot).length
    bumps, step = round(BUMPS_M * length, 3), round(STEP_M * length, 3)
    named = {
        "flat": FLAT,
        "ice": Ground(friction=ICE),
        "uphill": Ground(shape=GroundShape.SLOPE, angle_deg=SLOPE_DEG),
        "downhill": Ground(shape=GroundShape.SLOPE, angle_deg=-SLOPE_DEG),
        "rough": Ground(shape=GroundShape.ROUGH, height_m=bumps),
        "upstairs": Ground(shape=GroundShape.STEPS, height_m=step),
        "downstairs": Ground(shape=GroundShape.STEPS, height_m=-step),
    }
    return tuple(
        NamedGround(name=name, label=ground.in_words(), ground=ground)
        for name, ground in named.items()
    )
