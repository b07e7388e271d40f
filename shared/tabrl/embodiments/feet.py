"""What kinds of robot that stand on feet say of them in the same words. Data only."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.contracts.page import Fall
from tabrl.contracts.quantities import Entry, Whole, in_space, named

FOOT = "a foot's name"
FALL = Fall(min_upright=0.25, seconds=2.5)

FEET_METHODS = {  # of `feet_state`
    "foot_position": "(foot=None) [x, y, z] in the world, m",
    "foot_velocity": "(foot=None) in the world, m/s",
    "foot_contact": "(foot=None) 1 on the ground, else 0",
    "foot_air_time": "(foot=None) s since lift-off, 0 on the ground",
    "foot_names": "() names of the feet",
    "body_contact": "(body=None) 1 if it touches the ground",
    "fallen": "() 1 after a fall, else 0",
}


def feet_entries(feet: Sequence[str]) -> dict[str, Entry]:
    """What checks can measure of all feet."""
    feet = tuple(feet)
    return {
        "feet_in_air": Entry("feet", "number of feet off the ground"),
        "foot_velocity": Entry(
            "m/s",
            "velocity of a foot in the world; its speed, or along an axis",
            in_space(feet, FOOT, Whole.MEAN),
        ),
        "foot_contact": Entry("", "1 while a foot is on the ground", named(feet, FOOT, Whole.SUM)),
        "foot_air_time": Entry(
            "s", "how long a foot has been in the air", named(feet, FOOT, Whole.MEAN)
        ),
    }
