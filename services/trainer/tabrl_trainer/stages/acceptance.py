"""The acceptance gate: fine-tuning never makes a robot worse."""

from __future__ import annotations

from tabrl_trainer.evaluation import EvaluationEntry

FALL_MARGIN = 0.01  # a result may fall at most one point more often than the pretrained policy


def accepted(base: EvaluationEntry, program: EvaluationEntry, result: EvaluationEntry) -> bool:
    """Whether the result may be delivered.

    Args:
        base: The pretrained policy with no command.
        program: The pretrained policy under the schedule found.
        result: The fine-tuned policy under it.

    Returns:
        True if it falls no more than the first and earns no less than the second.
    """
    steady = result.row.fall_rate <= base.row.fall_rate + FALL_MARGIN
    return steady and result.row.reward >= program.row.reward


def rejection_reason(
    base: EvaluationEntry, program: EvaluationEntry, result: EvaluationEntry
) -> str:
    """Why a result that is not accepted was not delivered, in a sentence."""
    if result.row.reward < program.row.reward:
        why = f"its reward was lower ({result.row.reward:.3f} against {program.row.reward:.3f})"
    else:
        why = f"it fell more often ({result.row.fall_rate:.1%} against {base.row.fall_rate:.1%})"
    return f"The fine-tuned policy was not delivered, because {why}: the found program is."
