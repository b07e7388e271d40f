"""What must not pay: falling, moving at random, and standing still where motion was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tabrl.domain.report import Finding
from tabrl.sim.motion_library import NEGATIVE_REFERENCES
from tabrl_reward_worker.report.evaluation import Evaluation

_REST = "stand"  # by this name in findings, whatever the clip is called
_WALK = "walk"
MARGIN = 0.25  # of the spread of what the clips pay: closer together is nearly the same
MAX_SIZE = 1e4  # a mean size per step beyond which float32 and a learner lose their footing
MIN_SIZE = 1e-6
_RUNNERS = {
    _REST: ("Standing still", "the robot may not move at all"),
    "fall": ("Falling over", "the robot may learn to fall"),
    "random": ("Moving at random", "the robot may learn to twitch"),
}


@dataclass(frozen=True)
class Verdict:
    """What the sanity checks found; `margin` is the asked motion's lead over its closest rival, in
    spreads of what the clips pay."""

    failures: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    margin: float | None


def judge(evaluation: Evaluation, asked: Sequence[str]) -> Verdict:
    """Whether anything pays that must not.

    `asked` are the clips that are what was asked for; without any, what pays best is taken for it
    and there is no margin."""
    broken = _broken(evaluation)
    if broken is not None:
        return Verdict((broken,), (), None)
    spread = evaluation.spread
    if not evaluation.wanted or spread <= MIN_SIZE:
        same = "The reward is the same for every recorded motion: it does not tell them apart."
        return Verdict(_fatal(evaluation, spread), (Finding(code="all_alike", message=same),), None)
    target = _best(evaluation, asked) if asked else None
    others = [clip for clip in evaluation.wanted if clip != evaluation.rest]
    reference = target or _best(evaluation, others or evaluation.wanted)
    unwanted = (evaluation.rest, *NEGATIVE_REFERENCES)
    rivals = [clip for clip in unwanted if clip in evaluation.clips and clip not in asked]
    leads = {c: (evaluation.score(reference) - evaluation.score(c)) / spread for c in rivals}
    failures = _fatal(evaluation, spread)
    fatal = {finding.code for finding in failures}
    warnings = []
    for clip, lead in leads.items():
        rival = _REST if clip == evaluation.rest else clip
        # What was never recorded may pay far more: then only an outright lead says something.
        if lead < (MARGIN if target else 0.0) and f"{rival}_pays_best" not in fatal:
            warnings.append(_rival_pays(rival, lead, target))
    if target is not None:
        warnings += _outlier(evaluation, target, asked, spread)
    margin = round(min(leads.values()), 3) if leads and target else None
    return Verdict(failures, tuple(warnings), margin)


def places(evaluation: Evaluation) -> dict[str, int]:
    """Where the reference motions stand among all clips; 1 pays best."""
    totals = evaluation.totals
    references = (evaluation.rest, _WALK, *NEGATIVE_REFERENCES)
    return {
        clip: 1 + int(np.sum(totals > evaluation.score(clip)))
        for clip in references
        if clip in evaluation.clips
    }


def _best(evaluation: Evaluation, clips: Sequence[str]) -> str:
    return max(clips, key=evaluation.score)


def _broken(evaluation: Evaluation) -> Finding | None:
    """Why nothing more can be said of a reward."""
    if not evaluation.finite:
        return Finding(
            code="not_finite",
            message="Some values are not finite on recorded motion (a division by zero, or a root "
            "or logarithm of something negative).",
        )
    steps = evaluation.steps
    if not np.any(evaluation.weighted) or (evaluation.clip_total and not np.any(steps)):
        return Finding(code="all_zero", message="The reward is zero whatever the robot does.")
    largest = float(np.abs(steps).max())
    if float(np.ptp(steps)) <= MIN_SIZE * max(largest, 1.0):
        return Finding(
            code="nothing_varies",
            message="The reward is the same whatever the robot does: there is nothing to learn.",
        )
    usual = float(np.abs(steps).mean(axis=0).max())
    if usual > MAX_SIZE:
        return Finding(
            code="absurd_scale",
            message=f"The reward is about {usual:.2g} in every step of a motion; smaller weights "
            f"would keep it below {MAX_SIZE:g}.",
        )
    return None


def _fatal(evaluation: Evaluation, spread: float) -> tuple[Finding, ...]:
    """What nobody wants pays better than all that somebody may want."""
    best = max((evaluation.score(clip) for clip in evaluation.wanted), default=0.0)
    room = max(MARGIN * spread, MIN_SIZE)
    found = []
    for clip in NEGATIVE_REFERENCES:
        if clip in evaluation.clips and evaluation.score(clip) > best + room:
            doing, outcome = _RUNNERS[clip]
            message = f"{doing} pays more than any other recorded motion: {outcome}."
            found.append(Finding(code=f"{clip}_pays_best", message=message))
    return tuple(found)


def _rival_pays(rival: str, lead: float, target: str | None) -> Finding:
    doing, outcome = _RUNNERS[rival]
    than = "more than" if lead < 0.0 else "nearly as much as"
    what = f"the asked motion ({target})" if target else "any other recorded motion"
    return Finding(code=f"{rival}_pays", message=f"{doing} pays {than} {what}: {outcome}.")


def _outlier(
    evaluation: Evaluation, target: str, asked: Sequence[str], spread: float
) -> list[Finding]:
    """Another motion that pays clearly more than the one that meets the success checks."""
    best = _best(evaluation, evaluation.wanted)
    # Standing still has a warning of its own.
    if best in asked or best == evaluation.rest:
        return []
    if evaluation.score(best) - evaluation.score(target) <= MARGIN * spread:
        return []
    message = (
        f'"{best}" pays more than "{target}", which meets the success checks: '
        "the robot may learn something else than was asked for."
    )
    return [Finding(code="another_motion_pays", message=message)]
