"""What a sentence asks of the trunk at rest: its height, and how it is tilted."""

from __future__ import annotations

from tabrl_reward_worker.generator.goal.goal import Goal, abilities
from tabrl_reward_worker.generator.goal.quantities import directions, extent, limited
from tabrl_reward_worker.generator.reading.intents import Act, Part

_MOST = 0.15  # m: a longer length is no change of height


def height(act: Act, goal: Goal) -> None:
    """Below or above standing, or so high above the ground; of two heights the first."""
    length = act.find("length")
    if length is not None and (act.meaning["height"] == "at" or is_level(act)):
        _level(act, length, goal)
        return
    kind = act.meaning["height"]
    if kind == "at":
        if "of" not in act.meaning and goal.height is None:
            goal.not_understood.append(act.words())
        return
    table = abilities()[kind]
    offset = table[extent(act)]
    if length is not None and length.meaning["value"] <= _MOST:
        offset = limited(length.meaning["value"], table["limit"], "m", goal)
    elif length is not None:
        goal.not_understood.append(f"“{length.text}”: too much for a change of height")
    more = length is not None or extent(act) != "normal"
    if goal.height is None or (more and (goal.height < 0) == (kind == "low")):
        goal.height = -offset if kind == "low" else offset
    goal.understood.append(f"“{act.words()}” → {_from_standing(goal.height)}")


def is_level(act: Act) -> bool:
    """Whether "crouch to 22 cm" says where the trunk is, and not by how much it moves."""
    length = act.find("length")
    if length is None or length.meaning["value"] <= _MOST or length.meaning.get("by"):
        return False
    if act.meaning.get("level"):
        return True
    rises = act.meaning["height"] == "high"
    return not (rises and length.meaning["value"] < abilities()["trunk"]["standing"])


def _level(act: Act, length: Part, goal: Goal) -> None:
    """So many m above the ground, within what the legs can reach."""
    standing, asked = abilities()["trunk"]["standing"], length.meaning["value"]
    low, high = abilities()["low"]["limit"], abilities()["high"]["limit"]
    trunk = asked + act.meaning.get("below", 0.0)
    goal.height = round(max(-low, min(trunk - standing, high)), 3)
    reached = standing + goal.height
    if abs(reached - trunk) > 1e-3:
        goal.not_understood.append(
            f"{trunk * 100:.3g} cm above the ground is out of the trunk's reach: "
            f"{reached * 100:.3g} cm"
        )
    goal.understood.append(
        f"“{act.words()}” → trunk {reached * 100:.3g} cm above the ground, "
        f"{_from_standing(goal.height)}"
    )


def _from_standing(offset: float) -> str:
    where = "below" if offset < 0 else "above"
    return f"{abs(offset) * 100:.1f} cm {where} standing"


def posture(act: Act, goal: Goal) -> None:
    """Nose up or down."""
    numbers = abilities()["pitch"]
    explicit = act.find("angle")
    angle = numbers[extent(act)]
    if explicit is not None:
        angle = round(limited(explicit.meaning["value"], numbers["limit"], "rad", goal), 3)
    goal.pitch = angle if act.meaning["pitch"] == "down" else -angle
    goal.understood.append(f"“{act.words()}” → nose {act.meaning['pitch']} by {angle:.2f} rad")


def lean(act: Act, goal: Goal) -> None:
    """To a side, or forward and back."""
    ways = directions(act, goal)
    if "forward" in ways or "backward" in ways or act.meaning.get("axis") == "pitch":
        way = "up" if "backward" in ways else "down"
        posture(Act("POSTURE", act.text, {"pitch": way}, act.qualifiers, at=act.at), goal)
        return
    numbers = abilities()["lean"]
    explicit = act.find("angle")
    angle = numbers[extent(act)]
    if explicit is not None:
        angle = round(limited(explicit.meaning["value"], numbers["limit"], "rad", goal), 3)
    right = "right" in ways
    goal.roll = angle if right else -angle
    side = "right" if right else "left"
    goal.understood.append(f"“{act.words()}” → lean to the {side} by {angle:.2f} rad")
