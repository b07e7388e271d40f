"""What a sentence asks of the feet: hops, a lifted paw, high steps, standing on the hind legs."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.abilities import Table
from tabrl_reward_worker.generator.goal.goal import Foot, Goal, Hop, Lift
from tabrl_reward_worker.generator.goal.limits import clamp, clamp_rate, limited
from tabrl_reward_worker.generator.goal.quantities import (
    directions,
    extent,
    frequency_by_count,
    pace,
)
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

_GRAVITY = 9.81  # m/s²


def hop(intent: Intent, goal: Goal) -> None:
    """Hops on the spot or along the directions named."""
    ways = directions(intent, goal)
    speed = intent.find(SlotKind.SPEED)
    travels = bool(ways) or speed is not None
    frequencies, rate = goal.amounts["hop_frequency"], intent.find(SlotKind.RATE)
    far = _reach(intent, ways, goal)
    hz = rate.meaning["value"] if rate else frequencies["normal" if travels else pace(intent)]
    if far and rate is None:
        hz = max(frequencies["lowest"], min(hz, _travelling(ways[0], goal)["limit"] / far))
    hz = clamp_rate(Askable.HOP_RATE, hz, goal)
    hz = frequency_by_count(intent, hz, frequencies["lowest"], goal)
    height = _length(Askable.HOP_HEIGHT, "hop", intent, goal)
    # All four feet are in the air for at most so much of a period.
    highest = _GRAVITY / 8.0 * (goal.amounts["hop_flight"]["limit"] / hz) ** 2
    named = rate is not None or (not travels and intent.find(SlotKind.PACE) is not None)
    goal.hop = found = Hop(round(min(height, highest), 3), round(hz, 2), named)
    goal.understood.append(
        f"“{intent.words()}” → hop {found.height * 100:g} cm high, {hz:g} times a second"
    )
    for way in ways or (["forward"] if speed else []):
        _travel(intent, way, far * found.hz, goal)


def _reach(intent: Intent, ways: Sequence[str], goal: Goal) -> float:
    """How far each hop is to go, m; 0 if the sentence does not say or the way takes many hops."""
    distance = intent.find(SlotKind.DISTANCE)
    if distance is None:
        return 0.0
    far = float(distance.meaning["value"])
    table = _travelling(ways[0], goal)
    if far > table["limit"] / goal.amounts["hop_frequency"]["lowest"] + 1e-9 or intent.find(
        SlotKind.SPEED
    ):
        speed = intent.find(SlotKind.SPEED)
        goal.understood.append(f"“{distance.text}” → several hops, for one does not reach so far")
        goal.lasts = (distance.text, far / (speed.meaning["value"] if speed else table["normal"]))
        return 0.0
    goal.understood.append(f"“{distance.text}” → {far * 100:.3g} cm with every hop")
    return far


def _travelling(way: str, goal: Goal) -> Table:
    sideways = way not in ("forward", "backward")
    return goal.amounts["hop_sideways" if sideways else f"hop_{way}"]


def _travel(intent: Intent, way: str, asked: float, goal: Goal) -> None:
    """Along a way, at the speed `asked` in m/s if it is not 0."""
    sideways = way not in ("forward", "backward")
    table = _travelling(way, goal)
    explicit = intent.find(SlotKind.SPEED)
    sign = -1.0 if way in ("backward", "right") else 1.0
    asked = asked or (explicit.meaning["value"] if explicit else table[pace(intent)])
    speed = limited(sign * asked, table["limit"], "m/s while hopping", goal)
    if sideways:
        goal.vy = speed
    else:
        goal.vx = speed
    goal.understood.append(f"“{intent.words()}” → {way} at {abs(speed):g} m/s")


def paw(intent: Intent, goal: Goal) -> None:
    """One foot held up; several words may say which."""
    sides = [side for side in directions(intent, goal) if side in ("left", "right")]
    side = intent.meaning.get("side") or (sides[0] if sides else "")
    end = str(intent.meaning["end"])
    height = _length(Askable.FOOT_HEIGHT, "paw", intent, goal)
    if goal.lift is not None:
        known = goal.lift.foot
        if side and goal.lift_named and (end, side) != known:
            goal.not_understood.append(f"“{intent.words()}”: only one foot at a time")
            return
        end = "rear" if "rear" in (end, known.end) else "front"
        side = side or known.side
        height = max(height, goal.lift.height) if intent.slots else goal.lift.height
    goal.lift_named = goal.lift_named or bool(side)
    goal.lift = lift = Lift(Foot(end, side or "right"), height)
    goal.understood.append(f"“{intent.words()}” → {lift.foot.words} up by {height * 100:g} cm")


def limp(intent: Intent, feet: Sequence[Intent], goal: Goal) -> None:
    """Walking that spares one foot; `feet` are intents that say which."""
    named = Goal(goal.amounts)
    for foot in feet:
        paw(foot, named)
    goal.limp = named.lift.foot if named.lift else Foot("front", "right")
    goal.not_understood += named.not_understood
    words = " ".join([intent.text, *(foot.words() for foot in feet)])
    goal.understood.append(f"“{words}” → spare the {goal.limp.words}: short steps on it")


def rear(intent: Intent, goal: Goal) -> None:
    """Up on the hind legs."""
    goal.rear = goal.amounts["rear"][extent(intent)]
    goal.understood.append(
        f"“{intent.words()}” → up on the hind legs, nose up by {goal.rear:g} rad"
    )


def step(intent: Intent, goal: Goal) -> None:
    """How high the feet are lifted while stepping."""
    said = [intent.find(kind) for kind in (SlotKind.LENGTH, SlotKind.EXTENT, SlotKind.DEGREE)]
    if any(said):
        high = _length(Askable.STEP_HEIGHT, "steps", intent, goal)
    else:
        high = goal.amounts["steps"][intent.meaning["steps"]]
    goal.steps = high
    how = "no higher than" if goal.low_steps else "by"
    goal.understood.append(f"“{intent.words()}” → feet lifted {how} {high * 100:g} cm")
    if intent.find(SlotKind.RATE):
        cadence(intent, goal)


def cadence(intent: Intent, goal: Goal) -> None:
    """How often each foot steps."""
    table, rate = goal.amounts["cadence"], intent.find(SlotKind.RATE)
    asked = rate.meaning["value"] if rate else table["lowest"]
    goal.cadence = round(clamp_rate(Askable.STEP_RATE, asked, goal), 2)
    goal.understood.append(f"“{intent.words()}” → each foot steps {goal.cadence:g} times a second")


def _length(quantity: Askable, table: str, intent: Intent, goal: Goal) -> float:
    """As far as the intent says, m."""
    explicit = intent.find(SlotKind.LENGTH)
    if explicit is not None:
        return clamp(quantity, explicit.meaning["value"], goal)
    return goal.amounts[table][extent(intent)]


def step_in_place(goal: Goal) -> None:
    """Walking on the spot is stepping without getting anywhere."""
    if goal.moves and goal.steps is None and goal.hop is None:
        goal.steps = goal.amounts["steps"]["small"]
        goal.understood.append("walking on the spot → lift the feet in turn")


def hurry(pace: Slot, goal: Goal) -> None:
    """ "run on the spot as fast as you can" is about how often the feet step."""
    table = goal.amounts["cadence"]
    step = int(pace.meaning["step"])
    goal.cadence = table["fast" if step > 0 else "slow"] if step else table["usual"]
    goal.understood.append(f"“{pace.text}” → each foot steps {goal.cadence:g} times a second")
