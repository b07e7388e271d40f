"""How each quantity is rewarded and judged: one entry for each.

A quantity that a robot can newly be asked for (`askable.py`) is an entry here, beside its limits
(`goal/limits.py`) and the words for it (`words.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tabrl.contracts.checks import CheckSpec
from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.plan import Segment
from tabrl_reward_worker.generator.writing import foot_checks, foot_terms, trunk_checks, trunk_terms
from tabrl_reward_worker.generator.writing.term import Term

Writer = Callable[[Segment], list[Term]]
Judge = Callable[[Segment], list[CheckSpec]]

SWINGS = "swings"  # whichever quantity it is that swings


def _nothing(one: Segment) -> list[Term]:
    return []


@dataclass(frozen=True)
class Entry:
    """What is written for a quantity, asked for or not; nothing where it has no say.

    `bells` pay for being close to the target, alone (Direct) or as factors of a product (All at
    once); `climb` for the way up to it and for its timing (Smooth), where that is something else.
    `judged` are its success checks, which share nothing with them but the target. What is judged
    `last` is so after what is asked of the trunk.
    """

    bells: Writer = _nothing
    judged: Judge | None = None
    climb: Writer | None = None
    last: bool = False


REGISTRY: Mapping[str, Entry] = {
    Askable.FORWARD_SPEED: Entry(
        trunk_terms.FORWARD.bells, trunk_checks.FORWARD, trunk_terms.FORWARD.climb
    ),
    Askable.LATERAL_SPEED: Entry(
        trunk_terms.SIDEWAYS.bells, trunk_checks.SIDEWAYS, trunk_terms.SIDEWAYS.climb
    ),
    Askable.WAY: Entry(trunk_terms.place, trunk_checks.place),
    Askable.YAW_RATE: Entry(trunk_terms.heading, trunk_checks.heading),
    Askable.HEIGHT: Entry(trunk_terms.height, trunk_checks.height),
    Askable.HOP_HEIGHT: Entry(trunk_terms.hops, foot_checks.hops, last=True),
    Askable.ROLL: Entry(trunk_terms.tilts, trunk_checks.tilts),  # and pitch, level together
    Askable.REARING: Entry(foot_terms.reared, foot_checks.reared, last=True),
    Askable.FOOT_HEIGHT: Entry(foot_terms.held_foot, foot_checks.held_foot, last=True),
    Askable.FOOT_LOAD: Entry(foot_terms.spared_foot, foot_checks.spared_foot, last=True),
    Askable.STEP_HEIGHT: Entry(foot_terms.steps, foot_checks.steps, last=True),
    Askable.STEP_RATE: Entry(foot_terms.gait, foot_checks.gait, last=True),
    SWINGS: Entry(judged=trunk_checks.swings, climb=trunk_terms.beats, last=True),
    Askable.PLANAR_SPEED: Entry(judged=trunk_checks.stillness, last=True),
}


def bells(one: Segment, *names: str) -> list[Term]:
    """Bells around the targets of some quantities, or of all."""
    return [term for name in names or REGISTRY for term in REGISTRY[name].bells(one)]


def climbs(one: Segment, *names: str) -> list[Term]:
    """The ways up to the targets of some quantities, or of all."""
    entries = [REGISTRY[name] for name in names or REGISTRY]
    return [term for entry in entries for term in (entry.climb or entry.bells)(one)]


def judged(one: Segment) -> list[CheckSpec]:
    """The success checks of all that is asked for."""
    order = sorted(REGISTRY.values(), key=lambda entry: entry.last)
    return [check for entry in order if entry.judged for check in entry.judged(one)]
