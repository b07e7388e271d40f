"""Ways to write a reward for a goal. Each takes other terms, not only other weights."""

from __future__ import annotations

import re
from collections.abc import Callable

from tabrl.robots import Robot
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.generator.goal.goal import Goal, Hop, Phase
from tabrl_reward_worker.generator.goal.phases import ORDINALS
from tabrl_reward_worker.generator.goal.spec import spec_of
from tabrl_reward_worker.generator.writing import foot_terms as f
from tabrl_reward_worker.generator.writing import terms as t
from tabrl_reward_worker.generator.writing.checks import checks_of
from tabrl_reward_worker.generator.writing.phase_gating import in_turn
from tabrl_reward_worker.generator.writing.terms import Term
from tabrl_reward_worker.limbs import feet_of

Template = Callable[[Goal, Robot], list[Term]]

LONGEST_SWING_S = 0.5  # of the reference robot
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


def candidates_for(goal: Goal, robot: Robot) -> tuple[RewardCandidate, ...]:
    """Two or three rewards for a goal, with the same success checks."""
    asked = in_words(goal, robot)
    seconds = tuple(round(phase.end - phase.start, 2) for phase in goal.phases)
    written = [
        ("Direct", "Each quantity is rewarded for being close to its target", direct),
        ("Smooth", "Makes way up to the target and pays for jerks, effort and slipping", smooth),
        ("All at once", "Pays most when everything fits at the same moment", together),
    ]
    if goal.only_still:
        # What costs haste would only say again what a bell around each target says.
        written[1:] = [("Steady", "Pays for a trunk that neither shifts nor turns", steady)]
    motion = spec_of(goal, robot)
    checks, longest_swing = checks_of(goal, robot), goal.amounts.seconds(LONGEST_SWING_S)
    return tuple(
        RewardCandidate(
            name,
            f"{idea}: {asked}.",
            source(
                asked, lines := _lines(goal, robot, template), clock(goal, robot), longest_swing
            ),
            {line.name: float(t.number(line.weight)) for line in lines if not line.local},
            checks,
            seconds,
            motion,
            goal.repeat or not goal.phases,
        )
        for name, idea, template in written
    )


def _lines(goal: Goal, robot: Robot, template: Template) -> list[Term]:
    """The terms a template writes for a goal, or for each of its phases in turn."""
    if not goal.phases:
        return template(goal, robot)
    return in_turn([template(phase.goal, robot) for phase in goal.phases])


def _posture(goal: Goal, robot: Robot) -> list[Term]:
    return t.posture(goal) if goal.rear is None else f.reared(goal, goal.rear, robot)


def direct(goal: Goal, robot: Robot) -> list[Term]:
    """A bell around every target."""
    return [
        *t.speeds(goal),
        *t.place(goal),
        *t.heading(goal),
        *t.height(goal, robot.characteristic_length),
        *_posture(goal, robot),
        *f.feet(goal, robot),
        *f.planted(goal),
        Term("smooth", -0.003, "jnp.sum(jnp.square(action - state.previous_action()))"),
        t.upright(),
    ]


def smooth(goal: Goal, robot: Robot) -> list[Term]:
    """Progress up to the target, and costs of haste."""
    if goal.hop is not None and goal.moves:
        return _leaping(goal, goal.hop, robot)
    return [
        *t.progress(goal),
        *t.place(goal),
        *t.heading(goal),
        *t.height(goal, robot.characteristic_length),
        *_posture(goal, robot),
        *f.feet(goal, robot),
        *t.pulse(goal, robot),
        *t.gentleness(goal),
        t.upright(),
    ]


def _leaping(goal: Goal, hop: Hop, robot: Robot) -> list[Term]:
    """Hops that get on: the push off the ground and the way, whatever the trunk does meanwhile."""
    return [
        *t.progress(goal),
        *t.course(goal),
        *(t.heading(goal) if goal.yaw else []),
        *t.launches(hop, robot.characteristic_length + (goal.height or 0.0)),
        *(_posture(goal, robot) if goal.pitch or goal.roll else []),
        *(t.pulse(goal, robot) if hop.hz_named else []),
        *t.gentleness(goal),
        t.upright(),
    ]


def together(goal: Goal, robot: Robot) -> list[Term]:
    """The product of all bells, with the single asked ones beside it as a slope to climb.

    What is asked for counts squared: far from it there is only the slope, and what should not
    happen beside it matters little.
    """
    parts = [
        *t.speeds(goal),
        *t.heading(goal),
        *t.height(goal, robot.characteristic_length),
        *_posture(goal, robot),
    ]
    parts += f.feet(goal, robot)
    if not t.course(goal):
        parts += t.place(goal)
    bells = [part for part in parts if part.weight > 0.0 and not part.by_stride]
    costs = [part for part in parts if part.weight < 0.0 or part.by_stride]
    asked = [bell for bell in bells if bell.weight >= t.ASKED]
    beside = " * ".join(bell.name for bell in bells if bell not in asked)
    product = " * ".join(bell.name for bell in asked)
    if goal.cadence is not None:
        product = f"jnp.maximum({product}, 0.0)"  # strides out of step are below nothing
    if asked and beside:
        product = f"jnp.square({product}) * {beside}"
    slopes = [Term(bell.name, 0.4 * bell.weight, bell.name, bell.comment) for bell in asked]
    # Beside a stride that is asked for, the rest of the way is no more than half of it.
    share = 1.0 if any(part.by_stride for part in parts) else 2.0
    whole = Term("together", share * t.ASKED, product or beside, "all of it at once")
    inner = [Term(bell.name, 0.0, bell.expression, local=True) for bell in bells]
    return [*inner, whole, *slopes, *costs, *t.course(goal), t.upright()]


def steady(goal: Goal, robot: Robot) -> list[Term]:
    """Standing still as the trunk has it: no speed, no turning, at its place and height."""
    return [
        *t.drift(goal),
        t.grip(),
        *t.place(goal),
        *_posture(goal, robot),
        *t.height(goal, robot.characteristic_length),
        t.upright(),
    ]


def source(asked: str, lines: list[Term], clock: list[str], longest_swing: float) -> str:
    """The reward as Python text.

    `clock` are statements that tell its phases apart; a foot that is in the air for more than
    `longest_swing` s is held up.
    """
    named = [line for line in lines if not line.local]
    inner = [f"{line.name} = {line.expression}" for line in lines if line.local]
    text = "\n".join([line.expression for line in lines])
    local = [
        line.format(swing=t.number(longest_swing))
        for name, line in _LOCALS.items()
        if re.search(rf"(?<![.\w]){name}\b", text)
    ]
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
            *(f"    {statement}" for statement in [*clock, *local, *inner]),
            "    return {",
            *returned,
            "    }",
            "",
        ]
    )


def clock(goal: Goal, robot: Robot) -> list[str]:
    """Which phase it is, as statements; none where there are no phases."""
    if not goal.phases:
        return []
    moment = "moment = state.time()"
    if goal.repeat:
        moment = f"moment = jnp.mod(state.time(), {t.number(goal.period)})  # s into the round"
    return [
        moment,
        *(
            f"{ordinal} = {_within(phase, goal.period)}  # {in_words(phase.goal, robot)}"
            for ordinal, phase in zip(ORDINALS, goal.phases, strict=False)
        ),
    ]


def _within(phase: Phase, period: float) -> str:
    begun, over = f"moment >= {t.number(phase.start)}", f"moment < {t.number(phase.end)}"
    if phase.start == 0.0:
        return over
    return begun if phase.end == period else f"({begun}) * ({over})"


def in_words(goal: Goal, robot: Robot) -> str:
    """The goal as a sentence fragment, without any word of the user's."""
    if goal.phases:
        *earlier, last = (in_words(phase.goal, robot) for phase in goal.phases)
        lengths = [phase.end - phase.start for phase in goal.phases]
        said = [
            f"{seconds:.3g} s of {words}" for seconds, words in zip(lengths, earlier, strict=False)
        ]
        ending = f"{lengths[-1]:.3g} s of {last}" if goal.repeat else last
        return "; then ".join([*said, ending])
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
    if goal.height and not (bobs and abs(goal.height) <= goal.amounts.length(0.02)):
        level = "below" if goal.height < 0 else "above"
        parts.append(f"{abs(goal.height) * 100:.0f} cm {level} standing")
    if goal.hop is not None:
        parts.append(f"hopping {goal.hop.height * 100:.0f} cm high at {goal.hop.hz:g} Hz")
    if goal.lift is not None:
        parts.append(
            f"{feet_of(robot)[goal.lift.foot]} foot {goal.lift.height * 100:.0f} cm off the ground"
        )
    if goal.limp is not None:
        parts.append(f"sparing the {feet_of(robot)[goal.limp]} foot")
    if goal.rear is not None:
        parts.append(f"up on the hind legs by {goal.rear:g} rad")
    if goal.gait:
        parts.append({"trot": "trotting", "pace": "pacing", "bound": "bounding"}[goal.gait])
    if goal.cadence is not None:
        parts.append(f"each foot stepping at {goal.cadence:g} Hz")
    if goal.steps is not None:
        low = "no more than " if goal.low_steps else ""
        parts.append(f"feet lifted {low}{goal.steps * 100:.3g} cm in turn")
    verbs = {"roll": "swaying", "pitch": "nodding", "height": "bobbing", "heading": "twisting"}
    verbs["paw"] = "waving"
    parts += [f"{verbs[rhythm.channel]} at {rhythm.hz:g} Hz" for rhythm in goal.rhythms]
    return ", ".join(parts) if parts else "standing still"
