"""The reward terms a goal can be made of: a name, a weight and an expression of the contract."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tabrl.robots import Robot
from tabrl_reward_worker.generator.goal.goal import Foot, Goal, Hop, Rhythm
from tabrl_reward_worker.limbs import feet_of

# Width of a rhythm's bell in amplitudes. Narrower ones flatten out at a rhythm not yet found, where
# the double frequency then looks better than the right one, and a bob pays only once its centre is
# found.
RHYTHM_WIDTH = 0.9
GRAVITY = 9.81  # m/s²
ASKED, BESIDE = 2.0, 0.6  # weights of what is asked for, and of what should not happen beside it
_LEVEL = 0.08  # rad: within it a trunk that is to be level is level


@dataclass(frozen=True)
class Term:
    """One line of a reward."""

    name: str
    weight: float
    expression: str
    comment: str = ""
    local: bool = False  # a value for other terms to use, not a term of its own
    by_stride: bool = False  # right over a whole stride only: no factor of a product


def number(value: float) -> str:
    """A literal short enough to read."""
    text = f"{value:.4g}"
    return text if "." in text or "e" in text else f"{text}.0"


def minus(value: float) -> str:
    """Source text subtracting a constant."""
    return f" - {number(value)}" if value > 0 else f" + {number(-value)}" if value < 0 else ""


def wave(rhythm: Rhythm, scale: float = 1.0, function: str = "sin") -> str:
    """The reference of a rhythm: its amplitude times a sine of its frequency."""
    return f"{number(rhythm.amplitude * scale)} * jnp.{function}(state.phase({number(rhythm.hz)}))"


def rhythm_of(goal: Goal, channel: str) -> Rhythm | None:
    """The goal's rhythm on a channel."""
    return next((rhythm for rhythm in goal.rhythms if rhythm.channel == channel), None)


def foot_index(robot: Robot, foot: Foot) -> int:
    """Where a foot stands among the robot's feet."""
    return robot.end_effectors.index(feet_of(robot)[foot])


def speeds(goal: Goal) -> list[Term]:
    """Each body velocity near its target; those not asked for near zero."""
    terms = []
    for name, index, target, least, usual in (
        ("forward_speed", 0, goal.vx, 0.15, 0.25),
        ("sideways_speed", 1, goal.vy, 0.12, 0.2),
    ):
        width = goal.amounts.speed(usual)
        if target:
            width = max(goal.amounts.speed(least), 0.6 * abs(target))
        weight = ASKED if target else BESIDE
        comment = f"{number(target or 0.0)} m/s" if target else "no speed that was not asked for"
        expression = f"rl.gaussian(velocity[{index}]{minus(target or 0.0)}, {number(width)})"
        terms.append(Term(name, weight, expression, comment))
    return terms


def progress(goal: Goal) -> list[Term]:
    """Speeds along the asked way, linear up to the target; beside it as little as possible."""
    terms = []
    for name, index, target in (("forward", 0, goal.vx), ("sideways", 1, goal.vy)):
        if target:
            expression = f"rl.progress(velocity[{index}], {number(target)})"
            terms.append(Term(f"{name}_progress", ASKED, expression, f"up to {number(target)} m/s"))
            excess = f"jnp.square(jnp.maximum(velocity[{index}] / {number(target)} - 1.0, 0.0))"
            terms.append(Term(f"{name}_excess", -ASKED, excess, "faster is not better"))
        else:
            expression = f"jnp.square(velocity[{index}])"
            weight = goal.amounts.per_square_speed(-4.0 * BESIDE)
            terms.append(Term(f"{name}_drift", weight, expression))
    return terms


