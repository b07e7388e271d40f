"""`tabrl certify`: the trainer's measurement of a policy, run on this machine."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

MODULE = "tabrl_trainer.certify"  # in a process of its own: the command line does without JAX


def certify(policy: str | bytes, *, as_json: bool) -> int:
    """Print the table of a policy: the id of a robot, or a params file's bytes.

    Returns the exit code.
    """
    with tempfile.TemporaryDirectory(prefix="tabrl-certify-") as folder:
        if isinstance(policy, bytes):
            path = Path(folder) / "policy.safetensors"
            path.write_bytes(policy)
            policy = str(path)
        command = [sys.executable, "-m", MODULE, policy, *["--json"] * as_json]
        return subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode
