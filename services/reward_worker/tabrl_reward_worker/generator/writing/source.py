"""Terms as the Python text of a reward."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tabrl_reward_worker.generator.goal.phases import ORDINALS
from tabrl_reward_worker.generator.goal.plan import Plan, Segment
from tabrl_reward_worker.generator.writing.term import Term, number
from tabrl_reward_worker.generator.writing.words import at_once, in_words

_LONGEST_SWING_S = 0.5  # of the reference robot: a foot that is longer in the air is held up
_LOCALS = {
    "velocity": "velocity = state.base_linear_velocity_filtered()",
    "foot_speed": "foot_speed = state.foot_velocity()",
    "contact": "contact = state.foot_contact()",
    # On its back all feet are in the air too.
    "airborne": "airborne = jnp.prod(1.0 - state.foot_contact()) * (1.0 - state.fallen())",
    "foot_height": "foot_height = state.foot_height()",
    # A foot that is held up does not step.
    "swinging": "swinging = (1.0 - state.foot_contact()) * (state.foot_air_time() < {swing})",
}


def source_of(plan: Plan, lines: Sequence[Term]) -> str:
    """The reward that pays the terms of a plan."""
    asked = in_words(plan)
    weights = [f'    "{line.name}": {number(line.weight)},' for line in lines if not line.local]
    returned = []
    for line in (line for line in lines if not line.local):
        returned += [f"        # {line.comment}"] if line.comment else []
        returned.append(f'        "{line.name}": {line.expression},')
    return "\n".join(
        [
            f'"""{asked[0].upper()}{asked[1:]}."""',
            "",
            "WEIGHTS = {",
            *weights,
            "}",
            "",
            "",
            "def reward(state, action):",
            *(f"    {statement}" for statement in [*_clock(plan), *_values(plan, lines)]),
            "    return {",
            *returned,
            "    }",
            "",
        ]
    )


def _values(plan: Plan, lines: Sequence[Term]) -> list[str]:
    """What the terms share, as statements."""
    text = "\n".join(line.expression for line in lines)
    swing = number(plan.amounts.seconds(_LONGEST_SWING_S))
    used = [
        statement.format(swing=swing)
        for name, statement in _LOCALS.items()
        if re.search(rf"(?<![.\w]){name}\b", text)
    ]
    return [*used, *(f"{line.name} = {line.expression}" for line in lines if line.local)]


def _clock(plan: Plan) -> list[str]:
    """Which phase it is, as statements; none where there are no phases."""
    if not plan.sequence:
        return []
    moment = "moment = state.time()"
    if plan.repeat:
        moment = f"moment = jnp.mod(state.time(), {number(plan.period)})  # s into the round"
    return [
        moment,
        *(
            f"{ordinal} = {_within(one, plan.period)}  # {at_once(one.goal)}"
            for ordinal, one in zip(ORDINALS, plan.segments(), strict=False)
        ),
    ]


def _within(one: Segment, period: float) -> str:
    begun, over = f"moment >= {number(one.start)}", f"moment < {number(one.end)}"
    if one.start == 0.0:
        return over
    return begun if one.end == period else f"({begun}) * ({over})"
