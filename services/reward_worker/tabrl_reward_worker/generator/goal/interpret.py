"""From intents to a goal: what a sentence asks for in numbers, and how it was understood."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.feet import (
    hop,
    hurry,
    limp,
    rear,
    step,
    step_in_place,
)
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.limits import (
    fit_swings,
    resolve_feet,
    share_frequency,
)
from tabrl_reward_worker.generator.goal.locomotion import move, turn
from tabrl_reward_worker.generator.goal.phases import in_phases
from tabrl_reward_worker.generator.goal.plan import Plan
from tabrl_reward_worker.generator.goal.posture import height, is_level, lean, posture
from tabrl_reward_worker.generator.goal.quantities import repeated
from tabrl_reward_worker.generator.goal.rhythm import (
    as_rhythm,
    rhythm,
    waved_paw,
)
from tabrl_reward_worker.generator.reading.intents import Intent, Reading
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

_QUOTED = re.compile(r"“([^”]*)”")
_PIECE = re.compile(r"[^\s“”,:;]+")


def interpret(reading: Reading, amounts: Amounts) -> Plan:
    """The plan of a reading in a robot's amounts; `empty` if nothing in it can be done."""
    parts = [(part, _at_once(part, amounts)) for part in reading.phases or [reading]]
    whole = in_phases(parts, amounts, repeats=reading.repeats)
    whole.understood = [*reading.notes, *whole.understood]
    whole.not_understood = [*reading.unknown, *reading.impossible, *whole.not_understood]
    whole.not_understood += _unsaid(reading, whole)
    return whole


def _unsaid(reading: Reading, plan: Plan) -> list[str]:
    """Words of the sentence of which nothing was said so far."""
    quoted = _QUOTED.findall(" ".join(plan.understood))
    said = _pieces(" ".join([*quoted, *plan.not_understood]))
    return [text for text in dict.fromkeys(reading.words) if not _pieces(text) <= said]


def _pieces(text: str) -> set[str]:
    return set(_PIECE.findall(text))


def _at_once(reading: Reading, amounts: Amounts) -> Goal:
    """What is asked for at the same time."""
    goal = Goal(amounts)
    negated = [intent for intent in reading.intents if intent.negated]
    wanted = [intent for intent in reading.intents if not intent.negated]
    wanted = _able(wanted, goal)
    joined = wanted
    for kind in (SlotKind.MOVE, SlotKind.TURN, SlotKind.HOP):
        joined = _joined(joined, kind)
    wanted = _one_rhythm(_levelled(joined, amounts))
    postures = any(intent.kind == SlotKind.POSTURE for intent in wanted)
    for intent in wanted if postures else []:
        if intent.kind == SlotKind.LEAN and all(
            slot.kind == SlotKind.ANGLE for slot in intent.slots
        ):
            first = next(item for item in wanted if item.kind == SlotKind.POSTURE)
            first.slots += [_word(intent), *intent.slots]
    wanted = _spared(wanted, goal)
    for intent in _about_feet(wanted, negated, amounts):
        posed = intent.kind in (SlotKind.LEAN, SlotKind.POSTURE, SlotKind.HEIGHT)
        if (
            posed and (repeated(intent) or (intent.find(SlotKind.ANGLE) and intent.to_and_fro))
        ) or (intent.find(SlotKind.SWING) is not None and intent.kind != SlotKind.PAW):
            intent = as_rhythm(intent)
        elif (
            intent.kind == SlotKind.LEAN
            and postures
            and all(p.kind == SlotKind.ANGLE for p in intent.slots)
        ):
            continue  # "tilt your nose down": the posture says it all
        _INTERPRETERS[intent.kind](intent, goal)
        count = intent.find(SlotKind.COUNT)
        if count is not None and (goal.lasts is None or goal.lasts[0] != count.text):
            goal.not_understood.append(f"“{count.text}”: it is done again and again")
    share_frequency(goal)
    fit_swings(goal)
    for intent in negated:
        _negate(intent, goal)
    if reading.in_place:
        _hold_place(reading.in_place, goal, wanted)
    resolve_feet(goal)
    goal.still = goal.only_still
    return goal


def _able(wanted: list[Intent], goal: Goal) -> list[Intent]:
    """What the robot has the abilities for; the rest is said."""
    lacking = [
        intent for intent in wanted if _ABILITY.get(intent.kind) in goal.amounts.robot.without
    ]
    goal.not_understood += [f"“{intent.words()}”: this robot cannot" for intent in lacking]
    return [intent for intent in wanted if intent not in lacking]


def _word(intent: Intent) -> Slot:
    """An intent that another one takes along, for its words."""
    return Slot(SlotKind.WORD, intent.text, {}, intent.at)


