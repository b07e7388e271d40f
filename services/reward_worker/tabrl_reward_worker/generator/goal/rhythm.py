"""What a sentence asks for periodically: rhythms of the trunk, or of a paw."""

from __future__ import annotations

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.feet import paw
from tabrl_reward_worker.generator.goal.goal import Goal, swung
from tabrl_reward_worker.generator.goal.limits import clamp_swing
from tabrl_reward_worker.generator.goal.quantities import (
    extent,
    frequency_by_count,
    pace,
    repeated,
)
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

_COUNTED_HZ = 0.5  # "bow twice" is two slow bows


def as_rhythm(intent: Intent) -> Intent:
    """An intent made a rhythm by "side to side" and the like, or by "twice a second"."""
    swing = intent.find(SlotKind.SWING)
    lengthwise = intent.kind == SlotKind.LEAN and intent.meaning.get("axis") == "pitch"
    axis = swing.meaning["axis"] if swing else "long" if lengthwise else "side"
    channel = {"side": "roll", "long": "pitch", "vertical": "height"}[axis]
    hz = float(intent.meaning.get("hz", _COUNTED_HZ if intent.find(SlotKind.COUNT) else 1.0))
    named_channel = intent.meaning.get("channel", "")
    if intent.kind == SlotKind.TURN or (named_channel == "heading" and axis == "side"):
        channel, hz = "heading", 0.8
    elif intent.kind == SlotKind.POSTURE or (
        axis == "vertical" and (intent.kind == SlotKind.LEAN or named_channel == "pitch")
    ):
        channel = "pitch"
    elif intent.kind == SlotKind.HEIGHT:
        channel = "height"
    meaning = dict(intent.meaning) | {"channel": channel, "hz": hz}
    return Intent(SlotKind.RHYTHM, intent.text, meaning, intent.slots, at=intent.at)


def rhythm(intent: Intent, goal: Goal) -> None:
    """A sinusoid of the channel that the intent names; one frequency for each channel."""
    frequencies = goal.amounts["rhythm_frequency"]
    rate = intent.find(SlotKind.RATE)
    hz = rate.meaning["value"] if rate else float(intent.meaning["hz"]) * frequencies[pace(intent)]
    if not frequencies["lowest"] <= hz <= frequencies["highest"]:
        bounded = max(frequencies["lowest"], min(hz, frequencies["highest"]))
        if rate is not None:
            goal.not_understood.append(f"{hz:g} Hz cannot be followed: {bounded:g} Hz")
        hz = bounded
    hz = round(frequency_by_count(intent, hz, frequencies["lowest"], goal), 2)
    named = (
        rate is not None
        or intent.find(SlotKind.BEAT) is not None
        or intent.find(SlotKind.PACE) is not None
    )
    channels = [c for c in (intent.meaning["channel"], intent.meaning.get("also")) if c]
    channels = [channel for channel in channels if goal.swing_of(swung(channel)) is None]
    if not channels:
        goal.understood.append(f"“{intent.words()}” → goes with the rest of it")
    for channel in channels:
        amplitude = _amplitude(intent, channel, hz, goal)
        centre = _centre(intent, channel, goal)
        # A frequency that the sentence names comes first: there is one, and it leads.
        goal.swing(swung(channel), amplitude, hz, leads=named)
        unit = "m" if channel in ("height", "paw") else "rad"
        goal.understood.append(
            f"“{intent.words()}” → {channel} ±{amplitude:g} {unit}{centre} at {hz:g} Hz"
        )


def waved_paw(intent: Intent, goal: Goal) -> None:
    """A paw held up, and waved where the intent says so."""
    paw(intent, goal)
    swing = intent.find(SlotKind.SWING)
    if swing is not None and swing.meaning["axis"] == "side" and "swing" not in intent.meaning:
        goal.not_understood.append(f"“{intent.words()}”: only one foot at a time")
        return
    waved = goal.swing_of(Askable.FOOT_HEIGHT) is not None
    # "wave your left paw slowly": what is waved may say how.
    again = waved and any(
        intent.find(kind) for kind in (SlotKind.PACE, SlotKind.BEAT, SlotKind.RATE)
    )
    if swing is not None or "swing" in intent.meaning or again or repeated(intent):
        goal.rest("paw")
        how = [slot for slot in intent.slots if slot.kind != SlotKind.LENGTH]
        rhythm(
            Intent(SlotKind.RHYTHM, intent.text, {"channel": "paw", "hz": 1.0}, how, at=intent.at),
            goal,
        )


def _amplitude(intent: Intent, channel: str, hz: float, goal: Goal) -> float:
    table = goal.amounts[f"{channel}_rhythm"]
    amplitude = table[extent(intent)]
    explicit = _extent_of(intent, channel)
    if explicit is not None:
        ends = explicit.meaning.get("ends")
        size = explicit.meaning["value"]
        if ends:
            size = abs(ends[1].meaning["value"] - ends[0].meaning["value"]) / 2.0
        amplitude = clamp_swing(swung(channel), size, goal)
    if channel == "heading":
        reach = round(goal.amounts["heading_rate"]["limit"] / (6.2832 * hz), 3)
        if explicit is not None and amplitude > reach:
            goal.not_understood.append(
                f"{amplitude:.3g} rad to each side at {hz:g} Hz is too quick: {reach:g} rad"
            )
        amplitude = min(amplitude, reach)
    return round(amplitude, 3)


def _extent_of(intent: Intent, channel: str) -> Slot | None:
    return intent.find(SlotKind.LENGTH if channel == "height" else SlotKind.ANGLE)


def _centre(intent: Intent, channel: str, goal: Goal) -> str:
    """What a swing "between 5 and 15 degrees" goes about, put into the goal; and in words."""
    explicit = _extent_of(intent, channel)
    if explicit is None or "ends" not in explicit.meaning:
        return ""
    middle = round(float(explicit.meaning["value"]), 3)
    if channel == "height":
        trunk = goal.amounts.standing
        goal.height = offset = round(middle - trunk if middle > trunk / 2.0 else -middle, 3)
        return f" about {trunk + offset:.3g} m above the ground"
    if channel not in ("pitch", "roll") or not middle:
        return ""
    setattr(goal, channel, middle)
    return f" about {middle:g} rad"
