"""What a robot can do, of each quantity and of all at once: what is beyond that gives way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tabrl.contracts.motion import in_time
from tabrl.embodiments.legged.askable import Askable
from tabrl.robots import Robot
from tabrl_reward_worker.generator.goal.abilities import DIGITS, Amounts, data, figure
from tabrl_reward_worker.generator.goal.goal import HOPS, Goal
from tabrl_reward_worker.generator.goal.plan import Plan
from tabrl_reward_worker.generator.goal.targets import CHANNELS
from tabrl_reward_worker.generator.reading.intents import NOTHING

_EPSILON = 1e-9
_WAYS = (Askable.FORWARD_SPEED, Askable.LATERAL_SPEED, Askable.YAW_RATE)
_NOT_REARED = (
    *HOPS, Askable.FOOT_HEIGHT, Askable.STEP_HEIGHT, Askable.HEIGHT, Askable.PITCH, Askable.ROLL,
)  # fmt: skip
_REARED = "on the hind legs it stays in place and does nothing else"
_ON_THREE = "on three legs it stays in place, and only the paw moves"
_LIMPS = "; what walks is a limp: “limp on your left front leg”"


@dataclass(frozen=True)
class Range:
    """How far a robot goes with a quantity: so much up and down from `about`, and to either side.

    `said` is its unit in words, up and down.
    """

    words: str
    unit: str
    said: tuple[str, str]
    up: float
    down: float
    about: float
    swing: float

    @property
    def low(self) -> float:
        """The least that it can be held at."""
        return round(self.about - self.down, DIGITS)

    @property
    def high(self) -> float:
        """The most that it can be held at."""
        return round(self.about + self.up, DIGITS)

    def limit(self, offset: float) -> float:
        """How far it goes the way of an offset."""
        return self.up if offset > 0.0 else self.down

    def fault(self, value: float) -> str | None:
        """Why it does not do so much of it; None if it does."""
        if self.low - _EPSILON <= value <= self.high + _EPSILON:
            return None
        if figure(value) in (figure(self.low), figure(self.high)):
            return None  # as far as anybody can read
        span = f"{figure(self.low)} to {figure(self.high)} {self.unit}"
        return f"{self.words} of {figure(value)} {self.unit}: this robot does {span}"


def ranges(amounts: Amounts) -> Mapping[Askable, Range]:
    """How far a robot goes, quantity by quantity."""
    return _ranges(amounts.robot)


@cache
def _ranges(robot: Robot) -> Mapping[Askable, Range]:
    amounts = Amounts.of(robot)
    return {Askable(name): _range(amounts, name, row) for name, row in data()["range"].items()}


def _range(amounts: Amounts, name: str, row: Mapping[str, Any]) -> Range:
    tables = (row.get(key) for key in ("up", "down", "swing"))
    up, down, swing = (amounts[table]["limit"] if table else 0.0 for table in tables)
    if "up" in row and "down" not in row:
        down = -NOTHING  # only upwards; none of it is asked for by leaving it out
    if "rate" in row:
        up, down = amounts[row["rate"]]["highest"], -amounts[row["rate"]]["lowest"]
    said = tuple(row.get("said", (row["unit"], row["unit"])))
    about = amounts.standing if name == Askable.HEIGHT else 0.0
    return Range(row["words"], row["unit"], said, up, down, about, swing)


def swings(amounts: Amounts) -> Mapping[Askable, float]:
    """By how much to either side a quantity can swing, in its unit."""
    return {quantity: one.swing for quantity, one in ranges(amounts).items() if one.swing}


def beats(amounts: Amounts) -> tuple[float, float]:
    """The slowest and the fastest swing, Hz."""
    table = amounts["rhythm_frequency"]
    return table["lowest"], table["highest"]


def limited(value: float, limit: float, unit: str, goal: Goal, least: float = 0.0) -> float:
    """The value within ±limit and no nearer to nothing than `least`; what was changed is said."""
    size, why = abs(value), "more than this robot can do"
    now = min(size, limit) if size > limit + _EPSILON else size
    if 0.0 < size < least - _EPSILON:
        now, why = least, "too little to do"
    if figure(now) != figure(size):
        goal.not_understood.append(f"{figure(size)} {unit} is {why}: {figure(now)} {unit}")
    return now if value > 0 else -now


def clamp(quantity: Askable, value: float, goal: Goal, least: float = 0.0) -> float:
    """The value of a quantity within what the robot does; a height is m from standing."""
    one = ranges(goal.amounts)[quantity]
    return limited(value, one.limit(value), one.said[value <= 0.0], goal, least)


def clamp_rate(quantity: Askable, hz: float, goal: Goal) -> float:
    """How often, Hz, as the robot does it."""
    one = ranges(goal.amounts)[quantity]
    now = max(one.low, min(hz, one.high))
    if now != hz:
        goal.not_understood.append(f"{figure(hz)} {one.said[0]} cannot be done: {figure(now)}")
    return now


def clamp_swing(quantity: Askable, amplitude: float, goal: Goal) -> float:
    """How far it swings to either side, as the robot does it."""
    one = ranges(goal.amounts)[quantity]
    return limited(amplitude, one.swing, one.unit, goal)


def beyond(plan: Plan) -> list[str]:
    """What of a plan this robot cannot do, in words; nothing if it can do all of it."""
    return list(dict.fromkeys(line for part in plan.parts for line in _beyond(part)))


def _beyond(goal: Goal) -> Iterator[str]:
    able, (low, high) = ranges(goal.amounts), beats(goal.amounts)
    for quantity, one in able.items():
        rate = goal.hop.hz if quantity is Askable.HOP_RATE and goal.hop else None
        value = goal.held(quantity) if rate is None else rate
        fault = None if value is None else one.fault(value)
        if fault is not None:
            yield fault
    for channel, swing in goal.swings.items():
        limit = able[CHANNELS[channel]].swing
        if swing.amplitude > limit + _EPSILON:
            yield f"{channel} of ±{swing.amplitude:.3g}: this robot does up to ±{limit:.3g}"
        if not low - _EPSILON <= swing.hz <= high + _EPSILON:
            yield f"{channel} at {swing.hz:.3g} Hz: this robot does {low:.3g} to {high:.3g} Hz"
    probe = goal.copy()
    resolve_constraints(probe)
    yield from probe.not_understood


def resolve_constraints(goal: Goal) -> None:
    """Bring a goal within what can be done at the same time; what gives way is said."""
    share_frequency(goal)
    fit_swings(goal)
    resolve_feet(goal)


def share_frequency(goal: Goal) -> None:
    """All swings follow the first one's frequency, or keep the tempo if there is one."""
    swings, tempo = goal.swings, goal.tempo_hz
    beat = tempo or next((swing.hz for swing in swings.values()), 0.0)
    lost = [
        channel
        for channel, swing in swings.items()
        if swing.hz != beat and not (tempo and in_time(swing.hz, tempo))
    ]
    for channel in lost:
        goal.swing(channel, swings[channel].amplitude, beat)
    if lost:
        goal.understood.append(f"one beat for everything → {beat:.3g} Hz")


