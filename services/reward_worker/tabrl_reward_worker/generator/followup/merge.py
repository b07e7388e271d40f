"""What new words ask for, put into an earlier goal in the place of what it contradicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.interpret import is_asked
from tabrl_reward_worker.generator.reading.intents import Act, Reading

_FIELDS = ("yaw", "height", "pitch", "roll", "steps", "cadence", "lift", "limp", "hop", "rear")


def fitting(new: Goal, part: Goal, parts: Sequence[Goal]) -> Goal:
    """The new goal for one part: feet that another part already uses so are meant there alone."""
    fits = replace(new)
    for name in ("hop", "lift", "rear", "steps"):
        if getattr(part, name) is None and any(getattr(other, name) for other in parts):
            setattr(fits, name, None)
    return fits


def merge(goal: Goal, new: Goal, reading: Reading) -> None:
    """Put what the new words ask for in the place of what it contradicts."""
    if new.moves:
        steered = any(act.find("direction") or "direction" in act.meaning for act in reading.acts)
        speeds = [part for act in reading.acts if (part := act.find("speed")) is not None]
        steered = steered or any(part.meaning["value"] < 0.0 for part in speeds)
        if steered or not goal.moves:
            goal.vx, goal.vy = new.vx, new.vy
        elif any(act.find("speed") or act.find("pace") for act in reading.acts):
            ratio = abs(new.vx or 0.0) / max(abs(goal.vx or 0.0), abs(goal.vy or 0.0))
            goal.vx = round(goal.vx * ratio, 3) if goal.vx else goal.vx
            goal.vy = round(goal.vy * ratio, 3) if goal.vy else goal.vy
        goal.still = False
    for name in _FIELDS:
        if getattr(new, name) is not None:
            setattr(goal, name, getattr(new, name))
    goal.gait = new.gait or goal.gait
    named = {rhythm.channel for rhythm in new.rhythms}
    kept = tuple(rhythm for rhythm in goal.rhythms if rhythm.channel not in named)
    goal.rhythms = (*new.rhythms, *kept) if _beat_named(reading) else (*kept, *new.rhythms)
    _stop(goal, new, reading)
    denied = [act for act in reading.acts if act.denied]
    for act in denied:
        if not (act.kind == "MOVE" and new.moves):  # "don't run, walk"
            _drop(act, goal)
    if new.still or (denied and goal.empty):
        goal.still = not (goal.rhythms or goal.feet or goal.yaw or goal.moves)


def _stop(goal: Goal, new: Goal, reading: Reading) -> None:
    """Hold it where the new words say so, whatever else they ask for."""
    stands = [act for act in reading.acts if act.kind == "STAND" and not act.denied]
    turns = any(act.kind == "TURN" and act.meaning.get("place") for act in reading.acts)
    if new.moves or not (stands or turns or reading.in_place):
        return
    goal.vx = goal.vy = None
    if stands:
        goal.yaw, goal.gait, goal.steps, goal.cadence = new.yaw, new.gait, new.steps, new.cadence
    if len(stands) == len(reading.acts) and not reading.in_place:
        goal.rhythms, goal.hop = (), None
    if any(act.meaning.get("up") for act in stands):
        goal.height, goal.pitch, goal.rear, goal.lift = new.height, new.pitch, None, new.lift


def _beat_named(reading: Reading) -> bool:
    return any(act.find(kind) for act in reading.acts for kind in ("rate", "beat"))


def _drop(act: Act, goal: Goal) -> None:
    """Take out what is not wanted any more."""
    if act.kind == "RHYTHM":
        channels = (act.meaning.get("channel"), act.meaning.get("also"))
        goal.rhythms = tuple(one for one in goal.rhythms if one.channel not in channels)
        return
    if act.meaning.get("limp"):
        goal.limp = None
        return
    if act.kind in ("MOVE", "DIRECTION"):
        ways = act.meaning.get("ways", [])
        along, aside = {"forward", "backward"} & set(ways), set(ways) - {"forward", "backward"}
        goal.vx = None if not ways or is_asked(goal, along) else goal.vx
        goal.vy = None if not ways or is_asked(goal, aside) else goal.vy
        if not ways:
            goal.gait, goal.steps, goal.cadence = "", None, None
        return
    names = {
        "TURN": ("yaw",), "HEIGHT": ("height",), "POSTURE": ("pitch",), "LEAN": ("roll", "pitch"),
        "HOP": ("hop",), "PAW": ("lift",), "REAR": ("rear",), "STEP": ("steps", "cadence"),
    }  # fmt: skip
    for name in names.get(act.kind, ()):
        setattr(goal, name, None)
