"""A plan as a sentence fragment, without any word of the user's."""

from __future__ import annotations

from collections.abc import Iterator

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.plan import Plan, Segment
from tabrl_reward_worker.generator.reading.data import table_of

_WORDS = table_of("words.toml", __package__)


def in_words(plan: Plan) -> str:
    """All that is asked for."""
    if not plan.sequence:
        return at_once(plan.parts[0])
    *earlier, last = plan.segments()
    ending = _timed(last) if plan.repeat else at_once(last.goal)
    return "; then ".join([*map(_timed, earlier), ending])


def _timed(one: Segment) -> str:
    return f"{one.end - one.start:.3g} s of {at_once(one.goal)}"


def at_once(goal: Goal) -> str:
    """What is asked for at the same time."""
    return ", ".join(_said(goal)) or "standing still"


def _said(goal: Goal) -> Iterator[str]:
    for quantity, (positive, negative) in _WORDS["signed"].items():
        value = goal.held(Askable(quantity))
        if value:
            yield (positive if value > 0.0 else negative).format(abs(value))
    if goal.height and not (
        "height" in goal.swings and abs(goal.height) <= goal.amounts.length(0.02)
    ):
        level = "below" if goal.height < 0.0 else "above"
        yield f"{abs(goal.height) * 100:.0f} cm {level} standing"
    yield from _said_of_feet(goal)
    for channel, swing in goal.swings.items():
        yield f"{_WORDS['swings'][channel]} at {swing.hz:.3g} Hz"


def _said_of_feet(goal: Goal) -> Iterator[str]:
    held, spared = goal.find(Askable.FOOT_HEIGHT), goal.find(Askable.FOOT_LOAD)
    if goal.hop is not None:
        yield f"hopping {goal.hop.height * 100:.0f} cm high at {goal.hop.hz:.3g} Hz"
    if held is not None:
        yield f"{held.part} foot {(goal.lift or 0.0) * 100:.0f} cm off the ground"
    if spared is not None:
        yield f"sparing the {spared.part} foot"
    if goal.rear is not None:
        yield f"up on the hind legs by {goal.rear:.3g} rad"
    if goal.gait:
        yield _WORDS["gaits"][goal.gait]
    if goal.cadence is not None:
        yield f"each foot stepping at {goal.cadence:.3g} Hz"
    if goal.steps is not None:
        low = "no more than " if goal.low_steps else ""
        yield f"feet lifted {low}{goal.steps * 100:.3g} cm in turn"
