"""Terms of the feet: held up or spared, on the hind legs, high steps, which step together."""

from __future__ import annotations

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.plan import Segment
from tabrl_reward_worker.generator.writing.term import (
    ASKED,
    BESIDE,
    Term,
    bell,
    minus,
    number,
    swung_bell,
)

_MAX_SWING_S = 0.6  # s, of the reference robot: a foot that is longer in the air does not step
_FR, _FL, _RR, _RL = ((end, side) for end in ("front", "rear") for side in ("right", "left"))
_PAIRS = {  # of feet that step together, one pair and the other
    "": (_FR, _RL, _FL, _RR),
    "pace": (_FL, _RL, _FR, _RR),
    "bound": (_FR, _FL, _RR, _RL),
}
_GAIT_WEIGHTS = {"": 0.5 * BESIDE, "trot": BESIDE}  # others are asked for


def reared(one: Segment) -> list[Term]:
    """Up on the hind legs: nose up, both front feet off the ground, not to one side."""
    goal, own, angle = one.goal, one.goal.amounts, one.goal.rear
    if angle is None:
        return []
    width = goal.tolerance(Askable.REARING) or 0.6 * angle
    nose = bell(f"state.pitch() + {number(angle)}", width)
    front = f"jnp.minimum(foot_height[{own.index(_FR)}], foot_height[{own.index(_FL)}])"
    feet = f"jnp.clip({front} / {number(own.length(0.2))}, 0.0, 1.0)"
    return [
        Term("nose_up", ASKED, nose, f"{number(angle)} rad"),
        Term("front_feet", ASKED, feet, "both in the air"),
        Term("level", BESIDE, "rl.gaussian(state.roll(), 0.2)", "not to one side"),
    ]


def held_foot(one: Segment) -> list[Term]:
    """One foot at its height, or waving around it; the others on the ground."""
    goal, high, foot = one.goal, one.goal.lift or 0.0, one.goal.foot(Askable.FOOT_HEIGHT)
    if foot is None:
        return []
    names, index = goal.amounts.robot.end_effectors, goal.amounts.index(foot)
    error = f"foot_height[{index}]{minus(high)}"
    if "paw" in goal.swings:
        up = swung_bell(goal, "paw", error, least=0.3 * high)
    else:
        up = bell(error, goal.tolerance(Askable.FOOT_HEIGHT) or 0.6 * high)
    others = [f"contact[{other}]" for other in range(len(names)) if other != index]
    stand = f"({' + '.join(others)}) / {number(len(others))}"
    return [
        Term("paw", ASKED, up, f"{names[index]} off the ground"),
        Term("stand", BESIDE, stand, "the other feet stay down"),
    ]


def spared_foot(one: Segment) -> list[Term]:
    """A limp: the foot is down for less of the time than the one beside it.

    One that is held up for good counts no longer: it is to touch the ground in every step.
    """
    own, foot = one.goal.amounts, one.goal.foot(Askable.FOOT_LOAD)
    if foot is None or one.goal.find(Askable.FOOT_HEIGHT):
        return []
    index, longest = own.index(foot), number(own.seconds(_MAX_SWING_S))
    stepping = f"(state.foot_air_time()[{index}] < {longest})"
    limps = f"(contact[{own.index(foot.beside)}] - contact[{index}]) * {stepping}"
    comment = f"{own.robot.end_effectors[index]} is down only for a short time"
    return [Term("limp", 3.0 * ASKED, limps, comment, by_stride=True)]


def steps(one: Segment) -> list[Term]:
    """Feet lifted as high as asked, in turn; or no higher."""
    goal, high = one.goal, one.goal.steps
    if high is None or goal.find(Askable.FOOT_HEIGHT) or goal.find(Askable.FOOT_LOAD):
        return []
    if goal.low_steps:
        width = goal.tolerance(Askable.STEP_HEIGHT) or goal.amounts.length(0.02)
        low = bell(f"jnp.maximum(jnp.max(foot_height){minus(high)}, 0.0)", width)
        return [Term("low_steps", ASKED, low, f"feet no more than {number(high * 100)} cm up")]
    share = f"jnp.clip(foot_height / {number(high)}, 0.0, 1.0)"
    # In a trot each foot swings for less than half of the time: this comes to 0.45 at most.
    lifted = f"0.5 * (1.0 - airborne) * jnp.sum(swinging * jnp.square({share}))"
    return [Term("steps", 2.0 * ASKED, lifted, f"feet {number(high * 100)} cm up in turn")]


def gait(one: Segment) -> list[Term]:
    """Pairs of feet that step in turn, and how often; or all of them on the ground.

    Diagonal pairs unless another gait is asked for.
    """
    goal, name, hz = one.goal, one.goal.gait, one.goal.cadence
    others = (Askable.FOOT_HEIGHT, Askable.FOOT_LOAD, Askable.HOP_HEIGHT, Askable.REARING)
    if any(map(goal.find, others)):
        return []
    steps = goal.moves or goal.yaw or goal.steps is not None or "heading" in goal.swings
    if not (name or steps):
        stands = Term("feet_down", ASKED, "jnp.mean(contact)", "it does not step")
        return [stands] if goal.still else []
    down = _pairs_apart(name, goal.amounts)
    apart, weight = f"0.5 * jnp.abs({down})", _GAIT_WEIGHTS.get(name, 2.0 * ASKED)
    terms = [Term(name or "trot", weight, apart, "one pair down, the other up")]
    if hz is not None:
        # The first half of a stride is the right front foot's.
        sign, often = "-" if name == "pace" else "", f"each foot steps {number(hz)} times a second"
        stride = f"{sign}0.5 * jnp.sin(state.phase({number(hz)})) * ({down})"
        terms.append(Term("stride", ASKED, stride, often))
    return terms


def planted(one: Segment) -> list[Term]:
    """Feet that stay down, where nothing is asked for that needs them off the ground."""
    goal = one.goal
    steps = goal.moves or goal.yaw or goal.feet or goal.gait or "heading" in goal.swings
    if steps or goal.still:
        return []
    return [Term("feet_up", -BESIDE, "1.0 - jnp.mean(contact)", "no need to step")]


def _pairs_apart(name: str, amounts: Amounts) -> str:
    """How many more feet of one pair of the gait are down than of the other."""
    places = _PAIRS.get(name, _PAIRS[""])
    a, b, c, d = (f"contact[{amounts.index(place)}]" for place in places)
    return f"{a} + {b} - {c} - {d}"
