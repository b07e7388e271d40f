"""Intents about where the tool is to be: reach, move, stay, return."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tabrl.contracts.path import Path
from tabrl.contracts.quantities import WORLD_AXES
from tabrl.embodiments.arm.askable import Askable
from tabrl_reward_worker.generator.arm.asking import TABLE, Part
from tabrl_reward_worker.generator.arm.rates import frequency, speed_of
from tabrl_reward_worker.generator.goal.quantities import extent, said
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import SlotKind

WAYS = {  # of a tool: the axis, and which way along it
    "forward": ("x", 1), "backward": ("x", -1), "left": ("y", 1), "right": ("y", -1),
    "sideways": ("y", 1), "up": ("z", 1), "down": ("z", -1),
}  # fmt: skip
AXES = {"side": "y", "long": "x", "vertical": "z"}  # of what goes to and fro
_WORDS = {
    "x": ("ahead of", "behind"), "y": ("left of", "right of"), "z": ("above", "below"),
}  # fmt: skip
_UNSTEERED = "say which way, or how far: “left”, “10 cm up”"


def ways_of(intent: Intent) -> list[str]:
    """The ways that an intent names, each axis once."""
    named = [str(intent.meaning["direction"])] if "direction" in intent.meaning else []
    slots = [slot for slot in intent.slots if slot.kind == SlotKind.DIRECTION]
    named += [str(slot.meaning["direction"]) for slot in slots]
    ways: dict[str, str] = {}
    for way in named:
        if way in WAYS:
            ways.setdefault(WAYS[way][0], way)
    return list(ways.values())


def reach(intent: Intent, part: Part) -> None:
    """Bring the tool somewhere, or let it go to and fro."""
    swing = intent.find(SlotKind.SWING)
    if swing is not None:
        _to_and_fro(intent, AXES[str(swing.meaning["axis"])], part)
        return
    plane, ways = intent.find(SlotKind.PLANE), ways_of(intent)
    if TABLE in (intent.meaning.get("plane"), plane and plane.meaning["plane"]):
        _to_the_table(intent, [way for way in ways if WAYS[way][0] != "z"], part)
        return
    if not ways:
        part.miss(intent.words(), _UNSTEERED)
        return
    before = part.posture.place
    told = [_one_way(intent, way, part) for way in ways]
    part.say(intent.words(), f"the tip {', '.join(told)} home")
    _at_its_speed(intent, before, part)


def _to_the_table(intent: Intent, ways: Sequence[str], part: Part) -> None:
    """Bring the tip as near to the table as where it draws on that."""
    own, before = part.amounts, part.posture.place
    above = own.length(own["plane"][TABLE]["above"])
    part.place("z", above + own.robot.end_effector_radius)
    told = [_one_way(intent, way, part) for way in ways]
    beside = f"; {', '.join(told)} home" if told else ""
    part.say(intent.words(), f"the tip {above * 100:.0f} cm above the table{beside}")
    _at_its_speed(intent, before, part)


def _one_way(intent: Intent, way: str, part: Part) -> str:
    """Go one way; where that is, in words."""
    axis, sign = WAYS[way]
    own, at = part.amounts, WORLD_AXES.index(axis)
    home, size = own.home.place[at], _length_of(intent, way)
    if size is None:
        span = own.span(axis)[sign > 0]
        wanted = home + own["reach"][extent(intent)] * span
        # "further left" goes on from where it is.
        able = part.place(axis, wanted if (wanted - part.posture.place[at]) * sign > 0
                          else part.posture.place[at])  # fmt: skip
    else:
        wanted = part.posture.place[at] + sign * abs(size)
        able = part.place(axis, wanted)
        if abs(able - wanted) > 1e-3:
            part.miss(
                "", f"{size:g} m {way} is more than this robot can do: {abs(able - home):g} m"
            )
    return f"{abs(able - home) * 100:.0f} cm {_WORDS[axis][able < home]}"


def _length_of(intent: Intent, way: str) -> float | None:
    """How far it goes one way, m: as the words beside the way say, or any."""
    lengths = {slot.at: slot for slot in intent.slots if slot.kind == SlotKind.LENGTH}
    said_of = (slot.at for slot in intent.slots if slot.meaning.get("direction") == way)
    at = next(said_of, intent.at)
    beside = (lengths[place] for place in (at - 1, at + 1) if place in lengths)
    slot = next(beside, next(iter(lengths.values()), None))
    return None if slot is None else float(slot.meaning["value"])


def _at_its_speed(intent: Intent, before: Sequence[float], part: Part) -> None:
    """Where a speed is said, go there along a line at that speed."""
    speed = speed_of(intent, part)
    after = part.posture.place
    way = float(np.linalg.norm(np.subtract(after, before)))
    if speed is None or way == 0.0:
        return
    seconds = round(max(way / speed, 0.5), 2)
    points = ((0.0, *before), (seconds, *after))
    part.ask(Askable.TOOL_POSITION, Path.model_validate({"points": points}))
    part.say(intent.words(), f"at {speed:g} m/s")


def _to_and_fro(intent: Intent, axis: str, part: Part) -> None:
    table = part.amounts["swing"][{"x": "saw", "y": "sway", "z": "bob"}[axis]]
    whole = said(intent, SlotKind.LENGTH)
    size = table[extent(intent)] if whole is None else abs(whole) / 2.0
    hz = frequency(intent, float(table["hz"]), part)
    able = part.swing(Askable.TOOL_POSITION, part.amounts.length(size), hz, axis)
    part.say(intent.words(), f"±{able * 100:.0f} cm along {axis} at {hz:g} Hz")


def stand(intent: Intent, part: Part) -> None:
    """Stay, or go home."""
    if intent.meaning.get("up"):
        part.posture = part.amounts.home
        part.holds = True
        part.say(intent.words(), "at home")
        return
    part.holds = part.holds or part.empty
    part.say(intent.words(), "stay there")
