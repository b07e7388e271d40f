"""Intents that say one thing together: "walk forward, trot slowly", "raise your paw high"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.posture import is_level
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

_FOOTED = (SlotKind.PAW, SlotKind.HOP, SlotKind.STEP)


def joined(wanted: list[Intent], amounts: Amounts) -> list[Intent]:
    """The intents without those that only say how another one is meant."""
    for kind in (SlotKind.MOVE, SlotKind.TURN, SlotKind.HOP):
        wanted = _one_way(wanted, kind)
    if any(one.kind == SlotKind.STEP and one.find(SlotKind.LENGTH) for one in wanted):
        wanted = _one_way(wanted, SlotKind.STEP)
    wanted = _one_rhythm(_one_height(wanted, amounts))
    posture = next((intent for intent in wanted if intent.kind == SlotKind.POSTURE), None)
    if posture is not None:
        # "tilt your nose down": the posture says it all.
        tilts = [one for one in wanted if one.kind == SlotKind.LEAN and _only_angle(one)]
        posture.slots += _said_by(tilts)
        wanted = _without(wanted, [tilt for tilt in tilts if not tilt.to_and_fro])
    return wanted


def spared(wanted: list[Intent]) -> tuple[Intent | None, list[Intent], list[Intent]]:
    """ "limp on your left front leg" lifts no leg: the limp, what only says which, and the rest."""
    limping = next((intent for intent in wanted if intent.meaning.get("limp")), None)
    if limping is None:
        return None, [], wanted
    paws = [intent for intent in wanted if intent.kind == SlotKind.PAW]
    limping.slots += [s for intent in paws for s in intent.slots if s.kind == SlotKind.PACE]
    return limping, paws, _without(wanted, paws)


def about_feet(wanted: list[Intent], negated: list[Intent], amounts: Amounts) -> list[Intent]:
    """The intents without those that only say what becomes of a foot: "raise your paw high"."""
    lifted = [intent for intent in wanted if intent.kind in (SlotKind.PAW, SlotKind.STEP)]
    if lifted:
        off = [one for one in wanted if one.kind == SlotKind.HOP and "of" in one.meaning]
        lifted[0].slots += _said_by(off)
        wanted = _without(wanted, off)
    footed = [intent for intent in wanted if intent.kind in _FOOTED]
    if not footed:
        return wanted
    held_down = next((intent for intent in negated if intent.meaning.get("of")), None)
    if held_down is not None:
        paws = [intent for intent in wanted if intent.kind == SlotKind.PAW]
        for intent in paws:
            held_down.slots += [Slot(SlotKind.PAW, intent.text, {}, intent.at), *intent.slots]
        return _without(wanted, paws)
    verbs = [intent for intent in wanted if _of_foot(intent, amounts)]
    for verb in verbs:
        if "reach" in verb.meaning and not verb.find(SlotKind.LENGTH):
            high = {"extent": verb.meaning["reach"]}
            for intent in footed:
                intent.slots.append(Slot(SlotKind.EXTENT, verb.text, high, verb.at))
    footed[0].slots += _said_by(verbs)
    for intent in footed:
        if intent.kind == SlotKind.HOP and _steered(intent):
            intent.slots = [_distance(slot, intent, wanted) for slot in intent.slots]
    return _without(wanted, verbs)


def _of_foot(intent: Intent, amounts: Amounts) -> bool:
    """Whether a height is that of a foot."""
    if intent.kind != SlotKind.HEIGHT or is_level(intent, amounts):
        return False
    return "of" in intent.meaning or intent.meaning["height"] == "at"


def _said_by(intents: Iterable[Intent]) -> list[Slot]:
    """What intents say, with their words, for another one to take along."""
    return [slot for intent in intents for slot in (_word(intent), *intent.slots)]


def _word(intent: Intent) -> Slot:
    return Slot(SlotKind.WORD, intent.text, {}, intent.at)


def _without(wanted: Sequence[Intent], others: Sequence[Intent]) -> list[Intent]:
    return [intent for intent in wanted if intent not in others]


def _only_angle(intent: Intent) -> bool:
    return all(slot.kind == SlotKind.ANGLE for slot in intent.slots)


def _steered(intent: Intent) -> bool:
    return intent.find(SlotKind.DIRECTION) is not None or "direction" in intent.meaning


def _one_way(wanted: list[Intent], kind: SlotKind) -> list[Intent]:
    """ "walk forward, trot slowly" is one way of moving: a verb without a way joins another."""
    moves = [intent for intent in wanted if intent.kind == kind]
    if len(moves) < 2:
        return wanted
    steered = [intent for intent in moves if _steered(intent)]
    first = steered[0] if steered else moves[0]
    gone = [one for one in moves if one not in steered and not one.find(SlotKind.SWING)]
    others = _without(gone, [first])
    one = replace(first, slots=[*first.slots, *_said_by(others)], meaning=dict(first.meaning))
    for other in others:
        one.meaning = dict(other.meaning) | dict(one.meaning)
    result = _without(wanted, [*gone, first])
    result.insert(min(wanted.index(first), len(result)), one)
    return result


def _one_rhythm(wanted: list[Intent]) -> list[Intent]:
    """ "dance the salsa slowly" is one dance: what is said of the second holds for the first."""
    first: dict[tuple[str, str], Intent] = {}
    for intent in (intent for intent in wanted if intent.kind == SlotKind.RHYTHM):
        channels = (str(intent.meaning["channel"]), str(intent.meaning.get("also")))
        same = first.setdefault(channels, intent)
        if same is not intent:
            same.slots += [*intent.slots, _word(intent)]
    return [one for one in wanted if one.kind != SlotKind.RHYTHM or one in first.values()]


def _one_height(wanted: list[Intent], amounts: Amounts) -> list[Intent]:
    """ "crouch to a height of 22 cm" is one height: that with a number takes the others along."""
    heights = [intent for intent in wanted if intent.kind == SlotKind.HEIGHT]
    numbered = next((intent for intent in heights if intent.find(SlotKind.LENGTH)), None)
    if numbered is None or not any(intent.meaning["height"] == "at" for intent in heights):
        return wanted
    others = _without(heights, [numbered])
    level = is_level(numbered, amounts)
    fitting = [intent for intent in heights if (intent.meaning["height"] == "at") == level]
    below = (intent for intent in fitting if "below" in intent.meaning)
    first = next(below, [*fitting, numbered][0])
    one = replace(numbered, meaning=first.meaning, slots=[*numbered.slots, *map(_word, others)])
    return [one if intent is numbered else intent for intent in _without(wanted, others)]


def _distance(slot: Slot, hop: Intent, wanted: list[Intent]) -> Slot:
    """A length is how far a hop goes, unless it is said to be high: "jump forward, 5 cm high"."""
    heights = (intent for intent in wanted if intent.kind == SlotKind.HEIGHT)
    high = any(abs(intent.at - slot.at) == 1 for intent in heights)
    upward = hop.text.endswith(" up") and slot.at == hop.at + 1
    far = slot.kind == SlotKind.LENGTH and not (high or upward)
    return replace(slot, kind=SlotKind.DISTANCE) if far else slot
