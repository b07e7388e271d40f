"""From intents to a plan: what a sentence asks for in numbers, and how it was understood."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from tabrl_reward_worker.generator.goal import feet, locomotion, posture, rhythm
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.joining import about_feet, joined, spared
from tabrl_reward_worker.generator.goal.limits import fit_swings, resolve_feet, share_frequency
from tabrl_reward_worker.generator.goal.phases import in_phases
from tabrl_reward_worker.generator.goal.plan import Plan
from tabrl_reward_worker.generator.goal.quantities import repeated
from tabrl_reward_worker.generator.reading.intents import Intent, Reading
from tabrl_reward_worker.generator.reading.slots import SlotKind

_QUOTED = re.compile(r"“([^”]*)”")
_PIECE = re.compile(r"[^\s“”,:;]+")
_ABILITY: Mapping[str, str] = {SlotKind.HOP: "jump", SlotKind.REAR: "rear"}
_POSED = (SlotKind.LEAN, SlotKind.POSTURE, SlotKind.HEIGHT)
_WITHOUT = {SlotKind.TURN: "keep the heading", SlotKind.LEAN: "stay level"}
_IN_PLACE = "stay in place"
_SPARES_ONE = "every foot is lifted in walking; a limp spares one: “limp on your left front leg”"


def interpret(
    reading: Reading, amounts: Amounts, before: Sequence[tuple[Reading, Goal]] = ()
) -> Plan:
    """The plan of a reading in a robot's amounts; `empty` if nothing in it can be done.

    It goes on from what was to be done `before`.
    """
    parts = [*before, *((part, at_once(part, amounts)) for part in reading.phases or [reading])]
    plan = in_phases(parts, amounts, repeats=reading.repeats)
    plan.understood = [*reading.notes, *plan.understood]
    plan.not_understood = [*reading.unknown, *reading.impossible, *plan.not_understood]
    plan.not_understood += unsaid(reading, plan.understood, plan.not_understood)
    return plan


def unsaid(reading: Reading, understood: Iterable[str], not_understood: Iterable[str]) -> list[str]:
    """Words of the sentence of which nothing was said so far."""
    quoted = _QUOTED.findall(" ".join(understood))
    said = _pieces(" ".join([*quoted, *not_understood]))
    return [text for text in dict.fromkeys(reading.words) if not _pieces(text) <= said]


def _pieces(text: str) -> set[str]:
    return set(_PIECE.findall(text))


def at_once(reading: Reading, amounts: Amounts) -> Goal:
    """What is asked for at the same time."""
    goal = Goal(amounts)
    negated = [intent for intent in reading.intents if intent.negated]
    wanted = joined(_able([one for one in reading.intents if not one.negated], goal), amounts)
    limping, which, wanted = spared(wanted)
    if limping is not None:
        feet.limp(limping, which, goal)
    for intent in about_feet(wanted, negated, amounts):
        _ask(intent, goal)
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
    without = goal.amounts.robot.without
    lacking = [intent for intent in wanted if _ABILITY.get(intent.kind) in without]
    goal.not_understood += [f"“{intent.words()}”: this robot cannot" for intent in lacking]
    return [intent for intent in wanted if intent not in lacking]


def _ask(intent: Intent, goal: Goal) -> None:
    """Put what an intent asks for into a goal; what is repeated is a rhythm."""
    to_and_fro = intent.find(SlotKind.ANGLE) is not None and intent.to_and_fro
    swings = intent.find(SlotKind.SWING) is not None and intent.kind != SlotKind.PAW
    if swings or (intent.kind in _POSED and (repeated(intent) or to_and_fro)):
        intent = rhythm.as_rhythm(intent)
    _ASKED[intent.kind](intent, goal)
    count = intent.find(SlotKind.COUNT)
    if count is not None and (goal.lasts is None or goal.lasts[0] != count.text):
        goal.not_understood.append(f"“{count.text}”: it is done again and again")


def _stand(intent: Intent, goal: Goal) -> None:
    goal.still = True
    goal.say(intent.words(), "stand as usual" if intent.meaning.get("up") else _IN_PLACE)


def _negate(intent: Intent, goal: Goal) -> None:
    """ "without turning": what is negated is dropped where asked, else it is held at nothing."""
    meaning = _WITHOUT.get(intent.kind, "not done")
    if intent.meaning.get("limp"):
        meaning = "walk on all feet alike"
    elif goal.moves and intent.find(SlotKind.PAW) is not None:
        goal.not_understood.append(f"“{intent.words()}”: {_SPARES_ONE}")
        return
    elif intent.kind == SlotKind.RHYTHM:
        goal.rest(intent.meaning["channel"])
    elif intent.kind == SlotKind.TURN:
        goal.yaw = None
    elif intent.kind in (SlotKind.MOVE, SlotKind.DIRECTION):
        meaning = _not_this_way(intent.meaning.get("ways", []), goal)
    goal.say(intent.words(), meaning)


def _not_this_way(ways: Collection[str], goal: Goal) -> str:
    """Do not go these ways, or anywhere; in words."""
    along, aside = {"forward", "backward"} & {*ways}, {*ways} - {"forward", "backward"}
    if ways and (along or goal.vx) and (aside or goal.vy):
        # "walk, but not sideways": the other axis stays.
        goal.vx, goal.vy = (None if along else goal.vx), (None if aside else goal.vy)
    elif goal.moves and not (ways and is_asked(goal, ways)):
        return "not this way"  # "don't run, walk", "walk, not backwards"
    else:
        goal.vx = goal.vy = None
        goal.still = True
    return f"not {' or '.join(ways)}" if ways else _IN_PLACE


def is_asked(goal: Goal, ways: Collection[str]) -> bool:
    """Whether the goal goes one of the ways."""
    along, aside = goal.vx or 0.0, goal.vy or 0.0
    goes = {"forward": along > 0.0, "backward": along < 0.0, "left": aside > 0.0}
    goes |= {"right": aside < 0.0, "sideways": bool(aside)}
    return any(goes[way] for way in ways)


def _hold_place(text: str, goal: Goal, wanted: list[Intent]) -> None:
    goal.say(text, _IN_PLACE)
    feet.step_in_place(goal)
    moves = (intent for intent in wanted if intent.kind == SlotKind.MOVE)
    pace = next(filter(None, (intent.find(SlotKind.PACE) for intent in moves)), None)
    if pace is not None and goal.steps is not None and goal.cadence is None:
        feet.hurry(pace, goal)
    goal.vx = goal.vy = None
    goal.still = goal.still or goal.yaw is None


_ASKED: Mapping[SlotKind, Callable[[Intent, Goal], None]] = {
    SlotKind.MOVE: locomotion.move, SlotKind.TURN: locomotion.turn, SlotKind.STAND: _stand,
    SlotKind.HEIGHT: posture.height, SlotKind.POSTURE: posture.posture, SlotKind.LEAN: posture.lean,
    SlotKind.RHYTHM: rhythm.rhythm, SlotKind.HOP: feet.hop, SlotKind.PAW: rhythm.waved_paw,
    SlotKind.REAR: feet.rear, SlotKind.STEP: feet.step,
}  # fmt: skip
