"""Sentences and what each must come to, from `sentences.toml`. Used by its tests."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.plan import Plan

_TARGETS = ("vx", "vy", "yaw", "height", "pitch", "roll", "steps", "cadence", "rear")
_TABLE = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text("utf-8"))

# sentence -> fields of the goal, "phases" and "not_understood"
EVERY: dict[str, dict[str, Any]] = {
    sentence: expected
    for topic in _TABLE["understood"].values()
    for sentence, expected in topic.items()
}
# sentence -> a part of the message
DECLINED: dict[str, str] = {
    sentence: message
    for topic in _TABLE["declined"].values()
    for sentence, message in topic.items()
}


def fields(found: Plan) -> dict[str, Any]:
    """What a plan asks for, as the tables write it."""
    if not found.sequence:
        return _at_once(found.parts[0])
    phases = [
        {"s": round(one.end - one.start, 2), **_at_once(one.goal)} for one in found.segments()
    ]
    return {"phases": phases} | ({"repeat": True} if found.repeat else {})


def _at_once(found: Goal) -> dict[str, Any]:
    targets = {name: getattr(found, name) for name in _TARGETS}
    named: dict[str, Any] = {name: round(t, 4) for name, t in targets.items() if t is not None}
    if found.swings:
        named["rhythms"] = {name: [one.amplitude, one.hz] for name, one in found.swings.items()}
    if found.hop:
        named["hop"] = [found.hop.height, found.hop.hz]
    held, spared = found.find("foot_height"), found.find("foot_load")
    if held:
        named["lift"] = [held.part, round(found.lift or 0.0, 4)]
    if spared:
        named["limp"] = spared.part
    if found.gait:
        named["gait"] = found.gait
    if found.still:
        named["still"] = True
    return named


def walks_like_base(goal: Goal) -> bool:
    """Whether plain walking, 0.5 m/s in steps of 0.075 m at 2.2 Hz, meets what is asked for."""
    only_forward = goal.vx is not None and abs(goal.vx - 0.5) <= 0.25
    posture = (goal.vy, goal.yaw, goal.height, goal.pitch, goal.roll)
    others = (*posture, goal.lift, goal.find("foot_load"), goal.hop, goal.rear)
    low = goal.steps is None or (not goal.low_steps and goal.steps <= 0.09)
    in_step = goal.cadence is None or abs(2.2 / goal.cadence - 1.0) <= 0.15
    plain = low and in_step and not goal.swings and not goal.paired
    return only_forward and plain and all(target is None for target in others)


def _first_of_each(sequences: bool) -> dict[str, dict[str, Any]]:
    """One sentence for each goal, for tests that are about goals and not about words."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for sentence, expected in EVERY.items():
        if ("phases" in expected) is sequences:
            goal = {name: value for name, value in expected.items() if name != "not_understood"}
            found.setdefault(str(goal), (sentence, expected))
    return dict(found.values())


UNDERSTOOD = _first_of_each(sequences=False)
SEQUENCES = _first_of_each(sequences=True)
