"""The success checks of a plan: bounds a person would set, with room for an honest miss."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.embodiments.legged.askable import Askable
from tabrl.embodiments.legged.catalogue import Quantity
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.phases import ORDINALS
from tabrl_reward_worker.generator.goal.plan import Plan
from tabrl_reward_worker.generator.writing.check import bounded, mean_around, mean_within
from tabrl_reward_worker.generator.writing.foot_checks import flying
from tabrl_reward_worker.generator.writing.registry import judged

MAX_CHECKS = 16  # more is more than a person reads
SETTLING_S = 0.8  # that a change from one phase to the next may take, or half of a short one
_SAID_BESIDE = ("restlessness", "rest", "hops", "up", "rhythm", "turning", "speed")
_FALLS = CheckSpec(
    id="falls", quantity=Quantity.FALLEN, statistic=Statistic.ANY, start_s=0.0, end_s=10.0,
    at_most=0.02,
)  # fmt: skip


def checks_of(plan: Plan) -> tuple[CheckSpec, ...]:
    """All checks of a plan; the last one is that it does not fall."""
    asked = _in_turn(plan) if plan.sequence else judged(plan.segments()[0])
    return (*asked, _FALLS)


def _in_turn(plan: Plan) -> list[CheckSpec]:
    """The checks of each phase within its time, when it has settled; what all share, at all times.

    With too many, those of what should not happen beside it go first, and then some of each phase.
    """
    segments = plan.segments()
    phases = [
        [*judged(one), *_standing_again(one.goal, plan.parts), *_on_foot(one.goal, plan.parts)]
        for one in segments
    ]
    shared = [check for check in phases[0] if all(check in checks for checks in phases)]
    separate = [
        [
            check.model_copy(
                update={
                    "id": f"{ordinal}_{check.id}",
                    "start_s": round(one.start + min(SETTLING_S, (one.end - one.start) / 2.0), 2),
                    "end_s": one.end,
                }
            )
            for check in checks
            if check not in shared
        ]
        for ordinal, one, checks in zip(ORDINALS, segments, phases, strict=False)
    ]
    beside = [check for checks in separate for check in checks if check.id.endswith("_drift")]
    room = MAX_CHECKS - 1 - len(shared)
    left_out = beside[: max(0, sum(map(len, separate)) - room)]
    kept = [[check for check in checks if check not in left_out] for checks in separate]
    while sum(map(len, kept)) > room:
        most = max(kept, key=len)
        most.remove(max(most, key=_rank))
    return [*itertools.chain.from_iterable(kept), *shared]


def _rank(check: CheckSpec) -> int:
    """How soon a check is left out: what others say too goes first."""
    kind = check.id.rpartition("_")[2]
    return len(_SAID_BESIDE) - _SAID_BESIDE.index(kind) if kind in _SAID_BESIDE else 0


def _standing_again(goal: Goal, goals: Sequence[Goal]) -> Iterator[CheckSpec]:
    """That a phase of standing has nothing of the other phases: who crouches on fails it."""
    if not goal.still:
        return
    own = goal.amounts
    offset = max(abs(other.height or 0.0) for other in goals)
    if offset:
        room = max(own.length(0.015), 0.5 * offset)
        yield mean_around("height", Quantity.HEIGHT, own.standing, room)
    for tilt in (Askable.PITCH, Askable.ROLL):
        angle = max(abs(other.held(tilt) or 0.0) for other in goals)
        if angle:
            yield mean_around(str(tilt), Quantity(tilt), 0.0, 0.5 * angle)
    swings = {channel: swing for other in goals for channel, swing in other.swings.items()}
    for channel, swing in swings.items():
        if channel != "paw":
            quantity, most = Quantity(channel), round(0.3 * swing.amplitude, 4)
            far = Statistic.AMPLITUDE
            yield bounded(f"{channel}_rest", quantity, far, high=most, frequency=swing.hz)
    if any(other.feet for other in goals):
        yield mean_within("feet_up", Quantity.FEET_IN_AIR, None, 0.5)


def _on_foot(goal: Goal, goals: Sequence[Goal]) -> Iterator[CheckSpec]:
    """That a phase of walking or turning is not hopped like another one.

    Fast walking and bounding fly a little by themselves.
    """
    slow = abs(goal.vx or 0.0) < goal.amounts.speed(0.8) and goal.gait != "bound"
    hopped = goal.hop is None and goal.steps is None and any(other.hop for other in goals)
    if hopped and slow and (goal.moves or goal.yaw):
        yield flying(0.1)
