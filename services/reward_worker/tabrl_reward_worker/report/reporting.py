"""The report on one candidate."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tabrl.contracts.checks import CheckSpec, describe, episode_s, fault_of
from tabrl.domain.report import CandidateReport, ClipScore, Finding, MotionPreview
from tabrl.embodiments.lookup import catalogue_of
from tabrl.robots import get_robot
from tabrl.sim.motion_library import NEGATIVE_REFERENCES, MotionLibrary
from tabrl_reward_worker.building import BuiltCandidate
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.report.asked import checks_in, meeting, shift_into, windows_of
from tabrl_reward_worker.report.evaluation import (
    Evaluation,
    RewardEvaluator,
    recorded_span,
    time_shifts,
)
from tabrl_reward_worker.report.preview import preview_of
from tabrl_reward_worker.report.sanity_checks import Verdict, judge, places
from tabrl_reward_worker.report.terms import assumed_weights, examine, still_terms

_MAX_SHOWN = 4


@dataclass(frozen=True)
class _Phase:
    """A part of the task: what the reward pays in it, and the clips that meet its checks."""

    evaluation: Evaluation
    checks: tuple[CheckSpec, ...]
    meets: tuple[str, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """The clips that are what was asked for."""
        return tuple(clip for clip in self.meets if clip not in NEGATIVE_REFERENCES)

    @property
    def favourite(self) -> str:
        """The clip that pays best."""
        return self.evaluation.clips[int(np.argmax(self.evaluation.totals))]


def report_on(built: BuiltCandidate, bank: MotionLibrary) -> tuple[CandidateReport, MotionPreview]:
    """All that the bank says of a candidate, and the motion that its reward likes best.

    A task that does one thing after another is judged phase by phase. Raises `Invalid` if the
    artifact cannot be used.
    """
    started = time.monotonic()
    evaluator, candidate = RewardEvaluator(built.reward, bank), built.candidate
    checks, bad_checks = _measurable(candidate, bank)
    phases = _phases(evaluator, checks, candidate.phases_s, bank)
    evaluation = _together([phase.evaluation for phase in phases])
    # A reward may change with the time: look at all of an episode.
    lasts_s = episode_s(candidate.phases_s, checks)
    later = [evaluator.at(shift) for shift in time_shifts(recorded_span(bank), lasts_s)]
    evaluation = replace(
        evaluation, finite=evaluation.finite and all(look.finite for look in later)
    )
    if not evaluation.finite:
        phases = [
            replace(phase, evaluation=replace(phase.evaluation, finite=False)) for phase in phases
        ]
    verdicts = [judge(phase.evaluation, phase.asked) for phase in phases]
    failures = _each_once([*bad_checks, *(f for verdict in verdicts for f in verdict.failures)])
    still = frozenset.intersection(*map(still_terms, [evaluation, *later]))
    terms, oddities = examine(evaluation, still)
    warnings = _each_once(
        [
            *assumed_weights(built.reward),
            *(warning for verdict in verdicts for warning in verdict.warnings),
            *oddities,
            *_easy_checks(phases),
            *_unseen(phases),
        ]
    )
    clips = _clip_scores(evaluation)
    report = CandidateReport(
        clips=clips,
        best_clip=clips[0].clip,
        meets=_asked(phases),
        terms=terms,
        warnings=warnings,
        failures=failures,
        margin=_least_margin(verdicts),
        rank=places(evaluation),
        notes=_notes(clips, _asked(phases), [*failures, *warnings]),
        stages_s={"report": round(time.monotonic() - started, 3)},
    )
    favourites = [phase.favourite for phase in phases] if len(phases) > 1 else [clips[0].clip]
    return report, preview_of(favourites, clips[0].score, bank)


def unrecorded_report(built: BuiltCandidate) -> CandidateReport:
    """What can be said of a candidate without recorded motion."""
    warnings = assumed_weights(built.reward)
    notes = tuple(warning.message for warning in warnings)
    return CandidateReport(warnings=warnings, notes=notes)


def _measurable(
    candidate: RewardCandidate, bank: MotionLibrary
) -> tuple[tuple[CheckSpec, ...], list[Finding]]:
    """The checks that the bank's robot can be held to, and what is wrong with the others."""
    catalogue = catalogue_of(get_robot(bank.robot))
    lasts_s = episode_s(candidate.phases_s, candidate.checks)
    faults = [fault_of(check, catalogue, lasts_s) for check in candidate.checks]
    found = [
        Finding(
            code="bad_check",
            message=f'The success check "{describe(check, catalogue).name}" is no good: {fault}.',
        )
        for check, fault in zip(candidate.checks, faults, strict=True)
        if fault is not None
    ]
    sound = (c for c, fault in zip(candidate.checks, faults, strict=True) if fault is None)
    return tuple(sound), found