def _joined(wanted: list[Intent], kind: str) -> list[Intent]:
    """ "walk forward, trot slowly" is one way of moving: a verb without a way joins another."""
    moves = [intent for intent in wanted if intent.kind == kind]
    if len(moves) < 2:
        return wanted
    steered = [
        intent
        for intent in moves
        if intent.find(SlotKind.DIRECTION) or "direction" in intent.meaning
    ]
    first = steered[0] if steered else moves[0]
    joined = replace(first, slots=list(first.slots), meaning=dict(first.meaning))
    for other in moves:
        if other is first or other in steered or other.find(SlotKind.SWING):
            continue
        joined.meaning = dict(other.meaning) | dict(joined.meaning)
        joined.slots += [_word(other), *other.slots]
    gone = [intent for intent in moves if intent not in steered and not intent.find(SlotKind.SWING)]
    result = [intent for intent in wanted if intent not in gone and intent is not first]
    result.insert(min(wanted.index(first), len(result)), joined)
    return result


def _one_rhythm(wanted: list[Intent]) -> list[Intent]:
    """ "dance the salsa slowly" is one dance: what is said of the second holds for the first."""
    first: dict[tuple[str, str], Intent] = {}
    for intent in wanted:
        if intent.kind == SlotKind.RHYTHM:
            channels = (str(intent.meaning["channel"]), str(intent.meaning.get("also")))
            same = first.setdefault(channels, intent)
            if same is not intent:
                same.slots += [*intent.slots, _word(intent)]
    return [
        intent for intent in wanted if intent.kind != SlotKind.RHYTHM or intent in first.values()
    ]


def _levelled(wanted: list[Intent], amounts: Amounts) -> list[Intent]:
    """ "crouch to a height of 22 cm" is one height: that with a number takes the others along."""
    heights = [intent for intent in wanted if intent.kind == SlotKind.HEIGHT]
    numbered = next((intent for intent in heights if intent.find(SlotKind.LENGTH)), None)
    if numbered is None or not any(intent.meaning["height"] == "at" for intent in heights):
        return wanted
    others = [intent for intent in heights if intent is not numbered]
    fitting = [
        intent
        for intent in heights
        if (intent.meaning["height"] == "at") == is_level(numbered, amounts)
    ]
    first = next(
        (intent for intent in fitting if "below" in intent.meaning), [*fitting, numbered][0]
    )
    words = [_word(intent) for intent in others]
    joined = replace(numbered, meaning=first.meaning, slots=[*numbered.slots, *words])
    return [joined if intent is numbered else intent for intent in wanted if intent not in others]


def _spared(wanted: list[Intent], goal: Goal) -> list[Intent]:
    """ "limp on your left front leg" lifts no leg: without the intents that only say which."""
    limping = next((intent for intent in wanted if intent.meaning.get("limp")), None)
    if limping is None:
        return wanted
    paws = [intent for intent in wanted if intent.kind == SlotKind.PAW]
    limping.slots += [
        slot for intent in paws for slot in intent.slots if slot.kind == SlotKind.PACE
    ]
    limp(limping, paws, goal)
    return [intent for intent in wanted if intent.kind != SlotKind.PAW]


def _about_feet(wanted: list[Intent], negated: list[Intent], amounts: Amounts) -> list[Intent]:
    """The intents without those that only say what becomes of a foot: "raise your paw high"."""
    lifted = [i for i in wanted if i.kind in (SlotKind.PAW, SlotKind.STEP)]
    if lifted:
        off = [i for i in wanted if i.kind == SlotKind.HOP and "of" in i.meaning]
        wanted = [intent for intent in wanted if intent not in off]
        lifted[0].slots += [slot for intent in off for slot in (_word(intent), *intent.slots)]
    footed = [
        intent for intent in wanted if intent.kind in (SlotKind.PAW, SlotKind.HOP, SlotKind.STEP)
    ]
    if not footed:
        return wanted
    held_down = next((intent for intent in negated if intent.meaning.get("of")), None)
    if held_down is not None:
        paws = [intent for intent in wanted if intent.kind == SlotKind.PAW]
        held_down.slots += [
            Slot(slot.kind, slot.text, slot.meaning, slot.at)
            for intent in paws
            for slot in (Slot(SlotKind.PAW, intent.text, {}, intent.at), *intent.slots)
        ]
        return [intent for intent in wanted if intent not in paws]
    verbs = [
        intent
        for intent in wanted
        if intent.kind == SlotKind.HEIGHT
        and ("of" in intent.meaning or intent.meaning["height"] == "at")
        and not is_level(intent, amounts)
    ]
    for verb in verbs:
        if "reach" in verb.meaning and not verb.find(SlotKind.LENGTH):
            for intent in footed:
                high = {"extent": verb.meaning["reach"]}
                intent.slots.append(Slot(SlotKind.EXTENT, verb.text, high, verb.at))
        footed[0].slots += [_word(verb), *verb.slots]
    for intent in footed:
        if intent.kind == SlotKind.HOP and (
            intent.find(SlotKind.DIRECTION) or "direction" in intent.meaning
        ):
            intent.slots = [_distance(slot, intent, wanted) for slot in intent.slots]
    return [intent for intent in wanted if intent not in verbs]


