"""The acceptance gate: fine-tuning never makes a robot worse."""

from __future__ import annotations

from tabrl_trainer.evaluation import Evaluation

FALL_MARGIN = 0.01  # a result may fall at most one point more often than the pretrained policy


def accepted(evaluation: Evaluation) -> bool:
    """Whether the result may be delivered: it falls no more than the pretrained policy with no
    command, and earns no less than that policy does under the found schedule from the same starts.
    """
    base, result = evaluation.base.row, evaluation.result.row
    steady = result.fall_rate <= base.fall_rate + FALL_MARGIN
    return steady and evaluation.comparison.difference >= 0.0


def rejection_reason(evaluation: Evaluation) -> str:
    """Why a result that is not accepted was not delivered, in a sentence."""
    compared = evaluation.comparison
    if compared.difference < 0.0:
        earned = compared.reference + compared.difference
        why = f"its reward was lower ({earned:.3f} against {compared.reference:.3f})"
    else:
        falls, before = evaluation.result.row.fall_rate, evaluation.base.row.fall_rate
        why = f"it fell more often ({falls:.1%} against {before:.1%})"
    return f"The fine-tuned policy was not delivered, because {why}: the found program is."