def _phases(
    evaluator: RewardEvaluator,
    checks: tuple[CheckSpec, ...],
    phases_s: Sequence[float],
    bank: MotionLibrary,
) -> list[_Phase]:
    windows = windows_of(phases_s)
    if not windows:
        return [_Phase(evaluator.at(), checks, meeting(checks, bank))]
    span, phases = recorded_span(bank), []
    for window in windows:
        due = checks_in(checks, window, sum(phases_s))
        evaluation = evaluator.at(shift_into(window, due, span), window)
        phases.append(_Phase(evaluation, due, meeting(due, bank)))
    return phases


def _together(evaluations: Sequence[Evaluation]) -> Evaluation:
    """All phases as one: their steps one after the other."""
    raw = np.concatenate([evaluation.raw for evaluation in evaluations])
    return replace(
        evaluations[0], raw=raw, finite=all(evaluation.finite for evaluation in evaluations)
    )


def _clip_scores(evaluation: Evaluation) -> tuple[ClipScore, ...]:
    """Best first."""
    means, totals = evaluation.means, evaluation.totals
    return tuple(
        ClipScore(
            clip=evaluation.clips[index],
            score=round(float(totals[index]), 4),
            terms={
                term: round(float(means[index, column]), 4)
                for column, term in enumerate(evaluation.terms)
            },
        )
        for index in np.argsort(-totals, kind="stable")
    )


def _asked(phases: Sequence[_Phase]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clip for phase in phases for clip in phase.asked))


def _easy_checks(phases: Sequence[_Phase]) -> list[Finding]:
    """That unwanted motion meets the checks."""
    return [
        Finding(
            code="easy_checks",
            message=f"The success checks are too easy: {doing} would pass them.",
        )
        for clip, doing in (("fall", "a robot that falls over"), ("random", "random motion"))
        if any(clip in phase.meets for phase in phases)
    ]


def _unseen(phases: Sequence[_Phase]) -> list[Finding]:
    """That the bank does not hold what was asked for, or not all of its phases."""
    if all(phase.asked for phase in phases if phase.checks):
        return []
    message = (
        "No recorded motion is quite what was asked for: the preview shows what this reward likes "
        "best of what the robot can already do."
    )
    return [Finding(code="nothing_recorded", message=message)]


def _least_margin(verdicts: Iterable[Verdict]) -> float | None:
    margins = [verdict.margin for verdict in verdicts]
    known = [margin for margin in margins if margin is not None]
    return min(known) if known and len(known) == len(margins) else None


def _each_once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in order, without saying the same twice."""
    return tuple({(finding.code, finding.message): finding for finding in findings}.values())


def _notes(
    clips: Sequence[ClipScore], meets: Sequence[str], findings: Sequence[Finding]
) -> tuple[str, ...]:
    """The report in sentences."""
    notes = ["Likes most: " + ", ".join(clip.clip for clip in clips[:_MAX_SHOWN]) + "."]
    notes += [finding.message for finding in findings]
    if meets:
        notes.append(f"Already meets the success checks: {', '.join(meets)}.")
    return tuple(notes)
