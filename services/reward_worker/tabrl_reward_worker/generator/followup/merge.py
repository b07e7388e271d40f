"""What new words ask for, put into an earlier goal in the place of what it contradicts."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.interpret import is_asked
from tabrl_reward_worker.generator.goal.limits import clamp
from tabrl_reward_worker.generator.reading.intents import Intent, Reading
from tabrl_reward_worker.generator.reading.slots import SlotKind

_FIELDS = ("yaw", "height", "pitch", "roll", "steps", "cadence", "lift", "limp", "hop", "rear")


def fitting(new: Goal, part: Goal, parts: Sequence[Goal]) -> Goal:
    """The new goal for one part: feet that another part already uses so are meant there alone."""
    fits = new.copy()
    for name in ("hop", "lift", "rear", "steps"):
        if getattr(part, name) is None and any(getattr(other, name) for other in parts):
            setattr(fits, name, None)
    return fits


def merge(goal: Goal, new: Goal, reading: Reading) -> None:
    """Put what the new words ask for in the place of what it contradicts."""
    if new.moves:
        steered = any(
            intent.find(SlotKind.DIRECTION) or "direction" in intent.meaning
            for intent in reading.intents
        )
        speeds = [
            slot for intent in reading.intents if (slot := intent.find(SlotKind.SPEED)) is not None
        ]
        steered = steered or any(slot.meaning["value"] < 0.0 for slot in speeds)
        if steered or not goal.moves:
            goal.vx, goal.vy = new.vx, new.vy
        elif any(map(_says_how_fast, reading.intents)):
            ratio = abs(new.vx or 0.0) / max(abs(goal.vx or 0.0), abs(goal.vy or 0.0))
            for quantity in (Askable.FORWARD_SPEED, Askable.LATERAL_SPEED):
                value = goal.held(quantity)
                if value:
                    goal.hold(quantity, round(clamp(quantity, value * ratio, goal), 3))
        goal.still = False
    for name in _FIELDS:
        if getattr(new, name) is not None:
            setattr(goal, name, getattr(new, name))
    goal.gait = new.gait or goal.gait
    goal.rest(*(swing.channel for swing in new.swings))
    leads = _frequency_named(reading)
    for swing in reversed(new.swings) if leads else new.swings:
        goal.swing(swing.quantity, swing.amplitude, swing.hz, leads=leads)
    _stop(goal, new, reading)
    negated = [intent for intent in reading.intents if intent.negated]
    for intent in negated:
        if not (intent.kind == SlotKind.MOVE and new.moves):  # "don't run, walk"
            drop(intent, goal)
    if new.still or (negated and goal.empty):
        goal.still = not (goal.swings or goal.feet or goal.yaw or goal.moves)


def _says_how_fast(intent: Intent) -> bool:
    """In so many words, or by its verb: "now run"."""
    named = intent.find(SlotKind.SPEED) or intent.find(SlotKind.PACE)
    return named is not None or "speed" in intent.meaning


def _stop(goal: Goal, new: Goal, reading: Reading) -> None:
    """Hold it where the new words say so, whatever else they ask for."""
    stands = [
        intent for intent in reading.intents if intent.kind == SlotKind.STAND and not intent.negated
    ]
    turns = any(
        intent.kind == SlotKind.TURN and intent.meaning.get("place") for intent in reading.intents
    )
    if new.moves or not (stands or turns or reading.in_place):
        return
    goal.vx = goal.vy = None
    if stands:
        goal.yaw, goal.gait, goal.steps, goal.cadence = new.yaw, new.gait, new.steps, new.cadence
    if len(stands) == len(reading.intents) and not reading.in_place:
        goal.rest(*(swing.channel for swing in goal.swings))
        goal.hop = None
    if any(intent.meaning.get("up") for intent in stands):
        goal.height, goal.pitch, goal.rear, goal.lift = new.height, new.pitch, None, new.lift


def _frequency_named(reading: Reading) -> bool:
    return any(
        intent.find(kind) for intent in reading.intents for kind in (SlotKind.RATE, SlotKind.BEAT)
    )


def drop(intent: Intent, goal: Goal) -> None:
    """Take out what is not wanted any more."""
    if intent.kind == SlotKind.RHYTHM:
        channels = (intent.meaning.get("channel", ""), intent.meaning.get("also", ""))
        bobbing = goal.bobs_as_usual and "height" in channels
        goal.rest(*channels)
        if bobbing:
            goal.height = None  # the middle of a bob
        return
    if intent.meaning.get("limp"):
        goal.limp = None
        return
    if intent.kind in (SlotKind.MOVE, SlotKind.DIRECTION):
        ways = intent.meaning.get("ways", [])
        along, aside = {"forward", "backward"} & set(ways), set(ways) - {"forward", "backward"}
        goal.vx = None if not ways or is_asked(goal, along) else goal.vx
        goal.vy = None if not ways or is_asked(goal, aside) else goal.vy
        if not ways:
            goal.gait, goal.steps, goal.cadence = "", None, None
        return
    names = {
        SlotKind.TURN: ("yaw",),
        SlotKind.HEIGHT: ("height",),
        SlotKind.POSTURE: ("pitch",),
        SlotKind.LEAN: ("roll", "pitch"),
        SlotKind.HOP: ("hop",),
        SlotKind.PAW: ("lift",),
        SlotKind.REAR: ("rear",),
        SlotKind.STEP: ("steps", "cadence"),
    }
    for name in names.get(intent.kind, ()):
        setattr(goal, name, None)
