"""What a sentence asks of the feet: hops, a lifted paw, high steps, standing on the hind legs."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl_reward_worker.generator.goal.goal import (
    LOW_STEPS,
    Goal,
    Hop,
    Lift,
    Rhythm,
    Table,
    abilities,
)
from tabrl_reward_worker.generator.goal.quantities import counted, directions, extent, limited, pace
from tabrl_reward_worker.generator.reading.intents import Act, Part

_GRAVITY = 9.81  # m/s²
_FEET = {
    ("front", "right"): "FR",
    ("front", "left"): "FL",
    ("hind", "right"): "RR",
    ("hind", "left"): "RL",
}
NAMES = {foot: f"{side} {end} foot" for (end, side), foot in _FEET.items()}


def hop(act: Act, goal: Goal) -> None:
    """Hops on the spot or along the directions named."""
    ways = directions(act, goal)
    speed = act.find("speed")
    travels = bool(ways) or speed is not None
    beat, rate = abilities()["hop_beat"], act.find("rate")
    far = _reach(act, ways, goal)
    hz = rate.meaning["value"] if rate else beat["normal" if travels else pace(act)]
    if far and rate is None:
        hz = max(beat["lowest"], min(hz, _travelling(ways[0])["limit"] / far))
    if not beat["lowest"] <= hz <= beat["highest"]:
        bounded = max(beat["lowest"], min(hz, beat["highest"]))
        goal.not_understood.append(f"{hz:g} hops a second cannot be done: {bounded:g}")
        hz = bounded
    hz = counted(act, hz, beat["lowest"], goal)
    height = _length(act, abilities()["hop"], goal)
    # All four feet are in the air for at most so much of a period.
    highest = _GRAVITY / 8.0 * (beat["flight"] / hz) ** 2
    named = rate is not None or (not travels and act.find("pace") is not None)
    goal.hop = Hop(round(min(height, highest), 3), round(hz, 2), named)
    goal.understood.append(
        f"“{act.words()}” → hop {goal.hop.height * 100:g} cm high, {hz:g} times a second"
    )
    for way in ways or (["forward"] if speed else []):
        _travel(act, way, far * goal.hop.hz, goal)


def _reach(act: Act, ways: Sequence[str], goal: Goal) -> float:
    """How far each hop is to go, m; 0 if the sentence does not say or the way takes many hops."""
    distance = act.find("distance")
    if distance is None:
        return 0.0
    far = float(distance.meaning["value"])
    table = _travelling(ways[0])
    if far > table["limit"] / abilities()["hop_beat"]["lowest"] + 1e-9 or act.find("speed"):
        speed = act.find("speed")
        goal.understood.append(f"“{distance.text}” → several hops, for one does not reach so far")
        goal.lasts = (distance.text, far / (speed.meaning["value"] if speed else table["normal"]))
        return 0.0
    goal.understood.append(f"“{distance.text}” → {far * 100:.3g} cm with every hop")
    return far


def _travelling(way: str) -> Table:
    sideways = way not in ("forward", "backward")
    return abilities()["hop_sideways" if sideways else f"hop_{way}"]


def _travel(act: Act, way: str, asked: float, goal: Goal) -> None:
    """Along a way, at the speed `asked` in m/s if it is not 0."""
    sideways = way not in ("forward", "backward")
    table = _travelling(way)
    explicit = act.find("speed")
    sign = -1.0 if way in ("backward", "right") else 1.0
    asked = asked or (explicit.meaning["value"] if explicit else table[pace(act)])
    speed = limited(sign * asked, table["limit"], "m/s while hopping", goal)
    if sideways:
        goal.vy = speed
    else:
        goal.vx = speed
    goal.understood.append(f"“{act.words()}” → {way} at {abs(speed):g} m/s")


def paw(act: Act, goal: Goal) -> None:
    """One foot held up; several words may say which."""
    sides = [side for side in directions(act, goal) if side in ("left", "right")]
    side = act.meaning.get("side") or (sides[0] if sides else "")
    end = str(act.meaning["end"])
    height = _length(act, abilities()["paw"], goal)
    if goal.lift is not None:
        known_end, known_side = next(
            place for place, foot in _FEET.items() if foot == goal.lift.foot
        )
        if side and goal.lift_named and (end, side) != (known_end, known_side):
            goal.not_understood.append(f"“{act.words()}”: only one foot at a time")
            return
        end = "hind" if "hind" in (end, known_end) else "front"
        side = side or known_side
        height = max(height, goal.lift.height) if act.qualifiers else goal.lift.height
    goal.lift_named = goal.lift_named or bool(side)
    goal.lift = Lift(_FEET[end, side or "right"], height)
    goal.understood.append(f"“{act.words()}” → {NAMES[goal.lift.foot]} up by {height * 100:g} cm")


def limp(act: Act, feet: Sequence[Act], goal: Goal) -> None:
    """Walking that spares one foot; `feet` are acts that say which."""
    named = Goal()
    for foot in feet:
        paw(foot, named)
    goal.limp = named.lift.foot if named.lift else _FEET["front", "right"]
    goal.not_understood += named.not_understood
    words = " ".join([act.text, *(foot.words() for foot in feet)])
    goal.understood.append(f"“{words}” → spare the {NAMES[goal.limp]}: short steps on it")


def rear(act: Act, goal: Goal) -> None:
    """Up on the hind legs."""
    goal.rear = abilities()["rear"][extent(act)]
    goal.understood.append(f"“{act.words()}” → up on the hind legs, nose up by {goal.rear:g} rad")


def step(act: Act, goal: Goal) -> None:
    """How high the feet are lifted while stepping."""
    table = abilities()["steps"]
    named = act.find("length") or act.find("extent") or act.find("degree")
    goal.steps = _length(act, table, goal) if named else table[act.meaning["steps"]]
    how = "no higher than" if goal.steps <= LOW_STEPS else "by"
    goal.understood.append(f"“{act.words()}” → feet lifted {how} {goal.steps * 100:g} cm")
    if act.find("rate"):
        cadence(act, goal)


def cadence(act: Act, goal: Goal) -> None:
    """How often each foot steps."""
    table, rate = abilities()["cadence"], act.find("rate")
    asked = rate.meaning["value"] if rate else table["lowest"]
    hz = max(table["lowest"], min(asked, table["highest"]))
    if hz != asked:
        goal.not_understood.append(f"{asked:g} steps a second cannot be done: {hz:g}")
    goal.cadence = round(hz, 2)
    goal.understood.append(f"“{act.words()}” → each foot steps {goal.cadence:g} times a second")


def _length(act: Act, table: Table, goal: Goal) -> float:
    explicit = act.find("length")
    if explicit is not None:
        return limited(explicit.meaning["value"], table["limit"], "m", goal)
    return table[extent(act)]


def step_in_place(goal: Goal) -> None:
    """Walking on the spot is stepping without getting anywhere."""
    if goal.moves and goal.steps is None and goal.hop is None:
        goal.steps = abilities()["steps"]["small"]
        goal.understood.append("walking on the spot → lift the feet in turn")


def hurry(pace: Part, goal: Goal) -> None:
    """ "run on the spot as fast as you can" is about how often the feet step."""
    table = abilities()["cadence"]
    step = int(pace.meaning["step"])
    goal.cadence = table["fast" if step > 0 else "slow"] if step else table["usual"]
    goal.understood.append(f"“{pace.text}” → each foot steps {goal.cadence:g} times a second")


def settle(goal: Goal) -> None:
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
            if goal.height == abilities()["height_rhythm"]["centre"]:
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
        goal.vx, goal.still = abilities()["forward"]["slow"], False
        goal.not_understood.append(f"it limps only while it walks: {goal.vx:g} m/s forward")
    if goal.limp is None:
        return
    if goal.steps is not None or goal.cadence is not None or goal.gait in ("pace", "bound"):
        goal.not_understood.append("while it limps, the limp alone says how it steps")
    goal.gait, goal.steps, goal.cadence = "", None, None
    goal.vx = _at_most(goal.vx, "limp", "m/s forward or back while limping", goal)


def _at_most(value: float | None, table: str, unit: str, goal: Goal) -> float | None:
    return None if value is None else limited(value, abilities()[table]["limit"], unit, goal)


def _calm(goal: Goal) -> None:
    """Posture within what is left to legs that hop or stand on three."""
    calm = abilities()["calm"]
    if goal.height is not None:
        limit = calm["low" if goal.height < 0.0 else "high"]
        goal.height = limited(goal.height, limit, "m of height on such legs", goal)
    if goal.pitch is not None:
        goal.pitch = limited(goal.pitch, calm["pitch"], "rad of pitch on such legs", goal)
    if goal.roll is not None:
        goal.roll = limited(goal.roll, calm["lean"], "rad of lean on such legs", goal)


def _stand_on(goal: Goal, reason: str, rhythms: tuple[Rhythm, ...]) -> None:
    if goal.moves or goal.yaw or goal.hop is not None or rhythms != goal.rhythms:
        goal.not_understood.append(reason)
    goal.vx = goal.vy = goal.yaw = None
    goal.gait, goal.rhythms = "", rhythms
