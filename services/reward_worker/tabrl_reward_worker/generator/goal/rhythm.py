"""What a sentence asks for periodically: swings of the trunk, or of a paw."""

from __future__ import annotations

import math

from tabrl_reward_worker.generator.goal.abilities import figure
from tabrl_reward_worker.generator.goal.feet import paw
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.limits import beats, clamp_swing
from tabrl_reward_worker.generator.goal.quantities import (
    extent,
    frequency_by_count,
    pace,
    repeated,
    said,
)
from tabrl_reward_worker.generator.goal.targets import CHANNELS
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

_COUNTED_HZ = 0.5  # "bow twice" is two slow bows
_CHANNELS = {"side": "roll", "long": "pitch", "vertical": "height"}  # by axis


def as_rhythm(intent: Intent) -> Intent:
    """An intent made a rhythm by "side to side" and the like, or by "twice a second"."""
    swing, named = intent.find(SlotKind.SWING), intent.meaning.get("channel", "")
    lengthwise = intent.kind == SlotKind.LEAN and intent.meaning.get("axis") == "pitch"
    axis = swing.meaning["axis"] if swing else "long" if lengthwise else "side"
    channel = _CHANNELS[axis]
    hz = float(intent.meaning.get("hz", _COUNTED_HZ if intent.find(SlotKind.COUNT) else 1.0))
    nods = axis == "vertical" and (intent.kind == SlotKind.LEAN or named == "pitch")
    if intent.kind == SlotKind.TURN or (named == "heading" and axis == "side"):
        channel, hz = "heading", 0.8
    elif intent.kind == SlotKind.POSTURE or nods:
        channel = "pitch"
    elif intent.kind == SlotKind.HEIGHT:
        channel = "height"
    meaning = dict(intent.meaning) | {"channel": channel, "hz": hz}
    return Intent(SlotKind.RHYTHM, intent.text, meaning, intent.slots, at=intent.at)


def rhythm(intent: Intent, goal: Goal) -> None:
    """Swings in the channels that the intent names; one frequency for each channel."""
    rate, (lowest, highest) = said(intent, SlotKind.RATE), beats(goal.amounts)
    hz = rate
    if hz is None:
        hz = float(intent.meaning["hz"]) * goal.amounts["rhythm_frequency"][pace(intent)]
    bounded = max(lowest, min(hz, highest))
    if rate is not None and bounded != hz:
        goal.not_understood.append(f"{figure(hz)} Hz cannot be followed: {figure(bounded)} Hz")
    hz = round(frequency_by_count(intent, bounded, lowest, goal), 2)
    # A frequency that the sentence names comes first: there is one, and it leads.
    leads = any(map(intent.find, (SlotKind.RATE, SlotKind.BEAT, SlotKind.PACE)))
    named = filter(None, (intent.meaning["channel"], intent.meaning.get("also")))
    channels = [channel for channel in named if channel not in goal.swings]
    if not channels:
        goal.say(intent.words(), "goes with the rest of it")
    for channel in channels:
        amplitude = _amplitude(intent, channel, hz, goal)
        centre = _centre(intent, channel, goal)
        goal.swing(channel, amplitude, hz, leads=leads)
        unit = "m" if channel in ("height", "paw") else "rad"
        goal.say(intent.words(), f"{channel} ±{amplitude:.3g} {unit}{centre} at {hz:.3g} Hz")


def waved_paw(intent: Intent, goal: Goal) -> None:
    """A paw held up, and waved where the intent says so."""
    paw(intent, goal)
    swing, waves = intent.find(SlotKind.SWING), "swing" in intent.meaning
    if swing is not None and swing.meaning["axis"] == "side" and not waves:
        goal.not_understood.append(f"“{intent.words()}”: only one foot at a time")
        return
    # "wave your left paw slowly": what is waved may say how.
    how = any(map(intent.find, (SlotKind.PACE, SlotKind.BEAT, SlotKind.RATE)))
    if swing is not None or waves or repeated(intent) or ("paw" in goal.swings and how):
        goal.rest("paw")
        slots = [slot for slot in intent.slots if slot.kind != SlotKind.LENGTH]
        meaning = {"channel": "paw", "hz": 1.0}
        rhythm(Intent(SlotKind.RHYTHM, intent.text, meaning, slots, at=intent.at), goal)


def _amplitude(intent: Intent, channel: str, hz: float, goal: Goal) -> float:
    amplitude = goal.amounts[f"{channel}_rhythm"][extent(intent)]
    explicit = _extent_of(intent, channel)
    if explicit is not None:
        size, ends = explicit.meaning["value"], explicit.meaning.get("ends")
        if ends:
            size = abs(ends[1].meaning["value"] - ends[0].meaning["value"]) / 2.0
        amplitude = clamp_swing(CHANNELS[channel], size, goal)
    if channel == "heading":
        reach = round(goal.amounts["heading_rate"]["limit"] / (2.0 * math.pi * hz), 3)
        if explicit is not None and amplitude > reach:
            quick = f"{amplitude:.3g} rad to each side at {hz:.3g} Hz is too quick"
            goal.not_understood.append(f"{quick}: {reach:.3g} rad")
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
    goal.hold(CHANNELS[channel], middle)
    return f" about {middle:.3g} rad"
