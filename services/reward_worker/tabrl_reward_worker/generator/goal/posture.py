"""What a sentence asks of the trunk at rest: its height, and how it is tilted."""

from __future__ import annotations

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.limits import clamp, ranges
from tabrl_reward_worker.generator.goal.quantities import amount, directions, extent, said
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import SlotKind

_MAX_OFFSET = 0.15  # m, of the reference robot: a longer length is no change of height


def height(intent: Intent, goal: Goal) -> None:
    """Below or above standing, or so high above the ground; of two heights the first."""
    length, way = intent.find(SlotKind.LENGTH), str(intent.meaning["height"])
    if length is not None and (way == "at" or is_level(intent, goal.amounts)):
        _level(intent, float(length.meaning["value"]), goal)
        return
    before = None if goal.bobs_as_usual else goal.height
    if way == "at":
        if before is not None:
            goal.say(intent.words(), from_standing(before))
        elif "of" not in intent.meaning:
            goal.not_understood.append(intent.words())
        return
    sign = -1.0 if way == "low" else 1.0
    offset = sign * goal.amounts[way][extent(intent)]
    if length is not None and length.meaning["value"] <= goal.amounts.length(_MAX_OFFSET):
        offset = clamp(Askable.HEIGHT, sign * length.meaning["value"], goal)
    elif length is not None:
        goal.not_understood.append(f"“{length.text}”: too much for a change of height")
    more = length is not None or extent(intent) != "normal"
    if before is None or (more and (before < 0) == (way == "low")):
        goal.height = before = offset
    goal.say(intent.words(), from_standing(before))


def is_level(intent: Intent, amounts: Amounts) -> bool:
    """Whether "crouch to 22 cm" says where the trunk is, and not by how much it moves."""
    length = intent.find(SlotKind.LENGTH)
    if length is None or length.meaning.get("by"):
        return False
    if length.meaning["value"] <= amounts.length(_MAX_OFFSET):
        return False
    rises = intent.meaning["height"] == "high" and length.meaning["value"] < amounts.standing
    return bool(intent.meaning.get("level")) or not rises


def _level(intent: Intent, asked: float, goal: Goal) -> None:
    """So many m above the ground, within what the legs can reach."""
    standing, one = goal.amounts.standing, ranges(goal.amounts)[Askable.HEIGHT]
    trunk = asked + intent.meaning.get("below", 0.0)
    goal.height = offset = round(max(-one.down, min(trunk - standing, one.up)), 3)
    reached = standing + offset
    if abs(reached - trunk) > 1e-3:
        reach = f"{trunk * 100:.3g} cm above the ground is out of the trunk's reach"
        goal.not_understood.append(f"{reach}: {reached * 100:.3g} cm")
    level = f"trunk {reached * 100:.3g} cm above the ground"
    goal.say(intent.words(), f"{level}, {from_standing(offset)}")


def from_standing(offset: float) -> str:
    """A height in words."""
    return f"{abs(offset) * 100:.1f} cm {'below' if offset < 0 else 'above'} standing"


def posture(intent: Intent, goal: Goal) -> None:
    """Nose up or down."""
    angle, way = _angle(Askable.PITCH, "pitch", intent, goal), intent.meaning["pitch"]
    goal.pitch = angle if way == "down" else -angle
    goal.say(intent.words(), f"nose {way} by {angle:.2f} rad")


def lean(intent: Intent, goal: Goal) -> None:
    """To a side, or forward and back."""
    ways = directions(intent, goal)
    if "forward" in ways or "backward" in ways or intent.meaning.get("axis") == "pitch":
        how = {"pitch": "up" if "backward" in ways else "down"}
        posture(Intent(SlotKind.POSTURE, intent.text, how, intent.slots, at=intent.at), goal)
        return
    angle, right = _angle(Askable.ROLL, "lean", intent, goal), "right" in ways
    goal.roll = angle if right else -angle
    goal.say(intent.words(), f"lean to the {'right' if right else 'left'} by {angle:.2f} rad")


def _angle(quantity: Askable, table: str, intent: Intent, goal: Goal) -> float:
    angle = amount(quantity, intent, SlotKind.ANGLE, table, goal)
    return angle if said(intent, SlotKind.ANGLE) is None else round(angle, 3)
