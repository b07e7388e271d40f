"""Evaluate: the three rows, and whether the fine-tuned policy passes the acceptance gate."""

from __future__ import annotations

from dataclasses import replace

from tabrl.contracts.checks import episode_s
from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import RobustnessRow
from tabrl.control.arrays import Floats
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.sim.learning.networks import deployed
from tabrl.sim.malloc import malloc_trim
from tabrl_trainer.evaluation import Candidate, Evaluation, Evaluator
from tabrl_trainer.stages.acceptance import accepted, rejection_reason
from tabrl_trainer.stages.results import Evaluated, FineTuned, Loaded, Selected
from tabrl_trainer.stages.select import expected_s
from tabrl_trainer.stages.session import JobSession

DISTURBED_S = 4.0  # length of a disturbed episode
MAX_EVALUATION_S = 18.0  # where it would take longer, fewer episodes are run
NOTHING_BETTER = "Nothing that was learnt was better than what it began with."


def evaluate(
    session: JobSession, loaded: Loaded, tuned: FineTuned, selected: Selected
) -> Evaluated:
    """Measure the candidates against what the training began with, until one is accepted.

    Raises `JobStoppedError` at any step.
    """
    began, spec, begun_with = session.clock(), session.spec, loaded.beginning.weights
    program = Candidate(begun_with, tuned.schedule)
    evaluator, lasts_s = _evaluator(session, loaded, tuned)
    on_step = session.control.raise_if_stopped
    first: Evaluation | None = None
    for kept in selected.snapshots:
        result = Candidate(kept.weights, tuned.schedule)
        measured = evaluator.evaluate(program, result, tuned.reward, spec.checks, on_step, lasts_s)
        if accepted(measured):
            return Evaluated(measured, kept.weights, kept.update, True, "", began)
        first = first or measured
    if first is not None:
        note = rejection_reason(first)
        withdrawn = replace(first, result=first.program)
        return Evaluated(withdrawn, begun_with, 0, False, note, began)
    alone = evaluator.evaluate_alone(program, tuned.reward, spec.checks, on_step, lasts_s)
    note = "" if spec.tier is Tier.COMMAND else NOTHING_BETTER
    return Evaluated(alone, begun_with, 0, False, note, began)


def _evaluator(session: JobSession, loaded: Loaded, tuned: FineTuned) -> tuple[Evaluator, float]:
    """What measures, and the seconds of an episode."""
    context, spec = loaded.context, session.spec
    lasts_s = episode_s(spec.phases_s, spec.checks)
    steps = context.evaluator.most_episodes * lasts_s / CONTROL_DT
    crowded = expected_s(steps, tuned.samples_per_s) > MAX_EVALUATION_S
    quick = crowded or spec.tier is Tier.COMMAND
    return (context.quick_evaluator if quick else context.evaluator), lasts_s


def disturb(
    session: JobSession, loaded: Loaded, tuned: FineTuned, evaluated: Evaluated
) -> tuple[RobustnessRow, ...]:
    """What is delivered, on robots other than their scene. Raises `JobStoppedError`.

    A command schedule alone is to be there in seconds: its policy's rows are known.
    """
    if session.spec.tier is Tier.COMMAND:
        return ()
    malloc_trim()  # a hundred recorded episodes were compared

    def earned(rollout: Rollout) -> Floats:
        return tuned.reward.total(rollout)

    return loaded.context.robustness.measure(
        deployed(evaluated.weights),
        tuned.schedule,
        DISTURBED_S,
        earned,
        session.control.raise_if_stopped,
    )
