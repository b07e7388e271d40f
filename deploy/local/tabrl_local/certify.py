"""`tabrl certify`: the trainer's measurement of a policy, run on this machine."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tabrl_local.client import Api
from tabrl_local.errors import CommandError
from tabrl_local.robots import robots_here

MODULE = "tabrl_trainer.certify"  # in a process of its own: the command line does without JAX


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
    return by_the_trainer(MODULE, policy, *["--json"] * as_json)


def by_the_trainer(module: str, policy: str | bytes, *arguments: str) -> int:
    """Run one of the trainer's commands on a policy; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="tabrl-policy-") as folder:
        if isinstance(policy, bytes):
            path = Path(folder) / "policy.safetensors"
            path.write_bytes(policy)
            policy = str(path)
        command = [sys.executable, "-m", module, policy, *arguments]
        return subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode
