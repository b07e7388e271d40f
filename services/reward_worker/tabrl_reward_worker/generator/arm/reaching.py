"""Intents about where the tool is to be: reach, move, stay, return."""

from __future__ import annotations

import numpy as np

from tabrl.contracts.path import Path
from tabrl.contracts.quantities import WORLD_AXES
from tabrl.embodiments.arm.askable import Askable
from tabrl_reward_worker.generator.arm.amounts import Place
from tabrl_reward_worker.generator.arm.asking import TABLE, Part, Within, height_of
from tabrl_reward_worker.generator.arm.rates import frequency, speed_of
from tabrl_reward_worker.generator.arm.sizes import to_a_side, unused
from tabrl_reward_worker.generator.goal.quantities import extent, said
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

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
    height, ways, before = height_of(intent), ways_of(intent), part.posture.place
    planes = [slot.meaning["plane"] for slot in intent.slots if slot.kind == SlotKind.PLANE]
    if TABLE in (intent.meaning.get("plane"), *planes):
        height = None
        told = [_on_the_table(part)]
    else:
        told = [f"{part.posture.place[2] * 100:.0f} cm above the table"] if height else []
    if told:
        before = part.begin.place
        ways = [way for way in ways if WAYS[way][0] != "z"]
    lengths = [slot for slot in intent.slots if slot.kind == SlotKind.LENGTH]
    if not (told or ways):
        part.miss(intent.words(), _UNSTEERED)
        return
    beside = [_one_way(intent, way, part) for way in ways]
    for slot in lengths:
        if slot not in [_length_of(intent, way) for way in ways]:
            part.miss(slot.text, "no way that it could belong to")
    told += [f"{', '.join(beside)} home"] if beside else []
    part.say(intent.words(), f"the tip {'; '.join(told)}")
    _so_often(intent, before, part)


def _on_the_table(part: Part) -> str:
    """Bring the tip onto the table, on which it presses a little."""
    part.posture = part.posture.at("z", part.amounts.on_table)
    part.asked_place.add("z")
    part.touches = True
    return "on the table"


def _one_way(intent: Intent, way: str, part: Part) -> str:
    """Go one way; where that is, in words."""
    axis, sign = WAYS[way]
    own, at = part.amounts, WORLD_AXES.index(axis)
    home, length = own.home.place[at], _length_of(intent, way)
    if length is None:
        span = own.span(axis)[sign > 0]
        wanted = home + own["reach"][extent(intent)] * span
        # "further left" goes on from where it is.
        able = part.place(axis, wanted if (wanted - part.posture.place[at]) * sign > 0
                          else part.posture.place[at])  # fmt: skip
    else:
        size = float(length.meaning["value"])
        wanted = part.posture.place[at] + sign * abs(size)
        able = part.place(axis, wanted)
        if abs(able - wanted) > 1e-3:
            part.miss(
                "", f"{size:g} m {way} is more than this robot can do: {abs(able - home):g} m"
            )
    return f"{abs(able - home) * 100:.0f} cm {_WORDS[axis][able < home]}"


def _length_of(intent: Intent, way: str) -> Slot | None:
    """How far it goes one way: as the words beside the way say, or any."""
    lengths = {slot.at: slot for slot in intent.slots if slot.kind == SlotKind.LENGTH}
    said_of = (slot.at for slot in intent.slots if slot.meaning.get("direction") == way)
    at = next(said_of, intent.at)
    beside = (lengths[place] for place in (at - 1, at + 1) if place in lengths)
    return next(beside, next(iter(lengths.values()), None))


def _so_often(intent: Intent, before: Place, part: Part) -> None:
    """There along a line where a speed is said, and there and back where it is said how often."""
    own, after = part.amounts, part.posture.place
    count, rate = said(intent, SlotKind.COUNT), said(intent, SlotKind.RATE)
    speed = speed_of(intent, part)
    way = float(np.linalg.norm(np.subtract(after, before)))
    told = [one for one in (count, rate, speed, part.within) if one is not None]
    if way == 0.0 or not told:
        return
    usual, stop_s = own.length(own["travel"]["speed"]), float(own["travel"]["settle_s"])
    seconds = max(way / (speed or usual), 0.5)
    if rate is not None and rate > 0.0:
        stop_s = float(own["travel"]["stroke_s"])
        seconds = _seconds_each(intent, rate, way, stop_s, part)
    elif part.within is not None and speed is None and count is None:
        seconds = _seconds_within(part.within, way, part)
    path = Path(points=((0.0, *before), (round(seconds, 2), *after)))
    if count is not None or rate is not None:
        longest_s = float(own["sequence"]["longest"]) - stop_s
        room = max(1, int(longest_s / (2.0 * (seconds + stop_s))))
        times = 1 if count is None else min(max(1, round(count)), room)
        if count is not None and times < round(count):
            part.miss(intent.words(), f"there is time for {times} of {round(count)} times only")
        path = _there_and_back(before, after, seconds, stop_s, times)
        if count is None:
            path = path.model_copy(update={"repeat": True})
        else:
            part.lasts = path.end_s + stop_s
        part.posture = part.posture.placed(before)
        often = "again and again" if count is None else "once" if times == 1 else f"{times} times"
        part.say(intent.words(), f"there and back, {often}, {seconds:.2g} s each way")
    part.ask(Askable.TOOL_POSITION, path)
    if speed is not None:
        part.say(intent.words(), f"at {speed:g} m/s")


def _there_and_back(here: Place, there: Place, seconds: float, stop_s: float, times: int) -> Path:
    """Between two places, with a stop at each."""
    points, time = [(0.0, *here)], 0.0
    for place in (there, here) * times:
        points.append((round(time + seconds, 3), *place))
        time += seconds + stop_s
        points.append((round(time, 3), *place))
    return Path(points=tuple(points))


def _seconds_each(intent: Intent, rate: float, way: float, stop_s: float, part: Part) -> float:
    """How long it goes there, and as long back, to do both so many times a second."""
    fastest = part.amounts.length(part.amounts["speed"]["highest"])
    wanted = 0.5 / rate - stop_s
    seconds = max(wanted, way / fastest)
    if seconds > wanted + 0.01:
        able = 0.5 / (seconds + stop_s)
        part.miss(intent.words(), f"{rate:g} times a second cannot be done: {able:.2g}")
    return seconds


def _seconds_within(within: Within, way: float, part: Part) -> float:
    """How long the way takes, as the sentence says, or as long as it takes at least."""
    own = part.amounts
    seconds = max(within.seconds, way / own.length(own["speed"]["highest"]), 0.5)
    if seconds > within.seconds + 0.01:
        part.miss(within.text, f"it takes {seconds:.3g} s at least")
    else:
        part.say(within.text, f"there in {seconds:g} s")
    part.within_used, part.lasts = True, seconds + float(own["travel"]["settle_s"])
    return seconds


def _to_and_fro(intent: Intent, axis: str, part: Part) -> None:
    table = part.amounts["swing"][{"x": "saw", "y": "sway", "z": "bob"}[axis]]
    whole = said(intent, SlotKind.LENGTH)
    usual = part.amounts.length(table[extent(intent)])
    size = usual if whole is None else to_a_side(intent)
    hz = frequency(intent, float(table["hz"]), part)
    measured = whole is not None
    able = part.swing(Askable.TOOL_POSITION, size, hz, axis, measured=measured)
    unused(intent, SlotKind.LENGTH, part)
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
