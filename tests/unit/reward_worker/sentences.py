"""Sentences and what each must come to, from `sentences.toml`. Used by its tests."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from tabrl.robots import get_robot
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.limbs import feet_of

_GO1 = get_robot("go1")
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


def fields(found: Goal) -> dict[str, Any]:
    """What a goal asks for, as the tables write it."""
    targets = {name: getattr(found, name) for name in _TARGETS}
    named: dict[str, Any] = {name: round(t, 4) for name, t in targets.items() if t is not None}
    if found.rhythms:
        named["rhythms"] = {one.channel: [one.amplitude, one.hz] for one in found.rhythms}
    if found.hop:
        named["hop"] = [found.hop.height, found.hop.hz]
    if found.lift:
        named["lift"] = [feet_of(_GO1)[found.lift.foot], round(found.lift.height, 4)]
    if found.limp:
        named["limp"] = feet_of(_GO1)[found.limp]
    if found.gait:
        named["gait"] = found.gait
    if found.still:
        named["still"] = True
    if found.phases:
        named["phases"] = [
            {"s": round(phase.end - phase.start, 2), **fields(phase.goal)} for phase in found.phases
        ]
    if found.repeat:
        named["repeat"] = True
    return named


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
