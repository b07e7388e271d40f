"""How fast and how often, as an intent says it."""

from __future__ import annotations

from tabrl_reward_worker.generator.arm.asking import Part
from tabrl_reward_worker.generator.goal.quantities import pace, said
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import SlotKind


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
