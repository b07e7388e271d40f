"""How fast and how often, as an intent says it."""

from __future__ import annotations

import math

from tabrl_reward_worker.generator.arm.asking import Part
from tabrl_reward_worker.generator.arm.figures import Figure
from tabrl_reward_worker.generator.goal.quantities import pace, said
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import SlotKind

_SAME = 0.02  # of a time: nobody sees that


def frequency(intent: Intent, usual: float, part: Part) -> float:
    """How often something is done, Hz; a count of times says when it is over."""
    rate = said(intent, SlotKind.RATE)
    hz = usual * part.amounts["pace"][pace(intent)] if rate is None else rate
    table = part.amounts["frequency"]
    able: float = round(min(max(hz, table["lowest"]), table["highest"]), 3)
    if rate is not None and abs(able - rate) > 1e-3:
        part.miss("", f"{rate:g} times a second cannot be done: {able:g}")
    count = said(intent, SlotKind.COUNT)
    if count is not None:
        part.lasts = max(part.lasts or 0.0, count / able)
    return able


def is_paced(intent: Intent) -> bool:
    """Whether an intent says itself how fast it is done."""
    kinds = (SlotKind.RATE, SlotKind.SPEED, SlotKind.PACE)
    return any(intent.find(kind) is not None for kind in kinds)


def pace_of(intent: Intent, part: Part, one: Figure, width: float) -> float:
    """How fast a figure is drawn, m/s, where a sentence may say how often or in which time.

    A tip goes round as fast as it can swing.
    """
    rate, within = said(intent, SlotKind.RATE), part.within
    if rate is not None and rate > 0.0:
        seconds, text = 1.0 / rate, ""
    elif within is not None and not is_paced(intent):
        times = max(1.0, said(intent, SlotKind.COUNT) or 1.0)
        seconds, text = within.seconds / times, within.text
        part.within_used = True
    else:
        return usual_speed(intent, part)
    own, around = part.amounts, width * one.length
    stops = len(one.line) * float(own["travel"]["corner_s"]) if one.corners else 0.0
    low, most = own.length(own["speed"]["lowest"]), own["most"]
    turning = math.sqrt(most["acceleration"] * own.scale * width / 2.0)
    high = min(own.length(most["speed"]), turning)
    moving = min(max(seconds - stops, around / high), around / low)
    if abs(moving + stops - seconds) > _SAME * seconds:
        told = f"a round in {seconds:.3g} s" if one.closed else f"all of it in {seconds:.3g} s"
        part.miss(text, f"{told} cannot be done: {moving + stops:.3g} s")
    return around / moving


def speed_of(intent: Intent, part: Part) -> float | None:
    """How fast the tip is to go, m/s; None where nothing is said of it."""
    table, own = part.amounts["speed"], part.amounts
    speed = said(intent, SlotKind.SPEED)
    if speed is None:
        row = pace(intent, "normal")
        return None if row == "normal" else own.length(table[row])
    low, high = own.length(table["lowest"]), own.length(table["highest"])
    able = round(min(max(abs(speed), low), high), 3)
    if abs(able - abs(speed)) > 1e-3:
        part.miss("", f"{abs(speed):g} m/s along a line cannot be done: {able:g} m/s")
    return able


def usual_speed(intent: Intent, part: Part) -> float:
    """The same with the usual speed where nothing is said of it."""
    speed = speed_of(intent, part)
    return part.amounts.length(part.amounts["speed"]["normal"]) if speed is None else speed
