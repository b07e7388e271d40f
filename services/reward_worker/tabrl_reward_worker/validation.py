"""Validation before training: reports on built candidates, and which of them may be offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tabrl.domain.tasks import CandidateReport, Dropped, MotionPreview
from tabrl.sim.motion_library import MotionLibrary
from tabrl_reward_worker.building import BuiltCandidate, ValidationReport
from tabrl_reward_worker.concurrency import CancellationToken, never_cancelled, parallel_map
from tabrl_reward_worker.diversity import distinct
from tabrl_reward_worker.report import report_on, unrecorded_report, with_similarity


@dataclass(frozen=True)
class ValidatedCandidate:
    """A candidate with what recorded motion says of it; no preview without a bank."""

    built: BuiltCandidate
    report: CandidateReport
    preview: MotionPreview | None


def validate(
    candidates: Sequence[BuiltCandidate],
    bank: MotionLibrary | None,
    cancelled: CancellationToken = never_cancelled,
) -> tuple[list[ValidatedCandidate], list[Dropped]]:
    """The candidates that may be offered, in order, and why the others may not.

    Of two that like the same motions one is left out: there is no choice between them. Without a
    bank nothing can be said against any of them. Raises `WorkCancelledError`.
    """
    if bank is None:
        return [
            ValidatedCandidate(built, unrecorded_report(built), None) for built in candidates
        ], []
    reports = parallel_map(
        lambda built: built.validation or _validate(built, bank), candidates, cancelled
    )
    validated = [
        ValidatedCandidate(built, validation.report, validation.preview)
        for built, validation in zip(candidates, reports, strict=True)
    ]
    sound = [item for item in validated if not item.report.failures]
    rejected = [_rejected(item) for item in validated if item.report.failures]
    names = [item.built.candidate.name for item in sound]
    kept, alike = distinct(names, [item.report for item in sound])
    sound, rejected = [sound[index] for index in kept], [*rejected, *alike]
    compared = with_similarity([item.report for item in sound])
    offered = [replace(item, report=report) for item, report in zip(sound, compared, strict=True)]
    return offered, rejected


def with_validation(built: BuiltCandidate, bank: MotionLibrary | None) -> BuiltCandidate:
    """The candidate with its validation, for its generator to repair what could not be offered."""
    return built if bank is None else replace(built, validation=_validate(built, bank))


def _validate(built: BuiltCandidate, bank: MotionLibrary) -> ValidationReport:
    return ValidationReport(*report_on(built, bank))


def _rejected(validated: ValidatedCandidate) -> Dropped:
    """Why a candidate must not be offered."""
    findings = validated.report.failures
    message = " ".join(finding.message for finding in findings)
    return Dropped(name=validated.built.candidate.name, code=findings[0].code, message=message)
