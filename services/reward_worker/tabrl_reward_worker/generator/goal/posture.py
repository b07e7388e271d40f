"""What a sentence asks of the trunk at rest: its height, and how it is tilted."""

from __future__ import annotations

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.limits import clamp
from tabrl_reward_worker.generator.goal.quantities import directions, extent
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

_MAX_OFFSET = 0.15  # m, of the reference robot: a longer length is no change of height


def height(intent: Intent, goal: Goal) -> None:
    """Below or above standing, or so high above the ground; of two heights the first."""
    length = intent.find(SlotKind.LENGTH)
    if length is not None and (intent.meaning["height"] == "at" or is_level(intent, goal.amounts)):
        _level(intent, length, goal)
        return
    kind = intent.meaning["height"]
    before = None if goal.bobs_as_usual else goal.height
    if kind == "at":
        if "of" not in intent.meaning and before is None:
            goal.not_understood.append(intent.words())
        elif before is not None:
            goal.understood.append(f"“{intent.words()}” → {_from_standing(before)}")
        return
    table = goal.amounts[kind]
    offset = table[extent(intent)]
    if length is not None and length.meaning["value"] <= goal.amounts.length(_MAX_OFFSET):
        sign = -1.0 if kind == "low" else 1.0
        offset = abs(clamp(Askable.HEIGHT, sign * length.meaning["value"], goal))
    elif length is not None:
        goal.not_understood.append(f"“{length.text}”: too much for a change of height")
    more = length is not None or extent(intent) != "normal"
    if before is None or (more and (before < 0) == (kind == "low")):
        goal.height = before = -offset if kind == "low" else offset
    goal.understood.append(f"“{intent.words()}” → {_from_standing(before)}")


def is_level(intent: Intent, amounts: Amounts) -> bool:
    """Whether "crouch to 22 cm" says where the trunk is, and not by how much it moves."""
    length = intent.find(SlotKind.LENGTH)
    if length is None or length.meaning.get("by"):
        return False
    if length.meaning["value"] <= amounts.length(_MAX_OFFSET):
        return False
    if intent.meaning.get("level"):
        return True
    rises = intent.meaning["height"] == "high"
    return not (rises and length.meaning["value"] < amounts.standing)


def _level(intent: Intent, length: Slot, goal: Goal) -> None:
    """So many m above the ground, within what the legs can reach."""
    standing, asked = goal.amounts.standing, length.meaning["value"]
    low, high = goal.amounts["low"]["limit"], goal.amounts["high"]["limit"]
    trunk = asked + intent.meaning.get("below", 0.0)
    goal.height = offset = round(max(-low, min(trunk - standing, high)), 3)
    reached = standing + offset
    if abs(reached - trunk) > 1e-3:
        goal.not_understood.append(
            f"{trunk * 100:.3g} cm above the ground is out of the trunk's reach: "
            f"{reached * 100:.3g} cm"
        )
    goal.understood.append(
        f"“{intent.words()}” → trunk {reached * 100:.3g} cm above the ground, "
        f"{_from_standing(offset)}"
    )


def _from_standing(offset: float) -> str:
    where = "below" if offset < 0 else "above"
    return f"{abs(offset) * 100:.1f} cm {where} standing"


def posture(intent: Intent, goal: Goal) -> None:
    """Nose up or down."""
    angle = _angle(Askable.PITCH, "pitch", intent, goal)
    goal.pitch = angle if intent.meaning["pitch"] == "down" else -angle
    goal.understood.append(
        f"“{intent.words()}” → nose {intent.meaning['pitch']} by {angle:.2f} rad"
    )


def _angle(quantity: Askable, table: str, intent: Intent, goal: Goal) -> float:
    """As far as the intent says."""
    explicit = intent.find(SlotKind.ANGLE)
    if explicit is None:
        return goal.amounts[table][extent(intent)]
    return round(clamp(quantity, explicit.meaning["value"], goal), 3)


def lean(intent: Intent, goal: Goal) -> None:
    """To a side, or forward and back."""
    ways = directions(intent, goal)
    if "forward" in ways or "backward" in ways or intent.meaning.get("axis") == "pitch":
        way = "up" if "backward" in ways else "down"
        posture(
            Intent(SlotKind.POSTURE, intent.text, {"pitch": way}, intent.slots, at=intent.at), goal
        )
        return
    angle = _angle(Askable.ROLL, "lean", intent, goal)
    right = "right" in ways
    goal.roll = angle if right else -angle
    side = "right" if right else "left"
    goal.understood.append(f"“{intent.words()}” → lean to the {side} by {angle:.2f} rad")
