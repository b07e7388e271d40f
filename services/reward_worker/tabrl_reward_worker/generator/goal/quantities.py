"""How much an intent asks for: rows of the ability tables, limits, directions."""

from __future__ import annotations

from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import SlotKind

PACES = ("very_slow", "slow", "normal", "fast", "very_fast")


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
    if goal.lasts is None:
        goal.lasts = (count.text, times / hz)
    return hz


def repeated(intent: Intent) -> bool:
    """Whether it is to be done more than once: "twice", "twice a second"."""
    count = intent.find(SlotKind.COUNT)
    return intent.find(SlotKind.RATE) is not None or (
        count is not None and count.meaning["value"] > 1.0
    )


def directions(intent: Intent, goal: Goal) -> list[str]:
    """The directions an intent names; of two opposite ones the first."""
    found: list[str] = [intent.meaning["direction"]] if "direction" in intent.meaning else []
    opposite = {"forward": "backward", "backward": "forward", "left": "right", "right": "left"}
    named = [slot for slot in intent.slots if slot.kind == SlotKind.DIRECTION]
    # "backwards in a straight line" is not forward
    elsewhere = found or any(not slot.meaning.get("straight") for slot in named)
    for slot in named:
        if not (elsewhere and slot.meaning.get("straight")):
            direction = str(slot.meaning["direction"])
            if opposite.get(direction) in found:
                goal.not_understood.append(f"“{slot.text}”: only one way at a time")
            else:
                found.append(direction)
    return found
