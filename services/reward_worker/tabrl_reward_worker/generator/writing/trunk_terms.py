"""Terms of the trunk: how high it is, how it is tilted, how it flies."""

from __future__ import annotations

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.goal import Foot, Goal
from tabrl_reward_worker.generator.goal.plan import Segment
from tabrl_reward_worker.generator.writing.swings import swing_width, wave
from tabrl_reward_worker.generator.writing.term import (
    ASKED,
    BESIDE,
    GRAVITY,
    Term,
    bell,
    minus,
    number,
)
from tabrl_reward_worker.limbs import feet_of

_LEVEL = 0.08  # rad: within it a trunk that is to be level is level
_TILTS = ((Askable.ROLL, "sway", "lean"), (Askable.PITCH, "nod", "tilt"))


def height(one: Segment) -> list[Term]:
    """The trunk's height: held, bobbing or as it stands."""
    goal = one.goal
    if goal.rear is not None or goal.hop is not None:
        return []
    offset, swing = goal.height or 0.0, goal.swing_of(Askable.HEIGHT)
    error = f"state.base_height(){minus(goal.amounts.standing + offset)}"
    if swing:
        bobs = bell(f"{error} - {wave(swing)}", swing_width(goal, swing))
        return [Term("bob", 1.5 * ASKED, bobs, f"up and down at {number(swing.hz)} Hz")]
    if not offset:
        stands = bell(error, goal.tolerance(Askable.HEIGHT) or goal.amounts.length(0.05))
        return [Term("height", 0.5 * BESIDE, stands, "as high as it stands")]
    width = max(goal.amounts.length(0.02), 0.6 * abs(offset))
    held = bell(error, goal.tolerance(Askable.HEIGHT) or width)
    comment = f"{number(abs(offset) * 100)} cm {'below' if offset < 0 else 'above'} standing"
    return [Term("height", ASKED, held, comment)]


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
        _together(),
    ]


def launches(one: Segment) -> list[Term]:
    """Hops by their energy: in the air, how high it is; and how high it would fly at its speed.

    A body that rises at v flies v²/2g further, whatever its legs do then: this pays for a push
    before there is any flight, and not for standing tall.
    """
    hop = one.goal.hop
    if hop is None:
        return []
    climb = "jnp.square(jnp.maximum(state.base_linear_velocity_world()[2], 0.0))"
    rise = f"airborne * jnp.maximum(state.base_height(){minus(_standing(one.goal))}, 0.0)"
    share = f"jnp.clip(({rise} + {climb} / {number(2 * GRAVITY)}) / {number(hop.height)}, 0.0, 1.0)"
    pushed = f"enough of a push for {number(hop.height * 100)} cm"
    return [Term("launch", 2.0 * ASKED, share, pushed), _together()]


def _standing(goal: Goal) -> float:
    """How high the trunk is before a hop, m."""
    return goal.amounts.standing + (goal.height or 0.0)


def _together() -> Term:
    return Term("feet_apart", -ASKED / 2, "jnp.std(contact)", "take off and land with all feet")


def tilts(one: Segment) -> list[Term]:
    """Roll and pitch: held, swinging or level."""
    goal, terms, level = one.goal, list[Term](), list[str]()
    if goal.rear is not None:
        return []
    for quantity, swings, holds in _TILTS:
        held, swing = goal.held(quantity), goal.swing_of(quantity)
        error = f"state.{quantity}(){minus(held or 0.0)}"
        if swing:
            swung = bell(f"{error} - {wave(swing)}", swing_width(goal, swing))
            comment = f"±{number(swing.amplitude)} rad at {number(swing.hz)} Hz"
            terms.append(Term(swings, 1.5 * ASKED, swung, comment))
        elif held is not None:
            tilted = bell(error, goal.tolerance(quantity) or 0.6 * abs(held) or _LEVEL)
            terms.append(Term(holds, ASKED, tilted, f"{number(held)} rad of {quantity}"))
        else:
            level.append(error)
    if level:
        errors = level[0] if len(level) == 1 else f"jnp.stack([{', '.join(level)}])"
        terms.append(Term("level", BESIDE, f"rl.gaussian({errors}, 0.2)", "otherwise level"))
    return terms


def reared(one: Segment) -> list[Term]:
    """Up on the hind legs: nose up, both front feet off the ground, not to one side."""
    goal, angle = one.goal, one.goal.rear
    if angle is None:
        return []
    robot = goal.amounts.robot
    right, left = (
        robot.end_effectors.index(feet_of(robot)[Foot("front", side)]) for side in ("right", "left")
    )
    front = f"jnp.minimum(foot_height[{right}], foot_height[{left}])"
    high = number(goal.amounts.length(0.2))
    nose = bell(f"state.pitch() + {number(angle)}", goal.tolerance(Askable.REARING) or 0.6 * angle)
    return [
        Term("nose_up", ASKED, nose, f"{number(angle)} rad"),
        Term("front_feet", ASKED, f"jnp.clip({front} / {high}, 0.0, 1.0)", "both in the air"),
        Term("level", BESIDE, "rl.gaussian(state.roll(), 0.2)", "not to one side"),
    ]
