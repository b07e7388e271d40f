"""Evaluate: the three rows, and whether the fine-tuned policy passes the acceptance gate."""

from __future__ import annotations

from dataclasses import replace

from tabrl.contracts.checks import episode_s
from tabrl.contracts.training import RobustnessRow
from tabrl.control.arrays import Floats
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.sim.learning.networks import deployed
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.evaluation import Candidate
from tabrl_trainer.stages.acceptance import accepted, rejection_reason
from tabrl_trainer.stages.results import Evaluated, FineTuned, Selected
from tabrl_trainer.stages.select import expected_s
from tabrl_trainer.stages.session import JobSession

DISTURBED_S = 4.0  # length of a disturbed episode
MAX_EVALUATION_S = 18.0  # where it would take longer, fewer episodes are run


def evaluate(
    session: JobSession, context: TrainingContext, tuned: FineTuned, selected: Selected
) -> Evaluated:
    """Measure the candidates against each other. Raises `JobStoppedError` at any step."""
    began, spec, pretrained = session.clock(), session.spec, context.pretrained_weights
    kept = selected.snapshot
    lasts_s = episode_s(spec.phases_s, spec.checks)
    steps = context.evaluator.most_episodes * lasts_s / CONTROL_DT
    crowded = expected_s(steps, tuned.samples_per_s) > MAX_EVALUATION_S
    evaluator = context.quick_evaluator if crowded else context.evaluator
    measured = evaluator.evaluate(
        Candidate(pretrained, tuned.schedule),
        Candidate(kept.weights, tuned.schedule),
        tuned.reward,
        spec.checks,
        session.control.raise_if_stopped,
        lasts_s,
    )
    if accepted(measured):
        return Evaluated(measured, kept.weights, kept.update, note="", began=began)
    withdrawn = replace(measured, result=measured.program)
    note = rejection_reason(measured)
    return Evaluated(withdrawn, pretrained, update=0, note=note, began=began)


def disturb(
    session: JobSession, context: TrainingContext, tuned: FineTuned, evaluated: Evaluated
) -> tuple[RobustnessRow, ...]:
    """What is delivered, on robots other than their scene. Raises `JobStoppedError`."""

    def earned(rollout: Rollout) -> Floats:
        return tuned.reward.total(rollout)

    return context.robustness.measure(
        deployed(evaluated.weights),
        tuned.schedule,
        DISTURBED_S,
        earned,
        session.control.raise_if_stopped,
    )
