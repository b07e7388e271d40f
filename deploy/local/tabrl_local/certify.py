"""`tabrl certify` and `tabrl distill`: what the trainer does with a policy, on this machine."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tabrl_local.client import Api
from tabrl_local.errors import CommandError
from tabrl_local.robots import robots_here

# In processes of their own: the command line does without JAX.
MODULE, STUDENTS = "tabrl_trainer.certify", "tabrl_trainer.distillation.cli"


def policy_named(api: Api, name: str) -> str | bytes:
    """A robot of this machine, by its id, else a model's params file.

    Raises CommandError, which says what there is, for a name that is neither.
    """
    robots = [robot.id for robot in robots_here()]
    if name in robots:
        return name
    try:
        return api.params(name)
    except CommandError as error:
        if error.code not in ("unknown_model", "bad_id"):
            raise
        hint = f"name a model (`tabrl jobs` lists them), or a robot: {', '.join(robots)}"
        raise CommandError(error.message, hint=hint, code=error.code) from error


def certify(policy: str | bytes, *, as_json: bool) -> int:
    """Print the table of a policy: the id of a robot, or a params file's bytes.

    Returns the exit code.
    """
    return _by_the_trainer(MODULE, policy, *["--json"] * as_json)


def distill(policy: str | bytes, out: Path, *, anyway: bool) -> int:
    """Teach a student of a policy: the id of a robot, or a params file's bytes.

    Returns the exit code; the student is in the file `out`, unless the policy needs none.
    """
    return _by_the_trainer(STUDENTS, policy, str(out), *["--anyway"] * anyway)


def _by_the_trainer(module: str, policy: str | bytes, *arguments: str) -> int:
    """Run one of the trainer's commands on a policy; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="tabrl-policy-") as folder:
        if isinstance(policy, bytes):
            path = Path(folder) / "policy.safetensors"
            path.write_bytes(policy)
            policy = str(path)
        command = [sys.executable, "-m", module, policy, *arguments]
        return subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode
