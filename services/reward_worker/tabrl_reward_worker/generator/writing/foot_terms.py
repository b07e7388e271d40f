"""Terms of the feet: one held up or spared, high steps, which of them step together."""

from __future__ import annotations

from tabrl.embodiments.legged.askable import Askable
from tabrl.robots import Robot
from tabrl_reward_worker.generator.goal.goal import Foot
from tabrl_reward_worker.generator.goal.plan import Segment
from tabrl_reward_worker.generator.writing.swings import swing_width, wave
from tabrl_reward_worker.generator.writing.term import (
    ASKED,
    BESIDE,
    Term,
    bell,
    minus,
    number,
)
from tabrl_reward_worker.limbs import feet_of

_MAX_SWING_S = 0.6  # s, of the reference robot: a foot that is longer in the air does not step
_PAIRS = {  # of feet that step together, the pair named first minus the other
    "": ("front right", "rear left", "front left", "rear right"),
    "pace": ("front left", "rear left", "front right", "rear right"),
    "bound": ("front right", "front left", "rear right", "rear left"),
}
_GAIT_WEIGHTS = {"": 0.5 * BESIDE, "trot": BESIDE}  # others are asked for


def held_foot(one: Segment) -> list[Term]:
    """One foot at its height, or waving around it; the others on the ground."""
    goal, lift, foot = one.goal, one.goal.lift, one.goal.find(Askable.FOOT_HEIGHT)
    if lift is None or foot is None:
        return []
    names = goal.amounts.robot.end_effectors
    index = names.index(foot.part or "")
    error, width = f"foot_height[{index}]{minus(lift.height)}", 0.6 * lift.height
    swing = goal.swing_of(Askable.FOOT_HEIGHT)
    if swing:
        error += f" - {wave(swing)}"
        width = max(swing_width(goal, swing), 0.5 * width)
    up = bell(error, goal.tolerance(Askable.FOOT_HEIGHT) or width)
    others = [f"contact[{other}]" for other in range(len(names)) if other != index]
    stand = f"({' + '.join(others)}) / {number(len(others))}"
    return [
        Term("paw", ASKED, up, f"{foot.part} off the ground"),
        Term("stand", BESIDE, stand, "the other feet stay down"),
    ]


def spared_foot(one: Segment) -> list[Term]:
    """A limp: the foot is down for less of the time than the one beside it.

    One that is held up for good counts no longer: it is to touch the ground in every step.
    """
    goal, foot, robot = one.goal, one.goal.limp, one.goal.amounts.robot
    if foot is None or goal.lift is not None:
        return []
    index, beside = _index(robot, foot), _index(robot, foot.beside)
    longest = number(goal.amounts.seconds(_MAX_SWING_S))
    stepping = f"(state.foot_air_time()[{index}] < {longest})"
    limps = f"(contact[{beside}] - contact[{index}]) * {stepping}"
    comment = f"{robot.end_effectors[index]} is down only for a short time"
    return [Term("limp", 3.0 * ASKED, limps, comment, by_stride=True)]


def steps(one: Segment) -> list[Term]:
    """Feet lifted as high as asked, in turn; or no higher."""
    goal, high = one.goal, one.goal.steps
    if high is None or goal.lift is not None or goal.limp is not None:
        return []
    if goal.low_steps:
        over = f"jnp.maximum(jnp.max(foot_height){minus(high)}, 0.0)"
        low = bell(over, goal.tolerance(Askable.STEP_HEIGHT) or goal.amounts.length(0.02))
        return [Term("low_steps", ASKED, low, f"feet no more than {number(high * 100)} cm up")]
    share = f"jnp.clip(foot_height / {number(high)}, 0.0, 1.0)"
    # In a trot each foot swings for less than half of the time: this comes to 0.45 at most.
    lifted = f"0.5 * (1.0 - airborne) * jnp.sum(swinging * jnp.square({share}))"
    return [Term("steps", 2.0 * ASKED, lifted, f"feet {number(high * 100)} cm up in turn")]


def gait(one: Segment) -> list[Term]:
    """Pairs of feet that step in turn, and how often; or all of them on the ground.

    Diagonal pairs unless another gait is asked for.
    """
    goal, name = one.goal, one.goal.gait
    if any((goal.lift, goal.limp, goal.hop)) or goal.rear is not None:
        return []
    swings = goal.swing_of(Askable.HEADING)
    if not (name or goal.moves or goal.yaw or goal.steps is not None or swings):
        stands = Term("feet_down", ASKED, "jnp.mean(contact)", "it does not step")
        return [stands] if goal.still else []
    down, hz = _pairs_apart(name, goal.amounts.robot), goal.cadence
    weight = _GAIT_WEIGHTS.get(name, 2.0 * ASKED)
    apart = f"0.5 * jnp.abs({down})"
    terms = [Term(name or "trot", weight, apart, "one pair down, the other up")]
    if hz is not None:
        # The first half of a stride is the right front foot's.
        sign = "-" if name == "pace" else ""
        stride = f"{sign}0.5 * jnp.sin(state.phase({number(hz)})) * ({down})"
        often = f"each foot steps {number(hz)} times a second"
        terms.append(Term("stride", ASKED, stride, often))
    return terms


def planted(one: Segment) -> list[Term]:
    """Feet that stay down, where nothing is asked for that needs them off the ground."""
    goal = one.goal
    steps = goal.moves or goal.yaw or goal.feet or goal.gait or goal.swing_of(Askable.HEADING)
    if steps or goal.still:
        return []
    return [Term("feet_up", -BESIDE, "1.0 - jnp.mean(contact)", "no need to step")]


def _pairs_apart(name: str, robot: Robot) -> str:
    """How many more feet of one pair of the gait are down than of the other."""
    places = [Foot(*words.split()) for words in _PAIRS.get(name, _PAIRS[""])]
    a, b, c, d = (f"contact[{_index(robot, foot)}]" for foot in places)
    return f"{a} + {b} - {c} - {d}"


def _index(robot: Robot, foot: Foot) -> int:
    """Where a foot stands among the robot's feet."""
    return robot.end_effectors.index(feet_of(robot)[foot])
