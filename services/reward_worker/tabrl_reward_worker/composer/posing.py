"""What a sentence asks of the trunk at rest: its height, and how it is tilted."""

from __future__ import annotations

from tabrl_reward_worker.composer.acts import Act
from tabrl_reward_worker.composer.amounts import directions, extent, limited
from tabrl_reward_worker.composer.targets import Goal, abilities

_MOST = 0.15  # m: a longer length is no change of height


def height(act: Act, goal: Goal) -> None:
    """Below or above standing; of two heights the first."""
    kind = act.meaning["height"]
    table = abilities()[kind]
    length = act.find("length")
    offset = table[extent(act)]
    if length is not None and length.meaning["value"] <= _MOST:
        offset = limited(length.meaning["value"], table["limit"], "m", goal)
    elif length is not None:
        goal.not_understood.append(f"“{length.text}”: too much for a change of height")
    more = length is not None or extent(act) != "normal"
    if goal.height is None or (more and (goal.height < 0) == (kind == "low")):
        goal.height = -offset if kind == "low" else offset
    where = "below" if goal.height < 0 else "above"
    goal.understood.append(f"“{act.words()}” → {abs(goal.height) * 100:.1f} cm {where} standing")


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
