"""Terms of the trunk: its speeds, turning, place and course; its height, tilt and flight."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.goal import Goal, Hop
from tabrl_reward_worker.generator.goal.plan import Segment
from tabrl_reward_worker.generator.writing.term import (
    ASKED,
    BESIDE,
    GRAVITY,
    Term,
    angle_bell,
    bell,
    minus,
    number,
    swung_bell,
    wave_rate,
)

_FACING = 0.3  # rad, width of the bell around where it is to face
_LEVEL = 0.08  # rad: within it a trunk that is to be level is level
_TILTS = ((Askable.ROLL, "sway", "lean"), (Askable.PITCH, "nod", "tilt"))
_YAW_RATE = "state.base_angular_velocity()[2]"
_RATES = {  # of swings
    "roll": "state.base_angular_velocity()[0]",
    "pitch": "state.base_angular_velocity()[1]",
    "height": "state.base_linear_velocity_world()[2]",
    "heading": _YAW_RATE,
}


@dataclass(frozen=True)
class Axis:
    """A speed of the trunk in its heading's frame.

    `least` is how narrow the bell of a slow one is, `usual` how wide it is about none, m/s.
    """

    name: str
    quantity: Askable
    index: int
    least: float
    usual: float

    def bells(self, one: Segment) -> list[Term]:
        """Near its target; near nothing where it is not asked for."""
        goal, target = one.goal, one.goal.held(self.quantity)
        error = f"velocity[{self.index}]{minus(target or 0.0)}"
        miss, name = goal.tolerance(self.quantity), f"{self.name}_speed"
        if target:
            width = miss or max(goal.amounts.speed(self.least), 0.6 * abs(target))
            return [Term(name, ASKED, bell(error, width), f"{number(target)} m/s")]
        width = miss or goal.tolerance(Askable.PLANAR_SPEED) or goal.amounts.speed(self.usual)
        return [Term(name, BESIDE, bell(error, width), "no speed that was not asked for")]

    def climb(self, one: Segment) -> list[Term]:
        """Linear up to its target; as little as possible where it is not asked for."""
        target, speed = one.goal.held(self.quantity), f"velocity[{self.index}]"
        if not target:
            weight = one.goal.amounts.per_square_speed(-4.0 * BESIDE)
            return [Term(f"{self.name}_drift", weight, f"jnp.square({speed})")]
        most = number(target)
        enough = number(1.0 + (one.goal.tolerance(self.quantity) or 0.0) / abs(target))
        over = f"jnp.square(jnp.maximum({speed} / {most} - {enough}, 0.0))"
        up = f"rl.progress({speed}, {most})"
        return [
            Term(f"{self.name}_progress", ASKED, up, f"up to {most} m/s"),
            Term(f"{self.name}_excess", -ASKED, over, "faster is not better"),
        ]


FORWARD = Axis("forward", Askable.FORWARD_SPEED, 0, 0.15, 0.25)
SIDEWAYS = Axis("sideways", Askable.LATERAL_SPEED, 1, 0.12, 0.2)


def heading(one: Segment) -> list[Term]:
    """The asked turning rate, or the heading of the start; with a swing around either."""
    goal, own, swing = one.goal, one.goal.amounts, one.goal.swings.get("heading")
    swung = f" - {wave_rate(swing)}" if swing else ""
    if goal.yaw:
        width = goal.tolerance(Askable.YAW_RATE) or max(own.rate(0.3), 0.6 * abs(goal.yaw))
        turns = bell(f"{_YAW_RATE}{minus(goal.yaw)}{swung}", width)
        return [Term("turning", ASKED, turns, f"{number(goal.yaw)} rad/s"), *_swept(one)]
    if one.turned:
        name, weight = ("twist", 1.5 * ASKED) if swing else ("heading", BESIDE)
        keeps = bell(f"{_YAW_RATE}{swung}", own.rate(0.4))
        return [Term(name, weight, keeps, "about the heading it has"), *_facing(one)]
    if swing:
        twist = swung_bell(goal, "heading", "state.yaw()")
        return [Term("twist", 1.5 * ASKED, twist, f"to and fro at {number(swing.hz)} Hz")]
    return [Term("heading", BESIDE, "rl.gaussian(state.yaw(), 0.4)", "keep the heading")]


def _swept(one: Segment) -> list[Term]:
    """A turn that is done after so many rad: where it faces on its way there."""
    by, yaw, begin = one.goal.ends_by(Askable.HEADING), one.goal.yaw, one.begin
    if by is None or not yaw or begin is None or begin.heading is None:
        return []
    swept = f"{number(yaw)} * (moment{minus(begin.time)})"
    faces = angle_bell(f"state.yaw(){minus(begin.heading)} - {swept}", _FACING)
    return [Term("swept", ASKED, faces, f"{number(by)} rad in the end")]


def _facing(one: Segment) -> list[Term]:
    """The heading that the turns before led to."""
    if one.begin is None or one.begin.heading is None:
        return []
    faces = angle_bell(f"state.yaw(){minus(one.begin.heading)}", _FACING)
    return [Term("facing", ASKED, faces, f"{number(one.begin.heading)} rad from the start")]


def place(one: Segment) -> list[Term]:
    """Where it began or arrived; of who leaves for so many m, how far along the way it is."""
    goal, begin = one.goal, one.begin
    if goal.moves:
        return _gone(one)
    if not one.displaced:
        stays = bell(_from((0.0, 0.0)), goal.amounts.length(0.4))
        return [Term("stay", BESIDE, stays, "where it began")]
    if begin is None or begin.at is None:
        return []
    stays = bell(_from(begin.at), goal.amounts.length(0.2))
    return [Term("stay", ASKED, stays, "where it arrived")]


def _gone(one: Segment) -> list[Term]:
    goal, by, begin = one.goal, one.goal.ends_by(Askable.WAY), one.begin
    if by is None or goal.yaw or begin is None or begin.heading is None or begin.at is None:
        return []
    angle = begin.heading + math.atan2(goal.vy or 0.0, goal.vx or 0.0)
    along = f"jnp.array([{number(math.cos(angle))}, {number(math.sin(angle))}])"
    due = f"{number(goal.speed)} * (moment{minus(begin.time)})"
    gone = bell(f"jnp.dot({_from(begin.at)}, {along}) - {due}", goal.amounts.length(0.15))
    return [Term("gone", ASKED, gone, f"{number(by)} m in the end")]


def _from(at: tuple[float, float]) -> str:
    """The way from a place, [m, m] in the world."""
    moved = "state.base_displacement()[:2]"
    return f"({moved} - jnp.array([{number(at[0])}, {number(at[1])}]))" if any(at) else moved


def course(one: Segment) -> list[Term]:
    """The asked way as seen from the start: turning aside costs as much as the wrong speed."""
    goal = one.goal
    if not goal.moves or goal.yaw or one.turned or "heading" in goal.swings:
        return []
    target = f"jnp.array([{number(goal.vx or 0.0)}, {number(goal.vy or 0.0)}])"
    width = max(goal.amounts.speed(0.2), 0.6 * goal.speed)
    follows = bell(f"state.base_linear_velocity_world()[:2] - {target}", width)
    return [Term("course", BESIDE, follows, "the asked way as seen from the start")]


def height(one: Segment) -> list[Term]:
    """The trunk's height: held, bobbing or as it stands."""
    goal, offset, miss = one.goal, one.goal.height or 0.0, one.goal.tolerance(Askable.HEIGHT)
    if goal.rear is not None or goal.hop is not None:
        return []
    error, swing = f"state.base_height(){minus(_standing(goal))}", goal.swings.get("height")
    if swing:
        bobs = swung_bell(goal, "height", error)
        return [Term("bob", 1.5 * ASKED, bobs, f"up and down at {number(swing.hz)} Hz")]
    if not offset:
        stands = bell(error, miss or goal.amounts.length(0.05))
        return [Term("height", 0.5 * BESIDE, stands, "as high as it stands")]
    held = bell(error, miss or max(goal.amounts.length(0.02), 0.6 * abs(offset)))
    level = f"{number(abs(offset) * 100)} cm {'below' if offset < 0 else 'above'} standing"
    return [Term("height", ASKED, held, level)]


