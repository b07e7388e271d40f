"""Follow-ups that are only an amount, a pace or a side: "20 cm", "as fast as you can", "right".

They say what to change by their unit alone, so they are read against what the earlier goal has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tabrl_reward_worker.generator.goal.feet import NAMES
from tabrl_reward_worker.generator.goal.goal import Goal, Lift, abilities
from tabrl_reward_worker.generator.goal.quantities import PACES, limited
from tabrl_reward_worker.generator.reading.intents import ACTIONS
from tabrl_reward_worker.generator.reading.lexicon import Word, lexicon
from tabrl_reward_worker.generator.reading.measures import measured

_MEASURES = ("SPEED", "TURN_RATE", "RATE", "LENGTH", "ANGLE", "RADIUS", "DURATION", "NUMBER")
_ASIDE = ("EXTENT", "DEGREE", "LIKE", "SEP", "COUNT", "WORD", "UNIT")
_LEVEL = 0.15  # m: a longer length is a height above the ground, not a change of it
_LEAST_SPEED = 0.1  # m/s or rad/s: slower is standing
_PACE_STEPS = {"slowest": 0, "slow": 1, "normal": 2, "fast": 3, "fastest": 4}
_OTHER_SIDE = {"FR": "FL", "FL": "FR", "RR": "RL", "RL": "RR"}
_RHYTHMS = {"roll": "its sway", "pitch": "its nod", "heading": "its twist"}
_EXAMPLES = {
    "SPEED": "“walk at 0.4 m/s”",
    "TURN_RATE": "“turn at 0.5 rad/s”",
    "RATE": "“sway twice a second” or “take 2 steps a second”",
    "LENGTH": "“crouch by 5 cm”, “hop 6 cm high”, “feet lifted 10 cm” or a speed such as “0.4 m/s”",
    "ANGLE": "“bow by 15 degrees”, “lean left by 10 degrees” or “turn at 30 degrees per second”",
    "RADIUS": "“walk in a circle with a radius of 1 m”",
}


class UnclearError(Exception):
    """An amount that fits nothing, or more than one thing; the message says what to write."""


@dataclass(frozen=True)
class Fit:
    """A number of a goal: what it is, how to name it, its size, and how to change it."""

    what: str
    example: str
    size: float
    change: Callable[[Goal, float], str]  # to a size; what it came to, in words


@dataclass(frozen=True)
class Amount:
    """What a clause names: an amount `of` a kind, a pace, or a side; and its words."""

    text: str
    of: str
    value: float = 0.0
    way: str = ""
    sign: int = 0  # 0: to so much; 1 or -1: by so much more or less
    level: bool = False  # higher or lower, which a crouch takes the other way round


def amount_in(clause: str, sign: int = 0, level: bool = False) -> Amount | None:
    """The only thing a clause names; None if it says what to do."""
    raw = lexicon().read(clause)
    if any(word.kind == "FROM" for word in raw):
        return None
    words = [word for word in measured(raw) if word.kind not in _ASIDE]
    if len(words) != 1 or any(word.kind in (*ACTIONS, "IMPOSSIBLE") for word in words):
        return None
    word = words[0]
    strange = sum(one.kind in ("WORD", "LIKE") for one in raw)
    if strange > 1 or any(one.kind == "NEG" for one in raw):
        return None
    return _amount(word, clause, sign, level)


def _amount(word: Word, clause: str, sign: int, level: bool) -> Amount | None:
    if word.kind in _MEASURES and "ends" not in word.meaning:
        value = float(word.meaning["value"])
        if word.kind == "SPEED" and value < 0.0 and not sign:
            return None  # a way as well: as any sentence
        return Amount(clause, word.kind, abs(value), sign=sign, level=level)
    if sign:
        return None
    if word.kind in ("BEAT", "BEATPHRASE"):
        return Amount(clause, "BEAT")
    if word.kind in ("ADJ", "ADV"):
        return Amount(clause, "PACE", way=str(word.meaning["pace"]))
    if word.kind == "DIRECTION":
        return Amount(clause, "SIDE", way=str(word.meaning["direction"]))
    return Amount(clause, "SIDE", way="other") if word.kind == "OTHER" else None


def apply_amount(amount: Amount, parts: Sequence[Goal]) -> bool:
    """Change the parts of a goal and say so; False if it is better read as any sentence.

    Raises `UnclearError`.
    """
    if amount.of == "SIDE":
        return sum(_side(amount, part) for part in parts) > 0
    if amount.of == "PACE":
        return sum(_pace(amount, part) for part in parts) > 0
    if amount.of == "BEAT":
        if not any(part.rhythms or part.hop for part in parts):
            return False
        raise UnclearError("It keeps a beat already. Write how often: “twice a second”, “120 bpm”.")
    if amount.of == "NUMBER":
        raise UnclearError("A number needs its unit: m/s, cm, degrees, Hz or times a second.")
    if amount.of == "DURATION":
        raise UnclearError(
            "How long something takes is said with the whole sequence: “walk for 3 seconds, then "
            "hop for 2 seconds”."
        )
    fitting = [(part, fit) for part in parts for fit in _fits(amount, part)]
    named = dict.fromkeys(fit.what for _, fit in fitting)
    if not fitting and (amount.sign or amount.of in ("SPEED", "TURN_RATE")):
        return False  # "0.3 m/s" on top of a sway is walking, "5 cm lower" a crouch
    if not fitting:
        raise UnclearError(
            f"Nothing that was asked before has such an amount. Write what it is: "
            f"{_EXAMPLES[amount.of]}."
        )
    if len(named) > 1:
        examples = dict.fromkeys(fit.example for _, fit in fitting)
        raise UnclearError(
            f"The amount may be meant for {' or '.join(named)}. Write which: "
            f"{' or '.join(examples)}."
        )
    for part, fit in fitting:
        done = fit.change(part, _size(amount, fit))
        part.understood.append(f"“{amount.text}” → {done}")
    return True


def _size(amount: Amount, fit: Fit) -> float:
    if not amount.sign:
        return amount.value
    lower = -1.0 if amount.level and fit.size < 0.0 else 1.0
    return abs(fit.size) + lower * amount.sign * amount.value


def _fits(amount: Amount, goal: Goal) -> list[Fit]:
    fits = _FITS[amount.of](goal)
    if amount.of == "LENGTH" and goal.hop is not None and goal.moves and not goal.height:
        high = abilities()["hop"]["limit"]
        far = not amount.level if amount.sign else amount.value > high
        fits = [fit for fit in fits if (fit.what == "how far it hops") == far]
    return fits


def _speeds(goal: Goal) -> list[Fit]:
    if not goal.moves:
        return []
    size = math.hypot(goal.vx or 0.0, goal.vy or 0.0)
    return [Fit("its speed", "“walk at 0.4 m/s”", size, _to_speed)]


def _to_speed(goal: Goal, size: float) -> str:
    share = max(size, _LEAST_SPEED) / math.hypot(goal.vx or 0.0, goal.vy or 0.0)
    for name, row in (("vx", "forward" if (goal.vx or 0.0) > 0.0 else "backward"),
                      ("vy", "sideways")):  # fmt: skip
        value = getattr(goal, name)
        if value:
            limit = abilities()[row]["limit"]
            setattr(goal, name, round(limited(value * share, limit, f"m/s {row}", goal), 3))
    return f"{math.hypot(goal.vx or 0.0, goal.vy or 0.0):.3g} m/s"


def _turns(goal: Goal) -> list[Fit]:
    example = "“turn at 0.5 rad/s”"
    return [Fit("how fast it turns", example, abs(goal.yaw), _to_turn)] if goal.yaw else []


def _to_turn(goal: Goal, size: float) -> str:
    sign = -1.0 if (goal.yaw or 0.0) < 0.0 else 1.0
    limit = abilities()["turn"]["limit"]
    goal.yaw = round(sign * limited(max(size, _LEAST_SPEED), limit, "rad/s", goal), 3)
    return f"turn at {abs(goal.yaw):g} rad/s"


def _circles(goal: Goal) -> list[Fit]:
    if not (goal.yaw and goal.moves):
        return []
    radius = math.hypot(goal.vx or 0.0, goal.vy or 0.0) / abs(goal.yaw)
    return [Fit("its circle", _EXAMPLES["RADIUS"], radius, _to_radius)]


def _to_radius(goal: Goal, size: float) -> str:
    speed = math.hypot(goal.vx or 0.0, goal.vy or 0.0)
    return _to_turn(goal, speed / max(size, 0.1))


def _beats(goal: Goal) -> list[Fit]:
    if goal.hop is not None:
        return [Fit("how often it hops", "“hop twice a second”", goal.hop.hz, _to_beat)]
    if goal.rhythms:
        return [Fit("its rhythm", "“sway twice a second”", goal.rhythms[0].hz, _to_beat)]
    if goal.limp is None and (goal.moves or goal.steps is not None):
        usual = goal.cadence or abilities()["cadence"]["usual"]
        return [Fit("its steps", "“take 2 steps a second”", usual, _to_beat)]
    return []


def _to_beat(goal: Goal, hz: float) -> str:
    row = "hop_beat" if goal.hop else "beat" if goal.rhythms else "cadence"
    table = abilities()[row]
    bounded = round(max(table["lowest"], min(hz, table["highest"])), 2)
    if abs(bounded - hz) > 0.01:
        goal.not_understood.append(f"{hz:.3g} times a second cannot be done: {bounded:g}")
    if goal.hop is not None:
        goal.hop = replace(goal.hop, hz=bounded, hz_named=True)
    elif goal.rhythms:
        goal.rhythms = tuple(replace(rhythm, hz=bounded) for rhythm in goal.rhythms)
    else:
        goal.cadence = bounded
        return f"each foot steps {bounded:g} times a second"
    return f"{bounded:g} times a second"


def _lengths(goal: Goal) -> list[Fit]:
    fits = []
    if goal.hop is not None:
        fits.append(Fit("how high it hops", "“hop 6 cm high”", goal.hop.height, _to_hop))
        if goal.moves:
            far = math.hypot(goal.vx or 0.0, goal.vy or 0.0) / goal.hop.hz
            fits.append(Fit("how far it hops", "“hop forward 20 cm”", far, _to_reach))
    if goal.lift is not None:
        fits.append(Fit("the lifted foot", "“lift your paw 8 cm”", goal.lift.height, _to_lift))
    if goal.steps is not None:
        fits.append(Fit("its steps", "“feet lifted 10 cm”", goal.steps, _to_steps))
    bob = next((rhythm for rhythm in goal.rhythms if rhythm.channel == "height"), None)
    if bob is not None:
        fits.append(Fit("its bob", "“bob by 3 cm”", bob.amplitude, _to_swing("height")))
    elif goal.height:
        example = "“crouch by 5 cm”" if goal.height < 0.0 else "“stand 2 cm taller”"
        fits.append(Fit("its height", example, goal.height, _to_height))
    return fits


def _to_hop(goal: Goal, size: float) -> str:
    if goal.hop is not None:
        size = max(0.02, limited(size, abilities()["hop"]["limit"], "m", goal))
        goal.hop = replace(goal.hop, height=round(size, 3))
    return f"hop {size * 100:.3g} cm high"


def _to_reach(goal: Goal, size: float) -> str:
    hz = goal.hop.hz if goal.hop else 1.0
    _to_speed(goal, size * hz)
    return f"{size * 100:.3g} cm with every hop"


def _to_lift(goal: Goal, size: float) -> str:
    if goal.lift is not None:
        size = max(0.03, limited(size, abilities()["paw"]["limit"], "m", goal))
        goal.lift = Lift(goal.lift.foot, round(size, 3))
    return f"foot up by {size * 100:.3g} cm"


def _to_steps(goal: Goal, size: float) -> str:
    goal.steps = round(max(0.03, limited(size, abilities()["steps"]["limit"], "m", goal)), 3)
    return f"feet lifted by {goal.steps * 100:.3g} cm"


def _to_height(goal: Goal, size: float) -> str:
    low, high = abilities()["low"]["limit"], abilities()["high"]["limit"]
    if size > _LEVEL:
        offset = size - abilities()["trunk"]["standing"]
        if offset and not -low - 1e-9 <= offset <= high + 1e-9:
            goal.not_understood.append(f"{size * 100:.3g} cm above the ground is out of reach")
        goal.height = round(max(-low, min(offset, high)), 3)
    else:
        sign = -1.0 if (goal.height or 0.0) < 0.0 else 1.0
        goal.height = round(sign * limited(size, low if sign < 0.0 else high, "m", goal), 3)
    where = "below" if goal.height < 0.0 else "above"
    return f"{abs(goal.height) * 100:.1f} cm {where} standing"


def _angles(goal: Goal) -> list[Fit]:
    fits = []
    if goal.pitch:
        fits.append(Fit("its pitch", "“bow by 15 degrees”", abs(goal.pitch), _to_tilt("pitch")))
    if goal.roll:
        example = "“lean left by 10 degrees”"
        fits.append(Fit("its lean", example, abs(goal.roll), _to_tilt("roll")))
    if goal.rear is not None:
        fits.append(Fit("how far it rears", "“rear up by 50 degrees”", goal.rear, _to_rear))
    for rhythm in goal.rhythms:
        if rhythm.channel in _RHYTHMS:
            what, change = _RHYTHMS[rhythm.channel], _to_swing(rhythm.channel)
            fits.append(Fit(what, f"“{what[4:]} by 10 degrees”", rhythm.amplitude, change))
    return fits


def _to_tilt(name: str) -> Callable[[Goal, float], str]:
    def change(goal: Goal, size: float) -> str:
        limit = abilities()["pitch" if name == "pitch" else "lean"]["limit"]
        sign = -1.0 if getattr(goal, name) < 0.0 else 1.0
        setattr(goal, name, round(sign * limited(max(size, 0.02), limit, "rad", goal), 3))
        return f"{'pitch' if name == 'pitch' else 'lean'} {abs(getattr(goal, name)):g} rad"

    return change


def _to_rear(goal: Goal, size: float) -> str:
    goal.rear = round(max(0.5, limited(size, abilities()["rear"]["limit"], "rad", goal)), 3)
    return f"nose up by {goal.rear:g} rad"


def _to_swing(channel: str) -> Callable[[Goal, float], str]:
    def change(goal: Goal, size: float) -> str:
        unit = "m" if channel == "height" else "rad"
        size = round(limited(size, abilities()[f"{channel}_rhythm"]["limit"], unit, goal), 3)
        goal.rhythms = tuple(
            replace(rhythm, amplitude=size) if rhythm.channel == channel else rhythm
            for rhythm in goal.rhythms
        )
        return f"{channel} ±{size:g} {unit}"

    return change


_FITS: dict[str, Callable[[Goal], list[Fit]]] = {
    "SPEED": _speeds,
    "TURN_RATE": _turns,
    "RADIUS": _circles,
    "RATE": _beats,
    "LENGTH": _lengths,
    "ANGLE": _angles,
}


def _pace(amount: Amount, goal: Goal) -> bool:
    """ "slowly", "as fast as you can": a row of the table that its speed or its turning has."""
    row = PACES[_PACE_STEPS[amount.way]]
    hop = "hop_" if goal.hop is not None else ""
    said = []
    for name, tables in (("vx", ("forward", "backward")), ("vy", ("sideways", "sideways"))):
        value = getattr(goal, name)
        if value:
            speed = abilities()[hop + tables[value < 0.0]][row]
            setattr(goal, name, speed if value > 0.0 else -speed)
            said.append(f"{speed:g} m/s")
    if goal.yaw and not goal.moves:
        goal.yaw = math.copysign(abilities()["spin"][row], goal.yaw)
        said.append(f"turn at {abs(goal.yaw):g} rad/s")
    if not said and (goal.rhythms or goal.hop is not None):
        hops = goal.hop is not None
        hz = abilities()["hop_beat"][row] if hops else goal.rhythms[0].hz * abilities()["beat"][row]
        said.append(_to_beat(goal, hz))
    if said:
        goal.understood.append(f"“{amount.text}” → {', '.join(said)}")
    return bool(said)


def _side(amount: Amount, goal: Goal) -> bool:
    """ "to the right", "the other way": what has a side takes the other one."""
    done = _other_side(amount.way, goal)
    if done:
        goal.understood.append(f"“{amount.text}” → {done}")
    return bool(done)


def _other_side(way: str, goal: Goal) -> str:
    sided = way in ("left", "right", "other")
    foot = goal.limp or (goal.lift.foot if goal.lift else None)
    if foot is not None and sided:
        if way == "other" or foot[1] != way[0].upper():
            foot = _OTHER_SIDE[foot]
        goal.limp = foot if goal.limp else None
        goal.lift = Lift(foot, goal.lift.height) if goal.lift else None
        return NAMES[foot]
    if goal.roll and sided and not goal.moves:
        right = goal.roll < 0.0 if way == "other" else way == "right"
        goal.roll = math.copysign(goal.roll, 1.0 if right else -1.0)
        return f"lean to the {'right' if right else 'left'}"
    if goal.yaw and sided:
        left = goal.yaw < 0.0 if way == "other" else way == "left"
        goal.yaw = math.copysign(goal.yaw, 1.0 if left else -1.0)
        return f"turn to the {'left' if left else 'right'}"
    if way != "other" or not goal.moves:
        return ""
    if goal.vy:
        goal.vy = -goal.vy
        return f"to the {'left' if goal.vy > 0.0 else 'right'}"
    goal.vx = -(goal.vx or 0.0)
    goal.vx = max(goal.vx, -abilities()["backward"]["limit"])
    return "forward" if goal.vx > 0.0 else "backward"
