"""Ways to write a reward for a plan. Each takes other terms, not only other weights."""

from __future__ import annotations

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.generator.goal.goal import Goal, Hop
from tabrl_reward_worker.generator.goal.plan import Plan, Segment
from tabrl_reward_worker.generator.goal.spec import spec_of
from tabrl_reward_worker.generator.writing.checks import checks_of
from tabrl_reward_worker.generator.writing.foot_terms import planted
from tabrl_reward_worker.generator.writing.phase_gating import in_turn
from tabrl_reward_worker.generator.writing.registry import REGISTRY, SWINGS, Writer, bells, climbs
from tabrl_reward_worker.generator.writing.source import source_of
from tabrl_reward_worker.generator.writing.term import ASKED, BESIDE, Term, number
from tabrl_reward_worker.generator.writing.trunk_terms import course, launches
from tabrl_reward_worker.generator.writing.words import in_words

_CHANGE = "jnp.sum(jnp.square(action - state.previous_action()))"
_UPRIGHT = Term("fall", -5.0, "state.fallen()", "falling never pays")
_GRIP = Term("grip", BESIDE, "jnp.prod(state.foot_contact())", "all feet bear it")


def candidates_for(plan: Plan) -> tuple[RewardCandidate, ...]:
    """Two or three rewards for a plan, with the same success checks."""
    segments, asked = plan.segments(), in_words(plan)
    only_still = not plan.sequence and plan.parts[0].only_still
    motion, checks = spec_of(plan), checks_of(plan)
    seconds = tuple(round(one.end - one.start, 2) for one in segments if plan.sequence)
    candidates = []
    for name, idea, template in _STEADY if only_still else _EVERY:
        written = [template(one) for one in segments]
        lines = in_turn(written) if plan.sequence else written[0]
        weights = {line.name: float(number(line.weight)) for line in lines if not line.local}
        code, again = source_of(plan, lines), plan.repeat or not plan.sequence
        words = f"{idea}: {asked}."
        candidates.append(
            RewardCandidate(name, words, code, weights, checks, seconds, motion, again)
        )
    return tuple(candidates)


def direct(one: Segment) -> list[Term]:
    """A bell around every target."""
    return [*bells(one), *planted(one), Term("smooth", -0.003, _CHANGE), _UPRIGHT]


def smooth(one: Segment) -> list[Term]:
    """Progress up to the target, and costs of haste."""
    if one.goal.hop is not None and one.goal.moves:
        return _leaping(one, one.goal.hop)
    return [*climbs(one), *_gentleness(one.goal), _UPRIGHT]


def _leaping(one: Segment, hop: Hop) -> list[Term]:
    """Hops that get on: the push off the ground and the way, whatever the trunk does meanwhile."""
    goal = one.goal
    return [
        *climbs(one, Askable.FORWARD_SPEED, Askable.LATERAL_SPEED),
        *course(one),
        *(bells(one, Askable.YAW_RATE) if goal.yaw else []),
        *launches(goal, hop),
        *(bells(one, Askable.ROLL) if goal.pitch or goal.roll else []),
        *(climbs(one, SWINGS) if hop.named else []),
        *_gentleness(goal),
        _UPRIGHT,
    ]


def together(one: Segment) -> list[Term]:
    """The product of all bells, with the single asked ones beside it as a slope to climb.

    What is asked for counts squared: far from it there is only the slope, and what should not
    happen beside it matters little.
    """
    way = course(one)
    parts = bells(one, *(name for name in REGISTRY if name != Askable.WAY))
    if not way:
        parts += bells(one, Askable.WAY)
    factors = [part for part in parts if part.weight > 0.0 and not part.by_stride]
    costs = [part for part in parts if part not in factors]
    asked = [bell for bell in factors if bell.weight >= ASKED]
    beside = " * ".join(bell.name for bell in factors if bell not in asked)
    product = " * ".join(bell.name for bell in asked)
    if one.goal.cadence is not None:
        product = f"jnp.maximum({product}, 0.0)"  # strides out of step are below nothing
    if asked and beside:
        product = f"jnp.square({product}) * {beside}"
    slopes = [Term(bell.name, 0.4 * bell.weight, bell.name, bell.comment) for bell in asked]
    # Beside a stride that is asked for, the rest of the way is no more than half of it.
    share = 1.0 if any(part.by_stride for part in parts) else 2.0
    whole = Term("together", share * ASKED, product or beside, "all of it at once")
    inner = [Term(bell.name, 0.0, bell.expression, local=True) for bell in factors]
    return [*inner, whole, *slopes, *costs, *way, _UPRIGHT]


def steady(one: Segment) -> list[Term]:
    """Standing still as the trunk has it: no speed, no turning, at its place and height."""
    own = one.goal.amounts
    shifts = "jnp.sum(jnp.square(state.base_linear_velocity()))"
    turns = "jnp.sum(jnp.square(state.base_angular_velocity()))"
    return [
        Term("shift", own.per_square_speed(-ASKED), shifts, "the trunk stays where it is"),
        Term("turn", own.per_square_rate(-ASKED / 2), turns, "and does not turn"),
        _GRIP,
        *bells(one, Askable.WAY, Askable.ROLL, Askable.HEIGHT),
        _UPRIGHT,
    ]


def _gentleness(goal: Goal) -> list[Term]:
    """Costs of haste: jerky actions, power, feet that slip; and swings worth the name."""
    slip = "jnp.sum(state.foot_contact() * jnp.sum(jnp.square(foot_speed[:, :2]), axis=1))"
    weight = goal.amounts.per_square_speed(-0.1)
    terms = [
        Term("jerk", -0.01, _CHANGE),
        Term("effort", -0.001, "jnp.sum(jnp.abs(state.power()))"),
        Term("slip", weight, slip, "feet on the ground stay where they are"),
    ]
    if (goal.moves or goal.yaw) and goal.hop is None:
        longest = number(goal.amounts.seconds(0.3))
        in_air = f"jnp.clip(state.foot_last_air_time(), 0.0, {longest})"
        swing = f"jnp.sum(state.foot_touchdown() * {in_air})"
        terms.append(Term("swing", 1.0, swing, "long steps"))
    return terms


_DIRECT: tuple[str, str, Writer] = (
    "Direct", "Each quantity is rewarded for being close to its target", direct,
)  # fmt: skip
_EVERY: tuple[tuple[str, str, Writer], ...] = (
    _DIRECT,
    ("Smooth", "Makes way up to the target and pays for jerks, effort and slipping", smooth),
    ("All at once", "Pays most when everything fits at the same moment", together),
)
# What costs haste would only say again what a bell around each target says.
_STEADY: tuple[tuple[str, str, Writer], ...] = (
    _DIRECT,
    ("Steady", "Pays for a trunk that neither shifts nor turns", steady),
)
