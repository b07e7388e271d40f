"""Where lines lie: on which plane, how high above the table, how far aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tabrl_reward_worker.generator.arm.asking import Part, above_table, height_of
from tabrl_reward_worker.generator.arm.figures import Plane
from tabrl_reward_worker.generator.arm.reaching import WAYS
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind


def plane_of(intent: Intent, part: Part, usual: str, ways: Sequence[Slot]) -> Plane:
    """Where a line lies: about where the tool is held, or where the sentence says.

    Args:
        intent: of a line.
        part: that it belongs to.
        usual: the plane, if none is said.
        ways: words that say to where it is moved on it.
    """
    own, height = part.amounts, height_of(intent)
    named = [slot.meaning["plane"] for slot in intent.slots if slot.kind == SlotKind.PLANE]
    table = own["plane"][str(next((one for one in named if one != "air"), (*named, usual)[0]))]
    part.point({"elevation": float(table.get("elevation", 0.0))}, asked=False)
    x, y, z = part.posture.place
    if height is not None:
        z = above_table(height, part)
        part.say(height.text, f"{z * 100:.0f} cm above the table")
    elif "above" in table:
        z = own.within("z", own.length(table["above"]) + own.robot.end_effector_radius)
    elif "z" not in part.asked_place:
        z = own.within("z", own.home.place[2] + own.length(table["z"]))
    x = own.within("x", x + own.length(table.get("x", 0.0)))
    for slot in ways:
        axis, sign = WAYS[str(slot.meaning["direction"])]
        shift = sign * own["reach"]["small"] * abs(own.span(axis)[sign > 0])
        if "value" in slot.meaning:
            shift = sign * abs(float(slot.meaning["value"]))
        x += shift if axis == "x" else 0.0
        y += shift if axis == "y" else 0.0
        z += shift if axis == "z" and "above" not in table and height is None else 0.0
    tips = abs(part.posture.elevation - part.begin.elevation)
    return Plane((x, y, z), table["up"] == "z", float(table["lift"]), tips)


def fitted(plane: Plane, width: float, height: float, part: Part) -> Plane:
    """The plane moved so that what is drawn on it is within reach."""
    own = part.amounts
    x, y, z = plane.middle
    hx, hy, hz = own.home.place

    def inside(value: float, home: float, axis: str, room: float) -> float:
        low, high = (home + end for end in own.span(axis))
        return min(max(value, low + room), high - room) if high - low > 2.0 * room else value

    x = inside(x, hx, "x", 0.0 if plane.upright else height / 2.0)
    y = inside(y, hy, "y", width / 2.0)
    z = inside(z, hz, "z", height / 2.0) if plane.upright else z
    middle = (round(x, 4), round(y, 4), round(z, 4))
    return replace(plane, middle=middle)
