"""What the behaviour bank says of a candidate, before any training."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from tabrl.contracts.checks import CheckSpec
from tabrl.control.checks import evaluate_checks
from tabrl.control.tape import CONTROL_DT
from tabrl.domain.tasks import CandidateReport, ClipScore, MotionPreview
from tabrl.robots import Robot, get_robot
from tabrl.sim.bank import AVOID, Bank
from tabrl.sim.reward import load_reward
from tabrl_reward_worker.building import BuiltDraft

# A report needs one call, not the fastest code: compiling less saves most of the time.
_FAST_COMPILE = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
}
_NEARLY_ALL = 0.97
_FEW_SHOWN = 4

Floats = NDArray[np.float64]


def report_on(built: BuiltDraft, bank: Bank) -> tuple[CandidateReport, MotionPreview]:
    """Scores of all clips and the motion the reward likes best."""
    started = time.monotonic()
    reward = load_reward(built.reward.blob, _FAST_COMPILE)
    steps, size = bank.tape.shape
    raw = np.asarray(reward(bank.tape.flat()), np.float64).reshape(steps, size, -1)
    weighted = raw * reward.vector(built.reward.weights)
    finite = bool(np.isfinite(weighted).all())
    weighted = np.nan_to_num(weighted, posinf=0.0, neginf=0.0)
    means: Floats = weighted.mean(axis=0)  # [B, K]
    totals: Floats = means.sum(axis=1)
    clips = tuple(
        ClipScore(
            clip=clip,
            score=round(float(totals[index]), 4),
            terms={
                term: round(float(means[index, column]), 4)
                for column, term in enumerate(reward.terms)
            },
        )
        for index, clip in enumerate(bank.clips)
    )
    best = int(np.argmax(totals))
    notes = _notes(bank, totals, weighted, reward.terms, finite)
    notes += _check_notes(built.draft.checks, bank)
    report = CandidateReport(
        clips=tuple(sorted(clips, key=lambda clip: -clip.score)),
        best_clip=bank.clips[best],
        notes=tuple(notes),
        stages_s={"report": round(time.monotonic() - started, 3)},
    )
    preview = MotionPreview(
        clip=bank.clips[best],
        score=clips[best].score,
        hz=round(1.0 / CONTROL_DT, 3),
        qpos=np.round(bank.qpos[:, best].astype(np.float64), 4).tolist(),
    )
    return report, preview


def _notes(
    bank: Bank, totals: Floats, weighted: Floats, terms: tuple[str, ...], finite: bool
) -> list[str]:
    """Traps and peculiarities, in words."""
    score = dict(zip(bank.clips, totals.tolist(), strict=True))
    order = sorted(score, key=lambda clip: -score[clip])
    notes = ["Likes most: " + ", ".join(order[:_FEW_SHOWN]) + "."]
    if not finite:
        notes.append("Some values are not finite on recorded motion.")
    wanted = {clip: value for clip, value in score.items() if clip not in AVOID}
    for clip in AVOID:
        if wanted and clip in score and score[clip] >= max(wanted.values()):
            notes.append(f"Trap: {clip} pays more than any recorded motion.")
    if order[0] == "stand":
        notes.append("Of the recorded motions standing still pays most.")
    share = np.abs(weighted).mean(axis=(0, 1))
    for column, term in enumerate(terms):
        if float(np.ptp(weighted[..., column])) < 1e-6:
            notes.append(f"Term {term} is the same in every recorded motion.")
        elif share[column] > _NEARLY_ALL * share.sum() and len(terms) > 1:
            notes.append(f"Term {term} outweighs all others.")
    return notes


def _check_notes(checks: tuple[CheckSpec, ...], bank: Bank) -> list[str]:
    """Which recorded motions would already meet the success checks."""
    robot: Robot = get_robot(bank.robot)
    last = float(bank.tape.shape[0]) * CONTROL_DT
    # Clips are short and begin settled: judge the whole of them.
    fitted = [check.model_copy(update={"start_s": 0.0, "end_s": last}) for check in checks]
    passing = []
    for clip in bank.clips:
        fields = bank.clip(clip).fields
        values = evaluate_checks(fitted, fields, robot)
        if all(check.passed(value) for check, value in zip(fitted, values, strict=True)):
            passing.append(clip)
    if not passing:
        return []
    return [f"Already meets the success checks: {', '.join(passing)}."]