def fit_swings(goal: Goal) -> None:
    """Keep what is held while it swings within what the legs can reach."""
    for channel, swing in goal.swings.items():
        quantity = CHANNELS[channel]
        one, middle = ranges(goal.amounts)[quantity], goal.held(quantity)
        if channel == "height":
            least, most = swing.amplitude - one.down, one.up - swing.amplitude
            goal.height = round(max(least, min(goal.height or 0.0, most)), 3)
        elif channel in ("pitch", "roll") and middle:
            half = swing.amplitude / 2.0
            goal.hold(quantity, max(half - one.down, min(middle, one.up - half)))


def resolve_feet(goal: Goal) -> None:
    """Leave out what the feet cannot do at the same time, and say so."""
    if goal.find(Askable.FOOT_LOAD):
        _limping(goal)
    if goal.rear is not None:
        _stand_on(goal, _REARED)
        goal.drop(*_NOT_REARED)
    elif goal.find(Askable.FOOT_HEIGHT):
        _stand_on(goal, _ON_THREE + (_LIMPS if goal.moves else ""), "paw")
        goal.drop(*HOPS, Askable.STEP_HEIGHT)
        _at_most(goal, "calm")
    elif goal.hop is not None:
        goal.steps, goal.gait = None, ""
        bobbing = goal.bobs_as_usual
        if _rest_but(goal, "heading"):
            goal.not_understood.append("while it hops, hopping is the only beat of the trunk")
            if bobbing:
                goal.height = None  # the middle of a bob, which there is none of
        _at_most(goal, "hop")
        _at_most(goal, "calm")
    elif goal.paired:
        _at_most(goal, goal.gait)
    elif goal.steps is not None and not goal.moves and goal.yaw is None:
        goal.understood.append("no speed is asked for → step on the spot")


def _limping(goal: Goal) -> None:
    """A limp is a way of walking, and takes the feet's other ways away."""
    if goal.rear is not None or goal.find(Askable.FOOT_HEIGHT) or goal.hop is not None:
        goal.drop(Askable.FOOT_LOAD)
        goal.not_understood.append("it limps only while it walks on four legs")
        return
    if not goal.moves:
        goal.vx, goal.still = goal.amounts["forward"]["slow"], False
        goal.not_understood.append(f"it limps only while it walks: {goal.vx:.3g} m/s forward")
    if goal.steps is not None or goal.cadence is not None or goal.paired:
        goal.not_understood.append("while it limps, the limp alone says how it steps")
    goal.gait, goal.steps, goal.cadence = "", None, None
    _at_most(goal, "limp")


def _at_most(goal: Goal, doing: str) -> None:
    """What is left of quantities while it does something, where more is asked for."""
    for name, row in data()["while"][doing].items():
        at = goal.amounts.standing if name == Askable.HEIGHT else None
        value = goal.held(Askable(name)) if at is None else goal.height
        if value is not None:
            side = "down" if value < 0.0 and "down" in row else "up"
            table, _, column = row[side].partition(".")
            value = limited(value, goal.amounts[table][column], row["unit"], goal)
            goal.hold(Askable(name), value if at is None else goal.amounts.level(value))


def _stand_on(goal: Goal, reason: str, kept: str = "") -> None:
    hops, moves = goal.hop is not None, goal.moves or goal.yaw
    if _rest_but(goal, kept) or moves or hops:
        goal.not_understood.append(reason)
    goal.drop(*_WAYS)
    goal.gait = ""


def _rest_but(goal: Goal, kept: str) -> bool:
    """Let nothing swing but one channel; whether anything else did."""
    others = [channel for channel in goal.swings if channel != kept]
    goal.rest(*others)
    return bool(others)
