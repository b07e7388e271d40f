"""What people say of what they have seen: what it does, should do, or does not do.

A complaint is taken as less of what it is about, or as none of it; it never asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from tabrl_reward_worker.generator.followup.comparisons import compared, target_of
from tabrl_reward_worker.generator.followup.merge import drop
from tabrl_reward_worker.generator.followup.numbers import Comparison, amplitude_of
from tabrl_reward_worker.generator.followup.phrases import begins
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import SlotKind

_LESS = 0.6
# What is held at nothing, where it was not asked for.
_HELD = {SlotKind.LEAN: "roll", SlotKind.POSTURE: "pitch", SlotKind.HEIGHT: "height"}


@dataclass(frozen=True)
class Remark:
    """What is said of the robot, or of its `feet` alone, without the words that say so.

    Its `mood` is a table of complaints.toml: wanted, unwanted, lacking or seen.
    """

    mood: str
    text: str
    feet: bool = False


@dataclass(frozen=True)
class Complaint:
    """What there is to be less of: `much` of it was seen, or any at all."""

    text: str
    intents: tuple[Intent, ...]
    much: bool


def remark_in(clause: str, before: Remark | None) -> Remark | None:
    """The clause as a remark; one without a subject goes on with the remark `before` it."""
    for mood in ("lacking", "unwanted", "wanted"):
        alone = begins(f"{mood}_alone", clause)
        if alone:
            return Remark(mood, alone[0])
    subject = begins("subject", clause)
    if subject is None:
        return Remark(before.mood, clause, before.feet) if before else None
    said, feet = subject[0], bool(subject[1].get("feet"))
    moods = ("unwanted", "wanted", "lacking", "seen")
    done = ((mood, begins(mood, said)) for mood in moods)
    remarks = (Remark(mood, found[0], feet) for mood, found in done if found and found[0])
    return next(remarks, Remark("seen", said, feet))


def relieve(complaint: Complaint, goal: Goal) -> bool:
    """Less of it in the goal, or none; False if there is nothing that could be taken away."""
    done = [message for intent in complaint.intents if (message := _less(complaint, intent, goal))]
    if done:
        goal.understood.append(f"“{complaint.text}” → {', '.join(dict.fromkeys(done))}")
    return bool(done)


def level(text: str, goal: Goal) -> None:
    """Hold the trunk level."""
    goal.rest("roll", "pitch")
    goal.roll = goal.pitch = 0.0
    goal.understood.append(f"“{text}” → the trunk level")


def _less(complaint: Complaint, intent: Intent, goal: Goal) -> str:
    name = _HELD.get(intent.kind, str(intent.meaning.get("channel", "")))
    way = intent.find(SlotKind.DIRECTION)
    along = way is not None and way.meaning["direction"] in ("forward", "backward")
    if intent.kind == SlotKind.LEAN and (along or intent.meaning.get("axis")):
        name = "pitch"
    targets = (target_of(intent), amplitude_of(name), name) if complaint.much else ()
    for target in filter(None, targets):
        less = Comparison(complaint.text, "extent", _LESS, 0.0, target)
        done = compared(less, target, goal)
        if done:
            return done
    if intent.kind in (SlotKind.MOVE, SlotKind.STAND):
        return _halted(intent, goal)
    without = goal.copy()
    drop(intent, without)
    without.rest(name)
    if without.beside_standing == goal.beside_standing:
        return _levelled(name, goal)
    goal.targets = without.targets
    return "without it"


def _halted(intent: Intent, goal: Goal) -> str:
    """ "it walks away" of what was to stay in its place."""
    if intent.kind == SlotKind.STAND or goal.moves or goal.yaw:
        return ""
    goal.still = not (goal.swings or goal.feet)
    return "stay in place"


def _levelled(name: str, goal: Goal) -> str:
    """Held at nothing: what was not asked for, but was seen."""
    if name not in _HELD.values() or getattr(goal, name) not in (None, 0.0):
        return ""
    setattr(goal, name, 0.0)
    return {"roll": "no roll", "pitch": "no pitch", "height": "at its standing height"}[name]
