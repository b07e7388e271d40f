"""The reward terms that single feet, or pairs of them, are asked for."""

from __future__ import annotations

from tabrl.robots import Robot
from tabrl_reward_worker.generator.goal.goal import Foot, Goal, Lift
from tabrl_reward_worker.generator.writing.terms import (
    ASKED,
    BESIDE,
    RHYTHM_WIDTH,
    Term,
    foot_index,
    minus,
    number,
    rhythm_of,
    wave,
)

MAX_SWING_S = 0.6  # s, of the reference robot: a foot that is longer in the air does not step


def reared(goal: Goal, angle: float, robot: Robot) -> list[Term]:
    """Up on the hind legs: nose up, both front feet off the ground, not to one side."""
    right, left = (foot_index(robot, Foot("front", side)) for side in ("right", "left"))
    front = f"jnp.minimum(foot_height[{right}], foot_height[{left}])"
    high = number(goal.amounts.length(0.2))
    nose = f"rl.gaussian(state.pitch() + {number(angle)}, {number(0.6 * angle)})"
    return [
        Term("nose_up", ASKED, nose, f"{number(angle)} rad"),
        Term("front_feet", ASKED, f"jnp.clip({front} / {high}, 0.0, 1.0)", "both in the air"),
        Term("level", BESIDE, "rl.gaussian(state.roll(), 0.2)", "not to one side"),
    ]


def feet(goal: Goal, robot: Robot) -> list[Term]:
    """What is asked of single feet: one held up, high steps, a gait."""
    if goal.lift is not None:
        return held_foot(goal, goal.lift, robot)
    if goal.limp is not None:
        return [spared_foot(goal, goal.limp, robot)]
    terms = []
    if goal.steps is not None and goal.low_steps:
        over = f"jnp.maximum(jnp.max(foot_height){minus(goal.steps)}, 0.0)"
        width = number(goal.amounts.length(0.02))
        comment = f"feet no more than {number(goal.steps * 100)} cm up"
        terms.append(Term("low_steps", ASKED, f"rl.gaussian({over}, {width})", comment))
    elif goal.steps is not None:
        share = f"jnp.clip(foot_height / {number(goal.steps)}, 0.0, 1.0)"
        steps = f"0.5 * (1.0 - airborne) * jnp.sum(swinging * jnp.square({share}))"
        # In a trot each foot swings for less than half of the time: this comes to 0.45 at most.
        terms.append(
            Term(
                "steps",
                2.0 * ASKED,
                steps,
                f"feet {number(goal.steps * 100)} cm up in turn",
            )
        )
    walks = goal.moves or goal.yaw or goal.steps is not None or rhythm_of(goal, "heading")
    if goal.hop is not None or goal.rear is not None:
        return terms
    if goal.gait or walks:
        terms.append(gait(goal.gait, robot))
        if goal.cadence is not None:
            terms.append(stride(goal.gait, goal.cadence, robot))
    elif goal.still:
        terms.append(Term("feet_down", ASKED, "jnp.mean(contact)", "it does not step"))
    return terms


def pairs_apart(name: str, robot: Robot) -> str:
    """How many more feet of one pair of the gait are down than of the other."""
    front_right, front_left, rear_right, rear_left = (
        foot_index(robot, Foot(end, side))
        for end in ("front", "rear")
        for side in ("right", "left")
    )
    pairs = {
        "pace": ((front_left, rear_left), (front_right, rear_right)),
        "bound": ((front_right, front_left), (rear_right, rear_left)),
    }
    first, second = pairs.get(name, ((front_right, rear_left), (front_left, rear_right)))
    return (
        f"contact[{first[0]}] + contact[{first[1]}] - contact[{second[0]}] - contact[{second[1]}]"
    )


def stride(name: str, hz: float, robot: Robot) -> Term:
    """Pairs of feet that change over in time; the first half of a stride is the right front's."""
    sinusoid = f"jnp.sin(state.phase({number(hz)}))"
    sign = "-" if name == "pace" else ""  # there the pair named first is the left one
    expression = f"{sign}0.5 * {sinusoid} * ({pairs_apart(name, robot)})"
    return Term("stride", ASKED, expression, f"each foot steps {number(hz)} times a second")


def gait(name: str, robot: Robot) -> Term:
    """Pairs of feet that step in turn; diagonal ones unless the sentence says otherwise."""
    down = pairs_apart(name, robot)
    weight = {"": 0.5 * BESIDE, "trot": BESIDE}.get(name, 2.0 * ASKED)
    return Term(name or "trot", weight, f"0.5 * jnp.abs({down})", "one pair down, the other up")


def held_foot(goal: Goal, lift: Lift, robot: Robot) -> list[Term]:
    """One foot at its height, or waving around it; the others on the ground."""
    index = foot_index(robot, lift.foot)
    rhythm = rhythm_of(goal, "paw")
    error = f"foot_height[{index}]{minus(lift.height)}"
    width = 0.6 * lift.height
    if rhythm:
        error += f" - {wave(rhythm)}"
        width = max(RHYTHM_WIDTH * rhythm.amplitude, 0.5 * width)
    others = [f"contact[{other}]" for other in range(len(robot.end_effectors)) if other != index]
    stand = f"({' + '.join(others)}) / {number(len(others))}"
    name = robot.end_effectors[index]
    return [
        Term(
            "paw",
            ASKED,
            f"rl.gaussian({error}, {number(width)})",
            f"{name} off the ground",
        ),
        Term("stand", BESIDE, stand, "the other feet stay down"),
    ]


def spared_foot(goal: Goal, foot: Foot, robot: Robot) -> Term:
    """A limp: the foot is down for less of the time than the one beside it.

    One that is held up for good counts no longer: it is to touch the ground in every step.
    """
    index, other = foot_index(robot, foot), foot_index(robot, foot.beside)
    stepping = f"(state.foot_air_time()[{index}] < {number(goal.amounts.seconds(MAX_SWING_S))})"
    expression = f"(contact[{other}] - contact[{index}]) * {stepping}"
    return Term(
        "limp",
        3.0 * ASKED,
        expression,
        f"{robot.end_effectors[index]} is down only for a short time",
        by_stride=True,
    )


def planted(goal: Goal) -> list[Term]:
    """Feet that stay down, where nothing is asked for that needs them off the ground."""
    steps = goal.moves or goal.yaw or goal.feet or goal.gait or rhythm_of(goal, "heading")
    if steps or goal.still:
        return []
    return [Term("feet_up", -BESIDE, "1.0 - jnp.mean(contact)", "no need to step")]
