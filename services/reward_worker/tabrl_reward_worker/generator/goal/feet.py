"""What a sentence asks of the feet: hops, a lifted paw, high steps, standing on the hind legs."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.abilities import Table
from tabrl_reward_worker.generator.goal.goal import LIMP_LOAD, Goal, Hop
from tabrl_reward_worker.generator.goal.limits import clamp_rate, limited
from tabrl_reward_worker.generator.goal.quantities import (
    amount,
    directions,
    extent,
    frequency_by_count,
    pace,
    said,
)
from tabrl_reward_worker.generator.goal.targets import Foot
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

_GRAVITY = 9.81  # m/s²


def hop(intent: Intent, goal: Goal) -> None:
    """Hops on the spot or along the directions named."""
    ways, speed = directions(intent, goal), intent.find(SlotKind.SPEED)
    travels = bool(ways) or speed is not None
    rates, rate = goal.amounts["hop_frequency"], said(intent, SlotKind.RATE)
    far = _reach(intent, ways, goal)
    hz = rates["normal" if travels else pace(intent)] if rate is None else rate
    if far and rate is None:
        hz = max(rates["lowest"], min(hz, _travelling(ways[0], goal)["limit"] / far))
    hz = clamp_rate(Askable.HOP_RATE, hz, goal)
    hz = frequency_by_count(intent, hz, rates["lowest"], goal)
    height = amount(Askable.HOP_HEIGHT, intent, SlotKind.LENGTH, "hop", goal)
    # All four feet are in the air for at most so much of a period.
    highest = _GRAVITY / 8.0 * (goal.amounts["hop_flight"]["limit"] / hz) ** 2
    named = rate is not None or (not travels and intent.find(SlotKind.PACE) is not None)
    goal.hop = found = Hop(round(min(height, highest), 3), round(hz, 2), named)
    high = f"hop {found.height * 100:.3g} cm high, {hz:.3g} times a second"
    goal.say(intent.words(), high)
    for way in ways or (["forward"] if speed else []):
        _travel(intent, way, far * found.hz, goal)


def _reach(intent: Intent, ways: Sequence[str], goal: Goal) -> float:
    """How far each hop is to go, m; 0 if the sentence does not say or the way takes many hops."""
    distance, speed = intent.find(SlotKind.DISTANCE), said(intent, SlotKind.SPEED)
    if distance is None:
        return 0.0
    far, table = float(distance.meaning["value"]), _travelling(ways[0], goal)
    farthest = table["limit"] / goal.amounts["hop_frequency"]["lowest"]
    if far > farthest + 1e-9 or speed is not None:
        goal.say(distance.text, "several hops, for one does not reach so far")
        goal.lasts = (distance.text, far / (table["normal"] if speed is None else speed))
        return 0.0
    goal.say(distance.text, f"{far * 100:.3g} cm with every hop")
    return far


def _travelling(way: str, goal: Goal) -> Table:
    along = way in ("forward", "backward")
    return goal.amounts[f"hop_{way}" if along else "hop_sideways"]


def _travel(intent: Intent, way: str, asked: float, goal: Goal) -> None:
    """Along a way, at the speed `asked` in m/s if it is not 0."""
    table, speed = _travelling(way, goal), said(intent, SlotKind.SPEED)
    asked = asked or (table[pace(intent)] if speed is None else speed)
    sign = -1.0 if way in ("backward", "right") else 1.0
    speed = limited(sign * asked, table["limit"], "m/s while hopping", goal)
    if way in ("forward", "backward"):
        goal.vx = speed
    else:
        goal.vy = speed
    goal.say(intent.words(), f"{way} at {abs(speed):.3g} m/s")


def paw(intent: Intent, goal: Goal) -> None:
    """One foot held up; several words may say which."""
    sides = [side for side in directions(intent, goal) if side in ("left", "right")]
    side = intent.meaning.get("side") or (sides[0] if sides else "")
    end = str(intent.meaning["end"])
    height = amount(Askable.FOOT_HEIGHT, intent, SlotKind.LENGTH, "paw", goal)
    known = goal.foot(Askable.FOOT_HEIGHT)
    if known is not None and goal.lift is not None:
        if side and goal.lift_named and (end, side) != known:
            goal.not_understood.append(f"“{intent.words()}”: only one foot at a time")
            return
        end = "rear" if "rear" in (end, known.end) else "front"
        height = max(height, goal.lift) if intent.slots else goal.lift
    goal.lift_named = goal.lift_named or bool(side)
    foot = Foot(end, side or (known.side if known else "right"))
    goal.lift = height
    goal.place(Askable.FOOT_HEIGHT, foot)
    goal.say(intent.words(), f"{foot.words} up by {height * 100:.3g} cm")


def limp(intent: Intent, feet: Sequence[Intent], goal: Goal) -> None:
    """Walking that spares one foot; `feet` are intents that say which."""
    named = Goal(goal.amounts)
    for foot in feet:
        paw(foot, named)
    spared = named.foot(Askable.FOOT_HEIGHT) or Foot("front", "right")
    goal.hold(Askable.FOOT_LOAD, LIMP_LOAD)
    goal.place(Askable.FOOT_LOAD, spared)
    goal.not_understood += named.not_understood
    words = " ".join([intent.text, *(foot.words() for foot in feet)])
    goal.say(words, f"spare the {spared.words}: short steps on it")


def rear(intent: Intent, goal: Goal) -> None:
    """Up on the hind legs."""
    goal.rear = goal.amounts["rear"][extent(intent)]
    goal.say(intent.words(), f"up on the hind legs, nose up by {goal.rear:.3g} rad")


def step(intent: Intent, goal: Goal) -> None:
    """How high the feet are lifted while stepping."""
    if any(map(intent.find, (SlotKind.LENGTH, SlotKind.EXTENT, SlotKind.DEGREE))):
        high = amount(Askable.STEP_HEIGHT, intent, SlotKind.LENGTH, "steps", goal)
    else:
        high = goal.amounts["steps"][intent.meaning["steps"]]
    goal.steps = high
    how = "no higher than" if goal.low_steps else "by"
    goal.say(intent.words(), f"feet lifted {how} {high * 100:.3g} cm")
    if intent.find(SlotKind.RATE):
        cadence(intent, goal)


def cadence(intent: Intent, goal: Goal) -> None:
    """How often each foot steps."""
    rate = said(intent, SlotKind.RATE)
    asked = goal.amounts["cadence"]["lowest"] if rate is None else rate
    goal.cadence = round(clamp_rate(Askable.STEP_RATE, asked, goal), 2)
    goal.say(intent.words(), f"each foot steps {goal.cadence:.3g} times a second")


def step_in_place(goal: Goal) -> None:
    """Walking on the spot is stepping without getting anywhere."""
    if goal.moves and goal.steps is None and goal.hop is None:
        goal.steps = goal.amounts["steps"]["small"]
        goal.understood.append("walking on the spot → lift the feet in turn")


def hurry(pace: Slot, goal: Goal) -> None:
    """ "run on the spot as fast as you can" is about how often the feet step."""
    table, step = goal.amounts["cadence"], int(pace.meaning["step"])
    goal.cadence = table["fast" if step > 0 else "slow"] if step else table["usual"]
    goal.say(pace.text, f"each foot steps {goal.cadence:.3g} times a second")