def _distance(slot: Slot, hop: Intent, wanted: list[Intent]) -> Slot:
    """A length is how far a hop goes, unless it is said to be high: "jump forward, 5 cm high"."""
    high = any(
        intent.kind == SlotKind.HEIGHT and abs(intent.at - slot.at) == 1 for intent in wanted
    )
    upward = hop.text.endswith(" up") and slot.at == hop.at + 1
    return (
        slot
        if slot.kind != SlotKind.LENGTH or high or upward
        else replace(slot, kind=SlotKind.DISTANCE)
    )


def _stand(intent: Intent, goal: Goal) -> None:
    goal.still = True
    how = "stand as usual" if intent.meaning.get("up") else "stay in place"
    goal.understood.append(f"“{intent.words()}” → {how}")


def _negate(intent: Intent, goal: Goal) -> None:
    """ "without turning": what is negated is dropped where asked, else it is held at nothing."""
    if intent.meaning.get("limp"):
        goal.understood.append(f"“{intent.words()}” → walk on all feet alike")
        return
    if goal.moves and intent.find(SlotKind.PAW) is not None:
        goal.not_understood.append(
            f"“{intent.words()}”: every foot is lifted in walking; a limp spares one: “limp on "
            "your left front leg”"
        )
        return
    held = {
        SlotKind.MOVE: "stay in place",
        SlotKind.TURN: "keep the heading",
        SlotKind.LEAN: "stay level",
    }
    meaning = held.get(intent.kind, "not done")
    if intent.kind == SlotKind.RHYTHM:
        goal.rest(intent.meaning["channel"])
    elif intent.kind == SlotKind.TURN:
        goal.yaw = None
    elif intent.kind in (SlotKind.MOVE, SlotKind.DIRECTION):
        ways = intent.meaning.get("ways", [])
        along, aside = {"forward", "backward"} & set(ways), set(ways) - {"forward", "backward"}
        if ways and (along or goal.vx) and (aside or goal.vy):
            # "walk, but not sideways": the other axis stays.
            goal.vx, goal.vy = (None if along else goal.vx), (None if aside else goal.vy)
            meaning = f"not {' or '.join(ways)}"
        elif goal.moves and not (ways and is_asked(goal, ways)):
            # "don't run, walk", "walk, not backwards"
            meaning = "not this way"
        else:
            goal.vx = goal.vy = None
            goal.still = True
            meaning = f"not {' or '.join(ways)}" if ways else held[SlotKind.MOVE]
    goal.understood.append(f"“{intent.words()}” → {meaning}")


def is_asked(goal: Goal, ways: Collection[str]) -> bool:
    """Whether the goal goes one of the ways."""
    goes = {
        "forward": (goal.vx or 0.0) > 0.0,
        "backward": (goal.vx or 0.0) < 0.0,
        "left": (goal.vy or 0.0) > 0.0,
        "right": (goal.vy or 0.0) < 0.0,
        "sideways": bool(goal.vy),
    }
    return any(goes[way] for way in ways)


def _hold_place(text: str, goal: Goal, wanted: list[Intent]) -> None:
    goal.understood.append(f"“{text}” → stay in place")
    step_in_place(goal)
    pace = next(
        (
            slot
            for intent in wanted
            if intent.kind == SlotKind.MOVE and (slot := intent.find(SlotKind.PACE))
        ),
        None,
    )
    if pace is not None and goal.steps is not None and goal.cadence is None:
        hurry(pace, goal)
    goal.vx = goal.vy = None
    if goal.yaw is None:
        goal.still = True


_ABILITY: dict[SlotKind, str] = {SlotKind.HOP: "jump", SlotKind.REAR: "rear"}
_INTERPRETERS = {
    SlotKind.MOVE: move,
    SlotKind.TURN: turn,
    SlotKind.STAND: _stand,
    SlotKind.HEIGHT: height,
    SlotKind.POSTURE: posture,
    SlotKind.LEAN: lean,
    SlotKind.RHYTHM: rhythm,
    SlotKind.HOP: hop,
    SlotKind.PAW: waved_paw,
    SlotKind.REAR: rear,
    SlotKind.STEP: step,
}
