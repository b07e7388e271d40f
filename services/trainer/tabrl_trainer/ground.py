"""What is to be said of a training on a ground that the pretrained policy does not know."""

from __future__ import annotations

from tabrl.contracts.findings import Finding
from tabrl.contracts.ground import Ground
from tabrl.contracts.training import EvaluationRow


def untrained_ground(
    ground: Ground, program: EvaluationRow, result: EvaluationRow
) -> tuple[Finding, ...]:
    """How often the robot failed where its pretrained policy was never trained; none of flat.

    Args:
        ground: what was trained on.
        program: the pretrained policy under the found schedule.
        result: what is delivered.
    """
    if ground.plain:
        return ()
    message = (
        f"The pretrained policy was trained on flat ground alone, not on {ground.in_words()}. "
        f"There it failed in {program.fall_rate:.0%} of {program.episodes} episodes, the result in "
        f"{result.fall_rate:.0%} of {result.episodes}."
    )
    return (Finding(code="untrained_ground", message=message),)
