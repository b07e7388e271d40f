"""What new words ask for, put into an earlier goal in the place of what it contradicts."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.goal import HOPS, Goal
from tabrl_reward_worker.generator.goal.interpret import is_asked
from tabrl_reward_worker.generator.goal.limits import clamp
from tabrl_reward_worker.generator.reading.intents import Intent, Reading
from tabrl_reward_worker.generator.reading.slots import SlotKind

_OF_FEET = (HOPS, (Askable.FOOT_HEIGHT,), (Askable.REARING,), (Askable.STEP_HEIGHT,))
_REPLACED = (
    Askable.YAW_RATE, Askable.HEIGHT, Askable.PITCH, Askable.ROLL, Askable.STEP_HEIGHT,
    Askable.STEP_RATE, Askable.FOOT_HEIGHT, Askable.FOOT_LOAD, *HOPS, Askable.REARING,
)  # fmt: skip
_DROPPED = {
    SlotKind.TURN: (Askable.YAW_RATE,),
    SlotKind.HEIGHT: (Askable.HEIGHT,),
    SlotKind.POSTURE: (Askable.PITCH,),
    SlotKind.LEAN: (Askable.ROLL, Askable.PITCH),
    SlotKind.HOP: HOPS,
    SlotKind.PAW: (Askable.FOOT_HEIGHT,),
    SlotKind.REAR: (Askable.REARING,),
    SlotKind.STEP: (Askable.STEP_HEIGHT, Askable.STEP_RATE),
}


def fitting(new: Goal, part: Goal, parts: Sequence[Goal]) -> Goal:
    """The new goal for one part: feet that another part already uses so are meant there alone."""
    fits = new.copy()
    for quantities in _OF_FEET:
        used = any(other.find(quantities[0]) for other in parts)
        if used and not part.find(quantities[0]):
            fits.drop(*quantities)
    return fits


def merge(goal: Goal, new: Goal, reading: Reading) -> None:
    """Put what the new words ask for in the place of what it contradicts."""
    if new.moves:
        _go(goal, new, reading)
    goal.take(new, *_REPLACED)
    goal.gait = new.gait or goal.gait
    goal.rest(*new.swings)
    leads = _says(reading, SlotKind.RATE, SlotKind.BEAT)
    for channel, swing in reversed(new.swings.items()) if leads else new.swings.items():
        goal.swing(channel, swing.amplitude, swing.hz, leads=leads)
    if not new.moves:
        _stop(goal, new, reading)
    negated = [intent for intent in reading.intents if intent.negated]
    for intent in negated:
        if not (intent.kind == SlotKind.MOVE and new.moves):  # "don't run, walk"
            drop(intent, goal)
    if new.still or (negated and goal.empty):
        goal.still = not (goal.swings or goal.feet or goal.yaw or goal.moves)


def _says(reading: Reading, *kinds: SlotKind) -> bool:
    return any(intent.find(kind) for intent in reading.intents for kind in kinds)


def _go(goal: Goal, new: Goal, reading: Reading) -> None:
    """Another way, or another speed along the same one."""
    speeds = [intent.find(SlotKind.SPEED) for intent in reading.intents]
    back = any(speed.meaning["value"] < 0.0 for speed in speeds if speed)
    named = any("direction" in intent.meaning for intent in reading.intents)
    if back or named or _says(reading, SlotKind.DIRECTION) or not goal.moves:
        goal.vx, goal.vy = new.vx, new.vy
    elif any(map(_says_how_fast, reading.intents)):
        ratio = abs(new.vx or 0.0) / max(abs(goal.vx or 0.0), abs(goal.vy or 0.0))
        for quantity in (Askable.FORWARD_SPEED, Askable.LATERAL_SPEED):
            value = goal.held(quantity)
            if value:
                goal.hold(quantity, round(clamp(quantity, value * ratio, goal), 3))
    goal.still = False


def _says_how_fast(intent: Intent) -> bool:
    """In so many words, or by its verb: "now run"."""
    named = intent.find(SlotKind.SPEED) or intent.find(SlotKind.PACE)
    return named is not None or "speed" in intent.meaning


def _stop(goal: Goal, new: Goal, reading: Reading) -> None:
    """Hold it where the new words say so, whatever else they ask for."""
    stands = [one for one in reading.intents if one.kind == SlotKind.STAND and not one.negated]
    turns = any(i.kind == SlotKind.TURN and i.meaning.get("place") for i in reading.intents)
    if not (stands or turns or reading.in_place):
        return
    goal.vx = goal.vy = None
    if stands:
        goal.yaw, goal.gait, goal.steps, goal.cadence = new.yaw, new.gait, new.steps, new.cadence
    if len(stands) == len(reading.intents) and not reading.in_place:
        goal.rest(*goal.swings)
        goal.hop = None
    if any(intent.meaning.get("up") for intent in stands):
        goal.height, goal.pitch, goal.rear = new.height, new.pitch, None
        if not new.find(Askable.FOOT_HEIGHT):
            goal.drop(Askable.FOOT_HEIGHT)


def drop(intent: Intent, goal: Goal) -> None:
    """Take out what is not wanted any more."""
    if intent.kind == SlotKind.RHYTHM:
        channels = (intent.meaning.get("channel", ""), intent.meaning.get("also", ""))
        bobbing = goal.bobs_as_usual and "height" in channels
        goal.rest(*channels)
        if bobbing:
            goal.height = None  # the middle of a bob
    elif intent.meaning.get("limp"):
        goal.drop(Askable.FOOT_LOAD)
    elif intent.kind in (SlotKind.MOVE, SlotKind.DIRECTION):
        ways = intent.meaning.get("ways", [])
        along, aside = {"forward", "backward"} & set(ways), set(ways) - {"forward", "backward"}
        goal.vx = None if not ways or is_asked(goal, along) else goal.vx
        goal.vy = None if not ways or is_asked(goal, aside) else goal.vy
        if not ways:
            goal.gait, goal.steps, goal.cadence = "", None, None
    else:
        goal.rest(*(["paw"] if intent.kind == SlotKind.PAW else []))
        for quantity in _DROPPED.get(intent.kind, ()):
            goal.hold(quantity, None)
