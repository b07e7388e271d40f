"""What new words ask for, put into an earlier goal in the place of what it contradicts."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.contracts.motion import Sinusoid, Target
from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.followup.numbers import numbers
from tabrl_reward_worker.generator.goal.goal import HOPS, Goal
from tabrl_reward_worker.generator.goal.interpret import is_asked
from tabrl_reward_worker.generator.reading.intents import Intent, Reading
from tabrl_reward_worker.generator.reading.slots import SlotKind

_SPEEDS = (Askable.FORWARD_SPEED, Askable.LATERAL_SPEED)
_POSES = (Askable.HEIGHT, Askable.PITCH, Askable.ROLL, Askable.FOOT_HEIGHT, Askable.REARING)
_REPLACED = (
    Askable.YAW_RATE, *_POSES, Askable.STEP_HEIGHT, Askable.STEP_RATE, Askable.FOOT_LOAD, *HOPS,
)  # fmt: skip


def fitting(new: Goal, part: Goal, parts: Sequence[Goal]) -> Goal:
    """The new goal for one part: what only other parts have so far is meant of those alone."""
    fits = new.copy()
    for quantities in (_SPEEDS, HOPS, *((one,) for one in _REPLACED if one not in HOPS)):
        used = any(other.find(quantity) for other in parts for quantity in quantities)
        if used and not any(map(part.find, quantities)):
            fits.drop(*quantities)
    return fits


def name_feet(reading: Reading, parts: Sequence[Goal]) -> None:
    """Let "raise the paw higher" speak of the foot that is held, where it names no other."""
    held = next(filter(None, (part.foot(Askable.FOOT_HEIGHT) for part in parts)), None)
    for intent in reading.intents if held else []:
        ways = {str(one.meaning["direction"]) for one in intent.slots if "direction" in one.meaning}
        if intent.kind == SlotKind.PAW and held:
            end = {"end": held.end} if intent.meaning.get("any") else {}
            side = {} if ways & {"left", "right"} else {"side": held.side}
            intent.meaning = {**side, **intent.meaning, **end}


def merge(goal: Goal, new: Goal, reading: Reading, *, instead: bool = False) -> None:
    """Put what the new words ask for in the place of what it contradicts.

    What is done `instead` takes the place of all that is alike, or else of everything.
    """
    if instead:
        _leave(goal, new)
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


def _leave(goal: Goal, new: Goal) -> None:
    """Drop what something else is done instead of; who walks in another way goes the same one."""
    asked, done = ({_kind(one) for one in each.targets.values()} for each in (new, goal))
    kept = (*_SPEEDS, Askable.YAW_RATE) if new.moves and goal.moves else ()
    for key, one in list(goal.targets.items()):
        if asked and (_kind(one) in asked or not asked & done) and one.quantity not in kept:
            del goal.targets[key]
    if "way" in asked or (asked and not asked & done):
        goal.gait = ""


def _kind(target: Target) -> str:
    """What a target is like: a rhythm, a pose, or a way."""
    held = "pose" if target.quantity in _POSES else "way"
    return "rhythm" if isinstance(target.shape, Sinusoid) else held


def _says(reading: Reading, *kinds: SlotKind) -> bool:
    return any(intent.find(kind) for intent in reading.intents for kind in kinds)


def _go(goal: Goal, new: Goal, reading: Reading) -> None:
    """Another way, or another speed along the same one: in so many words, or by the verb."""
    speeds = [intent.find(SlotKind.SPEED) for intent in reading.intents]
    back = any(speed.meaning["value"] < 0.0 for speed in speeds if speed)
    named = any("direction" in intent.meaning for intent in reading.intents)
    paced = any("speed" in intent.meaning for intent in reading.intents)
    if back or named or _says(reading, SlotKind.DIRECTION) or not goal.moves:
        goal.vx, goal.vy = new.vx, new.vy
    elif paced or _says(reading, SlotKind.SPEED, SlotKind.PACE):
        ratio = abs(new.vx or 0.0) / max(abs(goal.vx or 0.0), abs(goal.vy or 0.0))
        numbers()["speed"].put(goal, goal.speed * ratio)
    goal.still = False


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
        for one in numbers().values():
            if intent.kind.name in one.intents:
                goal.hold(one.quantity, None)
