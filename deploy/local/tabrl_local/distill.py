"""`tabrl distill`: the trainer teaches a policy's student, on this machine."""

from __future__ import annotations

from pathlib import Path

from tabrl_local.certify import by_the_trainer

MODULE = "tabrl_trainer.distillation.cli"


def distill(policy: str | bytes, out: Path, *, anyway: bool) -> int:
    """Teach a student of a policy: the id of a robot, or a params file's bytes.

    Returns the exit code; the student is in the file `out`, unless the policy needs none.
    """
    return by_the_trainer(MODULE, policy, str(out), *["--anyway"] * anyway)
