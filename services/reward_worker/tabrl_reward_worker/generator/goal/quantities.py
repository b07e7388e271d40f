"""How much an intent asks for: what it measures, rows of the ability tables, directions."""

from __future__ import annotations

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.limits import clamp
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import SlotKind

PACES = ("very_slow", "slow", "normal", "fast", "very_fast")
_OPPOSITE = {"forward": "backward", "backward": "forward", "left": "right", "right": "left"}


def said(intent: Intent, kind: SlotKind) -> float | None:
    """What an intent measures of a kind, SI."""
    slot = intent.find(kind)
    return None if slot is None else float(slot.meaning["value"])


def amount(quantity: Askable, intent: Intent, kind: SlotKind, table: str, goal: Goal) -> float:
    """As much as the intent measures, within what the robot does; else a row of the table."""
    size = said(intent, kind)
    return goal.amounts[table][extent(intent)] if size is None else clamp(quantity, size, goal)


def extent(intent: Intent) -> str:
    """A row of an ability table: small, normal or large."""
    found = intent.find(SlotKind.EXTENT) or intent.find(SlotKind.DEGREE)
    return str(found.meaning["extent"] if found else intent.meaning.get("extent", "normal"))


def pace(intent: Intent, base: str = "normal") -> str:
    """A row of an ability table from the verb's own pace and its adverbs."""
    step = PACES.index(base)
    # "to a slow beat like a happy puppy" is slow, whatever puppies are.
    beat = [s for s in intent.slots if s.kind == SlotKind.BEAT and s.meaning["step"]]
    for slot in beat or intent.slots:
        if slot.meaning.get("row"):
            return str(slot.meaning["row"])
        if slot.kind in (SlotKind.PACE, SlotKind.BEAT):
            step += int(slot.meaning["step"])
    extent = intent.find(SlotKind.EXTENT)
    if extent is not None and intent.kind in (SlotKind.MOVE, SlotKind.TURN):
        faster = step > PACES.index(base)
        # "a bit faster" is still faster.
        step += 1 if extent.meaning["extent"] == "large" else 0 if faster else -1
    return PACES[max(0, min(step, len(PACES) - 1))]


def frequency_by_count(intent: Intent, hz: float, lowest: float, goal: Goal) -> float:
    """The frequency, Hz, at which "three times" fills a phase; how long the phase then lasts."""
    count = intent.find(SlotKind.COUNT)
    if count is None:
        return hz
    times = float(count.meaning["value"])
    if intent.find(SlotKind.RATE) is None:
        hz = min(hz, max(lowest, times / goal.amounts["sequence"]["least"]))
    goal.lasts = goal.lasts or (count.text, times / hz)
    return hz


def repeated(intent: Intent) -> bool:
    """Whether it is to be done more than once: "twice", "twice a second"."""
    return intent.find(SlotKind.RATE) is not None or (said(intent, SlotKind.COUNT) or 0.0) > 1.0


def directions(intent: Intent, goal: Goal) -> list[str]:
    """The directions an intent names; of two opposite ones the first."""
    found: list[str] = [intent.meaning["direction"]] if "direction" in intent.meaning else []
    named = [slot for slot in intent.slots if slot.kind == SlotKind.DIRECTION]
    # "backwards in a straight line" is not forward
    elsewhere = found or any(not slot.meaning.get("straight") for slot in named)
    for slot in named:
        if elsewhere and slot.meaning.get("straight"):
            continue
        direction = str(slot.meaning["direction"])
        if _OPPOSITE.get(direction) in found:
            goal.not_understood.append(f"“{slot.text}”: only one way at a time")
        else:
            found.append(direction)
    return found