def heading(goal: Goal) -> list[Term]:
    """The asked turning rate, or the heading of the start; with a rhythm around either."""
    rhythm, own = rhythm_of(goal, "heading"), goal.amounts
    if goal.yaw:
        reference = minus(goal.yaw)
        if rhythm:
            reference += f" - {wave(rhythm, 2 * math.pi * rhythm.hz, 'cos')}"
        width = max(own.rate(0.3), 0.6 * abs(goal.yaw))
        expression = f"rl.gaussian(state.base_angular_velocity()[2]{reference}, {number(width)})"
        return [Term("turning", ASKED, expression, f"{number(goal.yaw)} rad/s"), *_swept(goal)]
    if goal.turned:
        reference = f" - {wave(rhythm, 2 * math.pi * rhythm.hz, 'cos')}" if rhythm else ""
        bell = number(own.rate(0.4))
        expression = f"rl.gaussian(state.base_angular_velocity()[2]{reference}, {bell})"
        name, weight = ("twist", 1.5 * ASKED) if rhythm else ("heading", BESIDE)
        return [Term(name, weight, expression, "about the heading it has"), *_facing(goal)]
    if rhythm:
        width = RHYTHM_WIDTH * rhythm.amplitude
        expression = f"rl.gaussian(state.yaw() - {wave(rhythm)}, {number(width)})"
        return [Term("twist", 1.5 * ASKED, expression, f"to and fro at {number(rhythm.hz)} Hz")]
    return [Term("heading", BESIDE, "rl.gaussian(state.yaw(), 0.4)", "keep the heading")]


def _swept(goal: Goal) -> list[Term]:
    """A turn that is done after so many rad: where it faces on its way there."""
    begin = goal.begin
    if goal.turn_by is None or not goal.yaw or begin is None or begin.heading is None:
        return []
    swept = f"{number(goal.yaw)} * (moment{minus(begin.time)})"
    error = f"state.yaw(){minus(begin.heading)} - {swept}"
    return [Term("swept", ASKED, _angle(error, 0.3), f"{number(goal.turn_by)} rad in the end")]


def _facing(goal: Goal) -> list[Term]:
    """The heading that the turns before led to."""
    begin = goal.begin
    if begin is None or begin.heading is None:
        return []
    error = f"state.yaw(){minus(begin.heading)}"
    return [
        Term("facing", ASKED, _angle(error, 0.3), f"{number(begin.heading)} rad from the start")
    ]


def _angle(error: str, width: float) -> str:
    """A bell around no difference of headings, which begin again after a full turn."""
    return f"rl.gaussian(jnp.sin(0.5 * ({error})), {number(0.5 * width)})"


def height(goal: Goal, standing: float) -> list[Term]:
    """The trunk's height: held, bobbing or as it stands."""
    if goal.rear is not None:
        return []
    if goal.hop is not None:
        return hops(goal.hop, standing + (goal.height or 0.0))
    rhythm = rhythm_of(goal, "height")
    offset = goal.height or 0.0
    level = f"state.base_height(){minus(standing + offset)}"
    if rhythm:
        width = RHYTHM_WIDTH * rhythm.amplitude
        expression = f"rl.gaussian({level} - {wave(rhythm)}, {number(width)})"
        return [Term("bob", 1.5 * ASKED, expression, f"up and down at {number(rhythm.hz)} Hz")]
    if goal.height:
        width = max(goal.amounts.length(0.02), 0.6 * abs(offset))
        comment = f"{number(abs(offset) * 100)} cm {'below' if offset < 0 else 'above'} standing"
        return [Term("height", ASKED, f"rl.gaussian({level}, {number(width)})", comment)]
    bell = f"rl.gaussian({level}, {number(goal.amounts.length(0.05))})"
    return [Term("height", 0.5 * BESIDE, bell, "as high as it stands")]


