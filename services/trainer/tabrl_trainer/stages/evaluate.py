"""Evaluate: the three rows, and whether the fine-tuned policy passes the acceptance gate."""

from __future__ import annotations

from tabrl.contracts.checks import episode_s
from tabrl.contracts.training import RobustnessRow
from tabrl.control.arrays import Floats
from tabrl.control.command_schedule import CommandSchedule
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
    neutral = CommandSchedule.neutral(context.embodiment.commands)
    candidates = [
        Candidate(pretrained, neutral),
        Candidate(pretrained, tuned.schedule),
        Candidate(kept.weights, tuned.schedule),
    ]
    lasts_s = episode_s(spec.phases_s, spec.checks)
    steps = sum(context.sizes.episodes) * lasts_s / CONTROL_DT
    crowded = expected_s(steps, tuned.samples_per_s) > MAX_EVALUATION_S
    evaluator = context.quick_evaluator if crowded else context.evaluator
    base, program, result = evaluator.evaluate(
        candidates, tuned.reward, spec.checks, session.control.raise_if_stopped, lasts_s
    )
    if accepted(base, program, result):
        return Evaluated(
            base, program, result, kept.weights, kept.update, accepted=True, note="", began=began
        )
    note = rejection_reason(base, program, result)
    return Evaluated(
        base, program, program, pretrained, update=0, accepted=False, note=note, began=began
    )


def disturb(
    session: JobSession, context: TrainingContext, tuned: FineTuned, evaluated: Evaluated
) -> tuple[RobustnessRow, ...]:
    """What is delivered, on robots other than their scene. Raises `JobStoppedError`."""

    def earned(rollout: Rollout) -> Floats:
        rewards: Floats = tuned.reward.terms_of(rollout).sum(-1)
        return rewards

    return context.robustness.measure(
        deployed(evaluated.weights),
        tuned.schedule,
        DISTURBED_S,
        earned,
        session.control.raise_if_stopped,
    )
