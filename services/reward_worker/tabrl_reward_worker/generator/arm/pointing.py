"""Intents about where the tool is to point and how it is turned."""

from __future__ import annotations

import math

from tabrl.embodiments.arm.askable import Askable
from tabrl_reward_worker.generator.arm.asking import Part
from tabrl_reward_worker.generator.arm.rates import frequency
from tabrl_reward_worker.generator.arm.swinging import swung
from tabrl_reward_worker.generator.goal.quantities import extent, repeated, said
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import SlotKind

_LEVEL = math.pi / 2.0
_ASIDE = 1.4  # rad that "left" is left of ahead
_LOW, _HIGH = 1.0, 2.2  # rad: from there on a tool that points up needs room below it
_ROOM = ((_HIGH, 0.3), (_LOW, 0.1))  # m above home that the tip is then at least
_NO_WAY = "say where to: “up”, “ahead”, “to the left”, “at the table”"


def point(intent: Intent, part: Part) -> None:
    """Point somewhere, or tip the tool by some angle."""
    swing = intent.find(SlotKind.SWING)
    if swing is not None:
        swung(intent, "shake" if swing.meaning["axis"] == "side" else "nod", part)
        return
    for kind in (SlotKind.COUNT, SlotKind.RATE):
        often = intent.find(kind)
        if often is not None:
            part.miss(often.text, "it points there and stays: say “and back” or “nod”")
    named = [str(s.meaning["direction"]) for s in intent.slots if s.kind == SlotKind.DIRECTION]
    angle = said(intent, SlotKind.ANGLE)
    if not named and not (intent.meaning.get("tilt") or angle is not None):
        part.miss(intent.words(), _NO_WAY)
        return
    if intent.meaning.get("tilt"):
        azimuth, elevation = _tilted(named, angle, intent, part)
    else:
        azimuth, elevation = _aimed(named, angle, part)
    _hold(intent, azimuth, elevation, part)


def _aimed(named: list[str], angle: float | None, part: Part) -> tuple[float, float]:
    """Azimuth and elevation of a direction."""
    own, aside = part.amounts, {"left": _ASIDE, "right": -_ASIDE}
    azimuth = next((aside[way] for way in named if way in aside), 0.0)
    low, high = own.span("elevation")
    vertical = next((way for way in named if way in ("up", "down")), None)
    if angle is not None and vertical is None and azimuth:
        azimuth = math.copysign(angle, azimuth)
    if vertical is None:
        return azimuth, low if "backward" in named else _LEVEL
    sign = 1.0 if vertical == "up" else -1.0
    if angle is not None:
        return azimuth, _LEVEL + sign * angle
    if len(named) > 1:
        return azimuth, _LEVEL + sign * _LEVEL / 2.0
    return azimuth, high if vertical == "up" else 0.0


def _tilted(
    named: list[str], angle: float | None, intent: Intent, part: Part
) -> tuple[float, float]:
    """Tipped from straight down."""
    by = part.amounts["angle"][extent(intent)] if angle is None else abs(angle)
    if "backward" in named:
        return 0.0, -by
    return {"left": _LEVEL, "right": -_LEVEL}.get(next(iter(named), ""), 0.0), by


def _hold(intent: Intent, azimuth: float, elevation: float, part: Part) -> None:
    able = {}
    for name, value in (("azimuth", azimuth), ("elevation", elevation)):
        low, high = part.amounts.span(name)
        able[name] = round(min(max(value, low), high), 3)
        if abs(able[name] - value) > 0.06:
            part.miss("", f"{name} of {value:.2g} rad is more than this robot can do: "
                      f"{able[name]:.2g} rad")  # fmt: skip
    part.point(able)
    room = next((height for angle, height in _ROOM if able["elevation"] > angle), None)
    if room is not None:
        part.raise_to(room)
    aside = f", {abs(able['azimuth']):.2g} rad to the " + (
        "left" if able["azimuth"] > 0.0 else "right"
    )
    told = f"the tool {able['elevation']:.2g} rad from straight down"
    part.say(intent.words(), told + (aside if able["azimuth"] else ""))


def turn(intent: Intent, part: Part) -> None:
    """Turn the tool about its own axis, once or to and fro."""
    table = part.amounts["swing"]["twist"]
    angle = said(intent, SlotKind.ANGLE)
    if intent.find(SlotKind.SWING) is not None or repeated(intent):
        size = table[extent(intent)] if angle is None else abs(angle)
        hz = frequency(intent, float(table["hz"]), part)
        able = part.swing(Askable.TOOL_TWIST, size, hz, measured=angle is not None)
        part.say(intent.words(), f"the tool turns ±{able:.2g} rad at {hz:g} Hz")
        return
    rate = intent.find(SlotKind.TURN_RATE)
    if rate is not None:
        part.miss(rate.text, "it turns as fast as it does")
    ways = [s.meaning["direction"] for s in intent.slots if s.kind == SlotKind.DIRECTION]
    sign = -1.0 if {"right", "clockwise"} & {*ways} else 1.0
    wanted = sign * (part.amounts["angle"][extent(intent)] if angle is None else abs(angle))
    low, high = part.amounts.span("roll")
    able = round(min(max(wanted, low), high), 3)
    if abs(able - wanted) > 1e-3:
        part.miss("", f"a turn of {abs(wanted):.2g} rad is more than this robot can do: "
                  f"{abs(able):.2g} rad")  # fmt: skip
    part.point({"twist": able})
    side = "left" if able > 0.0 else "right"
    part.say(intent.words(), f"the tool turned {side} by {abs(able):.2g} rad")