def posture(goal: Goal) -> list[Term]:
    """Roll and pitch: held, swinging or level."""
    terms = []
    level = []
    for channel, held, swing, hold in (
        ("roll", goal.roll, "sway", "lean"),
        ("pitch", goal.pitch, "nod", "tilt"),
    ):
        rhythm = rhythm_of(goal, channel)
        angle = f"state.{channel}(){minus(held or 0.0)}"
        if rhythm:
            width = RHYTHM_WIDTH * rhythm.amplitude
            expression = f"rl.gaussian({angle} - {wave(rhythm)}, {number(width)})"
            comment = f"±{number(rhythm.amplitude)} rad at {number(rhythm.hz)} Hz"
            terms.append(Term(swing, 1.5 * ASKED, expression, comment))
        elif held is not None:
            expression = f"rl.gaussian({angle}, {number(0.6 * abs(held) or _LEVEL)})"
            terms.append(Term(hold, ASKED, expression, f"{number(held)} rad of {channel}"))
        else:
            level.append(f"state.{channel}()")
    if level:
        error = level[0] if len(level) == 1 else f"jnp.stack([{', '.join(level)}])"
        terms.append(Term("level", BESIDE, f"rl.gaussian({error}, 0.2)", "otherwise level"))
    return terms


def hops(hop: Hop, standing: float) -> list[Term]:
    """All feet in the air at once, again and again, as high as asked."""
    rise = f"(state.base_height(){minus(standing)}) / {number(hop.height)}"
    height = f"airborne * jnp.clip({rise}, 0.0, 1.0)"
    return [
        Term("flight", ASKED, "airborne", "all feet in the air at once"),
        Term("hop_height", ASKED, height, f"{number(hop.height * 100)} cm up"),
        Term("feet_apart", -ASKED / 2, "jnp.std(contact)", "take off and land with all feet"),
    ]


def launches(hop: Hop, standing: float) -> list[Term]:
    """Hops by their energy: in the air, how high it is; and how high it would fly at its speed.

    A body that rises at v flies v²/2g further, whatever its legs do then: this pays for a push
    before there is any flight, and not for standing tall.
    """
    climb = "jnp.square(jnp.maximum(state.base_linear_velocity_world()[2], 0.0))"
    rise = f"airborne * jnp.maximum(state.base_height(){minus(standing)}, 0.0)"
    share = f"jnp.clip(({rise} + {climb} / {number(2 * GRAVITY)}) / {number(hop.height)}, 0.0, 1.0)"
    return [
        Term("launch", 2.0 * ASKED, share, f"enough of a push for {number(hop.height * 100)} cm"),
        Term("feet_apart", -ASKED / 2, "jnp.std(contact)", "take off and land with all feet"),
    ]


def hop_timing(hop: Hop) -> Term:
    """Flight in time: the middle of a flight comes at the end of every period."""
    flight = math.sqrt(8.0 * hop.height / GRAVITY) * hop.hz  # share of a period
    middle = number(1.0 - flight / 2.0)
    expression = f"airborne * jnp.cos(state.phase({number(hop.hz)}, -{middle}))"
    return Term("hop_beat", ASKED, expression, f"{number(hop.hz)} hops a second")


def place(goal: Goal) -> list[Term]:
    """Where it began, unless it is to leave."""
    if goal.moves:
        return _gone(goal)
    if goal.displaced:
        return _arrived(goal)
    width = number(goal.amounts.length(0.4))
    expression = f"rl.gaussian(state.base_displacement()[:2], {width})"
    return [Term("stay", BESIDE, expression, "where it began")]


def _gone(goal: Goal) -> list[Term]:
    """A way that is done after so many m: how far along it is."""
    begin = goal.begin
    if goal.go_by is None or goal.yaw or begin is None or begin.heading is None or begin.at is None:
        return []
    angle = begin.heading + math.atan2(goal.vy or 0.0, goal.vx or 0.0)
    along = f"jnp.array([{number(math.cos(angle))}, {number(math.sin(angle))}])"
    way = (
        f"jnp.dot({_from(begin.at)}, {along}) - {number(goal.speed)} * (moment{minus(begin.time)})"
    )
    width = number(goal.amounts.length(0.15))
    return [
        Term("gone", ASKED, f"rl.gaussian({way}, {width})", f"{number(goal.go_by)} m in the end")
    ]


def _arrived(goal: Goal) -> list[Term]:
    """Where the ways before led to."""
    if goal.begin is None or goal.begin.at is None:
        return []
    width = number(goal.amounts.length(0.2))
    return [
        Term("stay", ASKED, f"rl.gaussian({_from(goal.begin.at)}, {width})", "where it arrived")
    ]


