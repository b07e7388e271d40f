"""What new words ask for, put into an earlier goal in the place of what it contradicts."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.contracts.motion import Sinusoid, Target
from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.goal import HOPS, Goal
from tabrl_reward_worker.generator.goal.interpret import is_asked
from tabrl_reward_worker.generator.goal.limits import clamp
from tabrl_reward_worker.generator.reading.intents import Intent, Reading
from tabrl_reward_worker.generator.reading.slots import SlotKind

_WAYS = (Askable.FORWARD_SPEED, Askable.LATERAL_SPEED, Askable.YAW_RATE)
_USED = (  # of what some parts of a plan have, the others are not meant
    HOPS, (Askable.FOOT_HEIGHT,), (Askable.REARING,), (Askable.STEP_HEIGHT,), _WAYS[:2],
    _WAYS[2:], (Askable.PITCH,), (Askable.ROLL,), (Askable.HEIGHT,),
)  # fmt: skip
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
    """The new goal for one part: what only other parts have so far is meant of those alone."""
    fits = new.copy()
    for quantities in _USED:
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
    before = goal.copy()
    for one in new.targets.values() if instead else ():
        if any(
            one.quantity == old.quantity and _kind(one) != _kind(old)
            for old in [*before.targets.values()]
        ):
            goal.drop(one.quantity)  # a bow instead of a nod
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
    if instead:
        _leave(goal, new, before)
    if new.still or (negated and goal.empty):
        goal.still = not (goal.swings or goal.feet or goal.yaw or goal.moves)


def _leave(goal: Goal, new: Goal, before: Goal) -> None:
    """Drop what something else is done instead of."""
    kinds = {_kind(one) for one in new.targets.values()}
    if not kinds:
        return
    alike = kinds & {_kind(one) for one in before.targets.values()}
    kept = {*new.targets, *(_WAYS if new.moves and before.moves else ())}
    for key, one in list(goal.targets.items()):
        if key not in kept and one.quantity not in kept and (_kind(one) in kinds or not alike):
            del goal.targets[key]
    if "way" in kinds or not alike:
        goal.gait = new.gait


def _kind(target: Target) -> str:
    """What a target is like: a rhythm, a way, or a pose."""
    ways = (*_WAYS, Askable.PLANAR_SPEED, *HOPS, Askable.STEP_HEIGHT, Askable.STEP_RATE)
    held = "way" if target.quantity in (*ways, Askable.FOOT_LOAD) else "pose"
    return "rhythm" if isinstance(target.shape, Sinusoid) else held


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
