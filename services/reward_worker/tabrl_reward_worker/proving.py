"""Proof before training: reports on built drafts, and which of them may be offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tabrl.domain.tasks import CandidateReport, Dropped, MotionPreview
from tabrl.sim.motion_library import MotionLibrary
from tabrl_reward_worker.building import BuiltDraft, Proof
from tabrl_reward_worker.diversity import distinct
from tabrl_reward_worker.report import report_on, with_similarity
from tabrl_reward_worker.waiting import Halt, never, side_by_side


@dataclass(frozen=True)
class Proven:
    """A draft with what recorded motion says of it; no preview without a bank."""

    built: BuiltDraft
    report: CandidateReport
    preview: MotionPreview | None


def prove(
    drafts: Sequence[BuiltDraft], bank: MotionLibrary | None, halt: Halt = never
) -> tuple[list[Proven], list[Dropped]]:
    """The drafts that may be offered, in order, and why the others may not.

    Of two that like the same motions one is left out: there is no choice between them. Without a
    bank nothing can be said against any of them. Raises `HaltedError`.
    """
    if bank is None:
        return [Proven(built, CandidateReport(), None) for built in drafts], []
    proofs = side_by_side(lambda built: built.proof or _proof(built, bank), drafts, halt)
    proven = [
        Proven(built, proof.report, proof.preview)
        for built, proof in zip(drafts, proofs, strict=True)
    ]
    sound = [one for one in proven if not one.report.failures]
    dropped = [_refused(one) for one in proven if one.report.failures]
    names = [one.built.draft.name for one in sound]
    kept, alike = distinct(names, [one.report for one in sound])
    sound, dropped = [sound[index] for index in kept], [*dropped, *alike]
    compared = with_similarity([one.report for one in sound])
    return [
        replace(one, report=report) for one, report in zip(sound, compared, strict=True)
    ], dropped


def tried(built: BuiltDraft, bank: MotionLibrary | None) -> BuiltDraft:
    """The draft with its proof, for its author to mend what could not be offered."""
    return built if bank is None else replace(built, proof=_proof(built, bank))


def _proof(built: BuiltDraft, bank: MotionLibrary) -> Proof:
    return Proof(*report_on(built, bank))


def _refused(proven: Proven) -> Dropped:
    """Why a draft must not be offered."""
    findings = proven.report.failures
    message = " ".join(finding.message for finding in findings)
    return Dropped(name=proven.built.draft.name, code=findings[0].code, message=message)
