"""Ways to write a reward for a goal. Each takes other terms, not only other weights."""

from __future__ import annotations

import re

from tabrl_reward_worker.composer import terms as t
from tabrl_reward_worker.composer.checks import checks_of
from tabrl_reward_worker.composer.targets import Goal
from tabrl_reward_worker.composer.terms import Term
from tabrl_reward_worker.drafts import Draft

_LOCALS = {
    "velocity": "velocity = state.base_linear_velocity_filtered()",
    "foot_speed": "foot_speed = state.foot_velocity()",
    "contact": "contact = state.foot_contact()",
    # On its back all feet are in the air too.
    "airborne": "airborne = jnp.prod(1.0 - state.foot_contact()) * (1.0 - state.fallen())",
    "foot_height": "foot_height = state.foot_height()",
    # A foot that is held up does not step.
    "swinging": "swinging = (1.0 - state.foot_contact()) * (state.foot_air_time() < 0.5)",
}


def drafts(goal: Goal, standing: float) -> tuple[Draft, ...]:
    """Two or three rewards for a goal; `standing` is the robot's height when it stands, m."""
    asked = in_words(goal)
    written = [
        ("Direct", "Each quantity is rewarded for being close to its target", direct),
        ("Smooth", "Makes way up to the target and pays for jerks, effort and slipping", smooth),
        ("All at once", "Pays most when everything fits at the same moment", together),
    ]
    checks = checks_of(goal, standing)
    return tuple(
        Draft(
            name,
            f"{idea}: {asked}.",
            source(asked, lines := author(goal, standing)),
            {line.name: float(t.number(line.weight)) for line in lines if not line.local},
            checks,
        )
        for name, idea, author in written
    )


def direct(goal: Goal, standing: float) -> list[Term]:
    """A bell around every target."""
    return [
        *t.speeds(goal),
        *t.place(goal),
        *t.heading(goal),
        *t.height(goal, standing),
        *t.posture(goal),
        *t.feet(goal),
        Term("smooth", -0.003, "jnp.sum(jnp.square(action - state.previous_action()))"),
        t.upright(),
    ]


def smooth(goal: Goal, standing: float) -> list[Term]:
    """Progress up to the target, and costs of haste."""
    return [
        *t.progress(goal),
        *t.place(goal),
        *t.heading(goal),
        *t.height(goal, standing),
        *t.posture(goal),
        *t.feet(goal),
        *t.pulse(goal),
        *t.gentleness(goal),
        t.upright(),
    ]


def together(goal: Goal, standing: float) -> list[Term]:
    """The product of all bells, with the single asked ones beside it as a slope to climb."""
    parts = [*t.speeds(goal), *t.heading(goal), *t.height(goal, standing), *t.posture(goal)]
    parts += t.feet(goal)
    bells = [part for part in parts if part.weight > 0.0]
    costs = [part for part in parts if part.weight < 0.0]
    asked = [bell for bell in bells if bell.weight >= t.ASKED]
    product = " * ".join(bell.name for bell in bells)
    slopes = [Term(bell.name, 0.4 * bell.weight, bell.name, bell.comment) for bell in asked]
    bounds = [] if t.course(goal) else t.place(goal)
    whole = Term("together", 2.0 * t.ASKED, product, "all of it at once")
    inner = [Term(bell.name, 0.0, bell.expression, local=True) for bell in bells]
    return [*inner, whole, *slopes, *costs, *t.course(goal), *bounds, t.upright()]


def source(asked: str, lines: list[Term]) -> str:
    """The reward as Python text."""
    named = [line for line in lines if not line.local]
    inner = [f"{line.name} = {line.expression}" for line in lines if line.local]
    text = "\n".join([line.expression for line in lines])
    local = [line for name, line in _LOCALS.items() if re.search(rf"(?<![.\w]){name}\b", text)]
    weights = [f'    "{line.name}": {t.number(line.weight)},' for line in named]
    returned = []
    for line in named:
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
            *(f"    {statement}" for statement in [*local, *inner]),
            "    return {",
            *returned,
            "    }",
            "",
        ]
    )


def in_words(goal: Goal) -> str:
    """The goal as a sentence fragment, without any word of the user's."""
    parts = []
    for value, positive, negative, unit in (
        (goal.vx, "forward", "backward", "m/s"),
        (goal.vy, "left", "right", "m/s"),
        (goal.yaw, "turning left", "turning right", "rad/s"),
    ):
        if value:
            parts.append(f"{positive if value > 0 else negative} at {abs(value):g} {unit}")
    for value, positive, negative in (
        (goal.pitch, "nose down", "nose up"),
        (goal.roll, "leaning right", "leaning left"),
    ):
        if value:
            parts.append(f"{positive if value > 0 else negative} by {abs(value):.2f} rad")
    bobs = t.rhythm_of(goal, "height") is not None
    if goal.height and not (bobs and abs(goal.height) <= 0.02):
        level = "below" if goal.height < 0 else "above"
        parts.append(f"{abs(goal.height) * 100:.0f} cm {level} standing")
    if goal.hop is not None:
        parts.append(f"hopping {goal.hop.height * 100:.0f} cm high at {goal.hop.hz:g} Hz")
    if goal.lift is not None:
        parts.append(f"{goal.lift.foot} foot {goal.lift.height * 100:.0f} cm off the ground")
    if goal.rear is not None:
        parts.append(f"up on the hind legs by {goal.rear:g} rad")
    if goal.gait:
        parts.append({"trot": "trotting", "pace": "pacing", "bound": "bounding"}[goal.gait])
    if goal.steps is not None:
        parts.append(f"feet lifted {goal.steps * 100:.0f} cm in turn")
    verbs = {"roll": "swaying", "pitch": "nodding", "height": "bobbing", "heading": "twisting"}
    verbs["paw"] = "waving"
    parts += [f"{verbs[rhythm.channel]} at {rhythm.hz:g} Hz" for rhythm in goal.rhythms]
    return ", ".join(parts) if parts else "standing still"
