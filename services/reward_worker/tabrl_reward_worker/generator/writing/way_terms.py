"""Terms of the way: speeds, turning, the place it keeps and the course it follows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.plan import Segment
from tabrl_reward_worker.generator.writing.swings import swing_width, wave
from tabrl_reward_worker.generator.writing.term import (
    ASKED,
    BESIDE,
    Term,
    angle_bell,
    bell,
    minus,
    number,
)

_FACING = 0.3  # rad, width of the bell around where it is to face


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
        width, comment = goal.amounts.speed(self.usual), "no speed that was not asked for"
        if target:
            width = max(goal.amounts.speed(self.least), 0.6 * abs(target))
            comment = f"{number(target)} m/s"
        still = None if target else goal.tolerance(Askable.PLANAR_SPEED)
        width = goal.tolerance(self.quantity) or still or width
        error = f"velocity[{self.index}]{minus(target or 0.0)}"
        weight = ASKED if target else BESIDE
        return [Term(f"{self.name}_speed", weight, bell(error, width), comment)]

    def climb(self, one: Segment) -> list[Term]:
        """Linear up to its target; as little as possible where it is not asked for."""
        target, speed = one.goal.held(self.quantity), f"velocity[{self.index}]"
        if not target:
            weight = one.goal.amounts.per_square_speed(-4.0 * BESIDE)
            return [Term(f"{self.name}_drift", weight, f"jnp.square({speed})")]
        most = number(target)
        up = f"rl.progress({speed}, {most})"
        enough = 1.0 + (one.goal.tolerance(self.quantity) or 0.0) / abs(target)
        over = f"jnp.square(jnp.maximum({speed} / {most} - {number(enough)}, 0.0))"
        return [
            Term(f"{self.name}_progress", ASKED, up, f"up to {most} m/s"),
            Term(f"{self.name}_excess", -ASKED, over, "faster is not better"),
        ]


FORWARD = Axis("forward", Askable.FORWARD_SPEED, 0, 0.15, 0.25)
SIDEWAYS = Axis("sideways", Askable.LATERAL_SPEED, 1, 0.12, 0.2)


def heading(one: Segment) -> list[Term]:
    """The asked turning rate, or the heading of the start; with a swing around either."""
    goal, swing = one.goal, one.goal.swing_of(Askable.HEADING)
    rate, own = "state.base_angular_velocity()[2]", goal.amounts
    swung = f" - {wave(swing, 'rate')}" if swing else ""
    if goal.yaw:
        width = goal.tolerance(Askable.YAW_RATE) or max(own.rate(0.3), 0.6 * abs(goal.yaw))
        turning = bell(f"{rate}{minus(goal.yaw)}{swung}", width)
        return [Term("turning", ASKED, turning, f"{number(goal.yaw)} rad/s"), *_swept(one)]
    if one.turned:
        name, weight = ("twist", 1.5 * ASKED) if swing else ("heading", BESIDE)
        steady = bell(f"{rate}{swung}", own.rate(0.4))
        return [Term(name, weight, steady, "about the heading it has"), *_facing(one)]
    if swing:
        twist = bell(f"state.yaw() - {wave(swing)}", swing_width(goal, swing))
        return [Term("twist", 1.5 * ASKED, twist, f"to and fro at {number(swing.hz)} Hz")]
    return [Term("heading", BESIDE, "rl.gaussian(state.yaw(), 0.4)", "keep the heading")]


def _swept(one: Segment) -> list[Term]:
    """A turn that is done after so many rad: where it faces on its way there."""
    by, yaw, begin = one.goal.ends_by(Askable.HEADING), one.goal.yaw, one.begin
    if by is None or not yaw or begin is None or begin.heading is None:
        return []
    swept = f"{number(yaw)} * (moment{minus(begin.time)})"
    error = f"state.yaw(){minus(begin.heading)} - {swept}"
    return [Term("swept", ASKED, angle_bell(error, _FACING), f"{number(by)} rad in the end")]


def _facing(one: Segment) -> list[Term]:
    """The heading that the turns before led to."""
    if one.begin is None or one.begin.heading is None:
        return []
    faces = angle_bell(f"state.yaw(){minus(one.begin.heading)}", _FACING)
    return [Term("facing", ASKED, faces, f"{number(one.begin.heading)} rad from the start")]


def place(one: Segment) -> list[Term]:
    """Where it began, unless it is to leave."""
    if one.goal.moves:
        return _gone(one)
    if one.displaced:
        return _arrived(one)
    stays = bell(_from((0.0, 0.0)), one.goal.amounts.length(0.4))
    return [Term("stay", BESIDE, stays, "where it began")]


def _gone(one: Segment) -> list[Term]:
    """A way that is done after so many m: how far along it is."""
    goal, by, begin = one.goal, one.goal.ends_by(Askable.WAY), one.begin
    if by is None or goal.yaw or begin is None or begin.heading is None or begin.at is None:
        return []
    angle = begin.heading + math.atan2(goal.vy or 0.0, goal.vx or 0.0)
    along = f"jnp.array([{number(math.cos(angle))}, {number(math.sin(angle))}])"
    due = f"{number(goal.speed)} * (moment{minus(begin.time)})"
    gone = bell(f"jnp.dot({_from(begin.at)}, {along}) - {due}", goal.amounts.length(0.15))
    return [Term("gone", ASKED, gone, f"{number(by)} m in the end")]


def _arrived(one: Segment) -> list[Term]:
    """Where the ways before led to."""
    if one.begin is None or one.begin.at is None:
        return []
    stays = bell(_from(one.begin.at), one.goal.amounts.length(0.2))
    return [Term("stay", ASKED, stays, "where it arrived")]


def _from(at: tuple[float, float]) -> str:
    """The way from a place, [m, m] in the world."""
    x, y = at
    if not x and not y:
        return "state.base_displacement()[:2]"
    return f"(state.base_displacement()[:2] - jnp.array([{number(x)}, {number(y)}]))"


def course(one: Segment) -> list[Term]:
    """The asked way as seen from the start: turning aside costs as much as the wrong speed."""
    goal = one.goal
    if not goal.moves or goal.yaw or one.turned or goal.swing_of(Askable.HEADING):
        return []
    target = f"jnp.array([{number(goal.vx or 0.0)}, {number(goal.vy or 0.0)}])"
    width = max(goal.amounts.speed(0.2), 0.6 * goal.speed)
    follows = bell(f"state.base_linear_velocity_world()[:2] - {target}", width)
    return [Term("course", BESIDE, follows, "the asked way as seen from the start")]