def _standing(goal: Goal) -> float:
    """How high the trunk is where it does not swing or hop, m."""
    return goal.amounts.standing + (goal.height or 0.0)


def tilts(one: Segment) -> list[Term]:
    """Roll and pitch: held, swinging or level."""
    goal, terms, level = one.goal, list[Term](), list[str]()
    if goal.rear is not None:
        return []
    for quantity, swings, holds in _TILTS:
        held, swing = goal.held(quantity), goal.swings.get(quantity)
        error = f"state.{quantity}(){minus(held or 0.0)}"
        if swing:
            swung, span = swung_bell(goal, quantity, error), f"±{number(swing.amplitude)} rad"
            terms.append(Term(swings, 1.5 * ASKED, swung, f"{span} at {number(swing.hz)} Hz"))
        elif held is not None:
            tilted = bell(error, goal.tolerance(quantity) or 0.6 * abs(held) or _LEVEL)
            terms.append(Term(holds, ASKED, tilted, f"{number(held)} rad of {quantity}"))
        else:
            level.append(error)
    if level:
        errors = level[0] if len(level) == 1 else f"jnp.stack([{', '.join(level)}])"
        terms.append(Term("level", BESIDE, f"rl.gaussian({errors}, 0.2)", "otherwise level"))
    return terms