def _from(at: tuple[float, float]) -> str:
    """The way from a place, [m, m] in the world."""
    x, y = at
    if not x and not y:
        return "state.base_displacement()[:2]"
    return f"(state.base_displacement()[:2] - jnp.array([{number(x)}, {number(y)}]))"


def course(goal: Goal) -> list[Term]:
    """The asked way as seen from the start: turning aside costs as much as the wrong speed."""
    if not goal.moves or goal.yaw or goal.turned or rhythm_of(goal, "heading"):
        return []
    target = f"jnp.array([{number(goal.vx or 0.0)}, {number(goal.vy or 0.0)}])"
    width = max(goal.amounts.speed(0.2), 0.6 * math.hypot(goal.vx or 0.0, goal.vy or 0.0))
    expression = f"rl.gaussian(state.base_linear_velocity_world()[:2] - {target}, {number(width)})"
    return [Term("course", BESIDE, expression, "the asked way as seen from the start")]


def pulse(goal: Goal, robot: Robot) -> list[Term]:
    """The rate of each rhythm, which fixes its timing."""
    rates = {
        "roll": "state.base_angular_velocity()[0]",
        "pitch": "state.base_angular_velocity()[1]",
        "height": "state.base_linear_velocity_world()[2]",
        "heading": "state.base_angular_velocity()[2]",
    }
    if goal.lift is not None:
        rates["paw"] = f"foot_speed[{foot_index(robot, goal.lift.foot)}, 2]"
    terms = [hop_timing(goal.hop)] if goal.hop is not None else []
    for rhythm in goal.rhythms:
        omega = 2 * math.pi * rhythm.hz
        width = number(0.8 * rhythm.amplitude * omega)
        turning = minus(goal.yaw or 0.0) if rhythm.channel == "heading" else ""
        error = f"{rates[rhythm.channel]}{turning} - {wave(rhythm, omega, 'cos')}"
        name = f"{rhythm.channel}_pulse"
        terms.append(Term(name, ASKED / 2, f"rl.gaussian({error}, {width})", "on the beat"))
    return terms


def gentleness(goal: Goal) -> list[Term]:
    """Costs of haste: jerky actions, power, feet that slip; and swings worth the name."""
    terms = [
        Term("jerk", -0.01, "jnp.sum(jnp.square(action - state.previous_action()))"),
        Term("effort", -0.001, "jnp.sum(jnp.abs(state.power()))"),
    ]
    slip = "jnp.sum(state.foot_contact() * jnp.sum(jnp.square(foot_speed[:, :2]), axis=1))"
    weight = goal.amounts.per_square_speed(-0.1)
    terms.append(Term("slip", weight, slip, "feet on the ground stay where they are"))
    if (goal.moves or goal.yaw) and goal.hop is None:
        longest = number(goal.amounts.seconds(0.3))
        in_air = f"jnp.clip(state.foot_last_air_time(), 0.0, {longest})"
        swing = f"jnp.sum(state.foot_touchdown() * {in_air})"
        terms.append(Term("swing", 1.0, swing, "long steps"))
    return terms


def grip() -> Term:
    """All feet on the ground at once."""
    return Term("grip", BESIDE, "jnp.prod(state.foot_contact())", "all feet bear it")


def drift(goal: Goal) -> list[Term]:
    """Costs of a trunk that moves, along any way or about any axis."""
    own = goal.amounts
    moves = "jnp.sum(jnp.square(state.base_linear_velocity()))"
    turns = "jnp.sum(jnp.square(state.base_angular_velocity()))"
    return [
        Term("shift", own.per_square_speed(-ASKED), moves, "the trunk stays where it is"),
        Term("turn", own.per_square_rate(-ASKED / 2), turns, "and does not turn"),
    ]


def upright() -> Term:
    """A fall costs."""
    return Term("fall", -5.0, "state.fallen()", "falling never pays")
