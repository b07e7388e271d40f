"""The report on one candidate."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tabrl.contracts.checks import CheckSpec, episode_s, fault_of
from tabrl.domain.report import CandidateReport, ClipScore, Finding, MotionPreview
from tabrl.robots import get_robot
from tabrl.sim.motion_library import NEGATIVE_REFERENCES, MotionLibrary
from tabrl_reward_worker.building import BuiltDraft
from tabrl_reward_worker.drafts import Draft
from tabrl_reward_worker.report.asked import checks_in, meeting, shift_into, windows_of
from tabrl_reward_worker.report.preview import preview_of
from tabrl_reward_worker.report.terms import examine, still_terms
from tabrl_reward_worker.report.traps import Judgement, judge, places
from tabrl_reward_worker.report.trial import Trial, Trier, looks, recorded_span

_FEW_SHOWN = 4


@dataclass(frozen=True)
class _Phase:
    """A part of the task: what the reward pays in it, and the clips that meet its checks."""

    trial: Trial
    checks: tuple[CheckSpec, ...]
    meets: tuple[str, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """The clips that are what was asked for."""
        return tuple(clip for clip in self.meets if clip not in NEGATIVE_REFERENCES)

    @property
    def favourite(self) -> str:
        """The clip that pays best."""
        return self.trial.clips[int(np.argmax(self.trial.totals))]


def report_on(built: BuiltDraft, bank: MotionLibrary) -> tuple[CandidateReport, MotionPreview]:
    """All that the bank says of a candidate, and the motion that its reward likes best.

    A task that does one thing after another is judged phase by phase. Raises `Invalid` if the
    artifact cannot be used.
    """
    started = time.monotonic()
    trier, draft = Trier(built.reward, bank), built.draft
    checks, bad_checks = _measurable(draft, bank)
    phases = _phases(trier, checks, draft.phases_s, bank)
    trial = _together([phase.trial for phase in phases])
    # A reward may change with the time: look at all of an episode.
    lasts_s = episode_s(draft.phases_s, checks)
    later = [trier.at(shift) for shift in looks(recorded_span(bank), lasts_s)]
    trial = replace(trial, finite=trial.finite and all(look.finite for look in later))
    if not trial.finite:
        phases = [replace(phase, trial=replace(phase.trial, finite=False)) for phase in phases]
    verdicts = [judge(phase.trial, phase.asked) for phase in phases]
    failures = _each_once([*bad_checks, *(f for verdict in verdicts for f in verdict.failures)])
    still = frozenset.intersection(*map(still_terms, [trial, *later]))
    terms, oddities = examine(trial, still)
    warnings = _each_once(
        [
            *(warning for verdict in verdicts for warning in verdict.warnings),
            *oddities,
            *_easy_checks(phases),
            *_unseen(phases),
        ]
    )
    clips = _clip_scores(trial)
    report = CandidateReport(
        clips=clips,
        best_clip=clips[0].clip,
        meets=_asked(phases),
        terms=terms,
        warnings=warnings,
        failures=failures,
        margin=_least_margin(verdicts),
        rank=places(trial),
        notes=_notes(clips, _asked(phases), [*failures, *warnings]),
        stages_s={"report": round(time.monotonic() - started, 3)},
    )
    favourites = [phase.favourite for phase in phases] if len(phases) > 1 else [clips[0].clip]
    return report, preview_of(favourites, clips[0].score, bank)


def _measurable(draft: Draft, bank: MotionLibrary) -> tuple[tuple[CheckSpec, ...], list[Finding]]:
    """The checks that the bank's robot can be held to, and what is wrong with the others."""
    robot, lasts_s = get_robot(bank.robot), episode_s(draft.phases_s, draft.checks)
    faults = [fault_of(check, robot, lasts_s) for check in draft.checks]
    found = [
        Finding(code="bad_check", message=f'The success check "{check.name}" is no good: {fault}.')
        for check, fault in zip(draft.checks, faults, strict=True)
        if fault is not None
    ]
    sound = (c for c, fault in zip(draft.checks, faults, strict=True) if fault is None)
    return tuple(sound), found


def _phases(
    trier: Trier, checks: tuple[CheckSpec, ...], phases_s: Sequence[float], bank: MotionLibrary
) -> list[_Phase]:
    windows = windows_of(phases_s)
    if not windows:
        return [_Phase(trier.at(), checks, meeting(checks, bank))]
    span, phases = recorded_span(bank), []
    for window in windows:
        due = checks_in(checks, window, sum(phases_s))
        trial = trier.at(shift_into(window, due, span), window)
        phases.append(_Phase(trial, due, meeting(due, bank)))
    return phases


def _together(trials: Sequence[Trial]) -> Trial:
    """All phases as one: their steps one after the other."""
    raw = np.concatenate([trial.raw for trial in trials])
    return replace(trials[0], raw=raw, finite=all(trial.finite for trial in trials))


def _clip_scores(trial: Trial) -> tuple[ClipScore, ...]:
    """Best first."""
    means, totals = trial.means, trial.totals
    return tuple(
        ClipScore(
            clip=trial.clips[index],
            score=round(float(totals[index]), 4),
            terms={
                term: round(float(means[index, column]), 4)
                for column, term in enumerate(trial.terms)
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


def _least_margin(verdicts: Iterable[Judgement]) -> float | None:
    margins = [verdict.margin for verdict in verdicts]
    told = [margin for margin in margins if margin is not None]
    return min(told) if told and len(told) == len(margins) else None


def _each_once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in order, without saying the same twice."""
    return tuple({(finding.code, finding.message): finding for finding in findings}.values())


def _notes(
    clips: Sequence[ClipScore], meets: Sequence[str], findings: Sequence[Finding]
) -> tuple[str, ...]:
    """The report in sentences."""
    notes = ["Likes most: " + ", ".join(clip.clip for clip in clips[:_FEW_SHOWN]) + "."]
    notes += [finding.message for finding in findings]
    if meets:
        notes.append(f"Already meets the success checks: {', '.join(meets)}.")
    return tuple(notes)