def hops(one: Segment) -> list[Term]:
    """All feet in the air at once, again and again, as high as asked."""
    hop = one.goal.hop
    if hop is None or one.goal.rear is not None:
        return []
    rise = f"(state.base_height(){minus(_standing(one.goal))}) / {number(hop.height)}"
    up = f"airborne * jnp.clip({rise}, 0.0, 1.0)"
    return [
        Term("flight", ASKED, "airborne", "all feet in the air at once"),
        Term("hop_height", ASKED, up, f"{number(hop.height * 100)} cm up"),
        _FEET_TOGETHER,
    ]


_FEET_TOGETHER = Term(
    "feet_apart", -ASKED / 2, "jnp.std(contact)", "take off and land with all feet"
)


def launches(goal: Goal, hop: Hop) -> list[Term]:
    """Hops by their energy: in the air, how high it is; and how high it would fly at its speed.

    A body that rises at v flies v²/2g further, whatever its legs do then: this pays for a push
    before there is any flight, and not for standing tall.
    """
    climb = "jnp.square(jnp.maximum(state.base_linear_velocity_world()[2], 0.0))"
    rise = f"airborne * jnp.maximum(state.base_height(){minus(_standing(goal))}, 0.0)"
    share = f"jnp.clip(({rise} + {climb} / {number(2 * GRAVITY)}) / {number(hop.height)}, 0.0, 1.0)"
    pushed = f"enough of a push for {number(hop.height * 100)} cm"
    return [Term("launch", 2.0 * ASKED, share, pushed), _FEET_TOGETHER]


def beats(one: Segment) -> list[Term]:
    """The rate of each swing, and the middle of each hop at the end of a period: the timing."""
    goal, hop, terms = one.goal, one.goal.hop, list[Term]()
    if hop is not None:
        flight = math.sqrt(8.0 * hop.height / GRAVITY) * hop.hz  # share of a period
        clock = f"state.phase({number(hop.hz)}, -{number(1.0 - flight / 2.0)})"
        often = f"{number(hop.hz)} hops a second"
        terms.append(Term("hop_beat", ASKED, f"airborne * jnp.cos({clock})", often))
    foot = goal.foot(Askable.FOOT_HEIGHT)
    rates = _RATES | ({"paw": f"foot_speed[{goal.amounts.index(foot)}, 2]"} if foot else {})
    for channel, swing in goal.swings.items():
        turning = minus(goal.yaw or 0.0) if channel == "heading" else ""
        width = 0.8 * swing.amplitude * 2.0 * math.pi * swing.hz
        pulse = bell(f"{rates[channel]}{turning} - {wave_rate(swing)}", width)
        terms.append(Term(f"{channel}_pulse", ASKED / 2, pulse, "on the beat"))
    return terms
