"""What cannot be had together: within a goal, something gives way, and it is said what."""

from __future__ import annotations

from tabrl_reward_worker.generator.goal.goal import Goal, Rhythm
from tabrl_reward_worker.generator.goal.quantities import limited


def resolve_constraints(goal: Goal) -> None:
    """Bring a goal within what can be done at the same time."""
    share_frequency(goal)
    fit_into_limits(goal)
    resolve_feet(goal)


def share_frequency(goal: Goal) -> None:
    """All rhythms follow the first one's frequency."""
    if len({rhythm.hz for rhythm in goal.rhythms}) > 1:
        hz = goal.rhythms[0].hz
        goal.understood.append(f"one beat for everything → {hz:g} Hz")
        goal.rhythms = tuple(Rhythm(r.channel, r.amplitude, hz) for r in goal.rhythms)


def fit_into_limits(goal: Goal) -> None:
    """Keep held posture plus rhythm within what the legs can reach."""
    for found in goal.rhythms:
        if found.channel == "height":
            low, high = -goal.amounts["low"]["limit"], goal.amounts["high"]["limit"]
            usual = goal.amounts["height_rhythm"]["centre"]
            centre = usual if goal.height is None else goal.height
            goal.height = round(max(low + found.amplitude, min(centre, high - found.amplitude)), 3)
        elif found.channel == "pitch" and goal.pitch:
            room = goal.amounts["pitch"]["limit"] - found.amplitude / 2
            goal.pitch = max(-room, min(goal.pitch, room))
        elif found.channel == "roll" and goal.roll:
            room = goal.amounts["lean"]["limit"] - found.amplitude / 2
            goal.roll = max(-room, min(goal.roll, room))


def resolve_feet(goal: Goal) -> None:
    """Leave out what the feet cannot do at the same time, and say so."""
    if goal.limp is not None:
        _limping(goal)
    if goal.rear is not None:
        _stand_on(goal, "on the hind legs it stays in place and does nothing else", rhythms=())
        goal.hop = goal.lift = goal.steps = goal.height = goal.pitch = goal.roll = None
    elif goal.lift is not None:
        kept = tuple(rhythm for rhythm in goal.rhythms if rhythm.channel == "paw")
        reason = "on three legs it stays in place, and only the paw moves"
        if goal.moves:
            reason += "; what walks is a limp: “limp on your left front leg”"
        _stand_on(goal, reason, rhythms=kept)
        goal.hop = goal.steps = None
        _calm(goal)
    elif goal.hop is not None:
        goal.steps, goal.gait = None, ""
        kept = tuple(rhythm for rhythm in goal.rhythms if rhythm.channel == "heading")
        if kept != goal.rhythms:
            goal.not_understood.append("while it hops, hopping is the only beat of the trunk")
            if goal.height == goal.amounts["height_rhythm"]["centre"]:
                goal.height = None  # the middle of a bob, which there is none of
            goal.rhythms = kept
        goal.vx = _at_most(goal.vx, "hop_forward", "m/s while hopping", goal)
        goal.vy = _at_most(goal.vy, "hop_sideways", "m/s while hopping", goal)
        goal.yaw = _at_most(goal.yaw, "hop_turn", "rad/s while hopping", goal)
        _calm(goal)
    elif goal.gait in ("pace", "bound"):
        goal.vx = _at_most(goal.vx, "paired", f"m/s in this gait ({goal.gait})", goal)
    elif goal.steps is not None and not goal.moves and goal.yaw is None:
        goal.understood.append("no speed is asked for → step on the spot")


def _limping(goal: Goal) -> None:
    """A limp is a way of walking, and takes the feet's other ways away."""
    if goal.rear is not None or goal.lift is not None or goal.hop is not None:
        goal.limp = None
        goal.not_understood.append("it limps only while it walks on four legs")
    elif not goal.moves:
        goal.vx, goal.still = goal.amounts["forward"]["slow"], False
        goal.not_understood.append(f"it limps only while it walks: {goal.vx:g} m/s forward")
    if goal.limp is None:
        return
    if goal.steps is not None or goal.cadence is not None or goal.gait in ("pace", "bound"):
        goal.not_understood.append("while it limps, the limp alone says how it steps")
    goal.gait, goal.steps, goal.cadence = "", None, None
    goal.vx = _at_most(goal.vx, "limp", "m/s forward or back while limping", goal)


def _at_most(value: float | None, table: str, unit: str, goal: Goal) -> float | None:
    return None if value is None else limited(value, goal.amounts[table]["limit"], unit, goal)


def _calm(goal: Goal) -> None:
    """Posture within what is left to legs that hop or stand on three."""
    calm, tilt = goal.amounts["calm"], goal.amounts["calm_tilt"]
    if goal.height is not None:
        limit = calm["low" if goal.height < 0.0 else "high"]
        goal.height = limited(goal.height, limit, "m of height on such legs", goal)
    if goal.pitch is not None:
        goal.pitch = limited(goal.pitch, tilt["pitch"], "rad of pitch on such legs", goal)
    if goal.roll is not None:
        goal.roll = limited(goal.roll, tilt["lean"], "rad of lean on such legs", goal)


def _stand_on(goal: Goal, reason: str, rhythms: tuple[Rhythm, ...]) -> None:
    if goal.moves or goal.yaw or goal.hop is not None or rhythms != goal.rhythms:
        goal.not_understood.append(reason)
    goal.vx = goal.vy = goal.yaw = None
    goal.gait, goal.rhythms = "", rhythms
