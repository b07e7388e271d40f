"""The peers' own virtual environment, and running them in it."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[3]
UV = ROOT / ".tools/uv/bin/uv"  # scripts/setup puts it there
LOCK = Path(__file__).with_name("requirements.txt")

Result = TypeVar("Result", bound=BaseModel)


class PeerError(Exception):
    """A peer could not be installed or failed; the end of its stderr."""


def peers_python(folder: Path) -> Path:
    """The interpreter of the environment in `folder`, made or renewed where the lock changed.

    Raises `PeerError`.
    """
    python, stamp = folder / "bin/python", folder / "tabrl-stamp"
    want = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == want:
        return python
    own = ROOT / ".venv/bin/python"
    _run([UV, "venv", "--quiet", "--clear", "--python", own, folder])
    install: list[str | Path] = [UV, "pip", "install", "--quiet", "--python", python]
    install += ["--requirement", LOCK]
    # Where pip is told of a folder of wheels, a CPU build of PyTorch may be among them. Else the
    # registry's own build comes, which is as fast on a CPU but brings gigabytes for GPUs along.
    links = os.environ.get("UV_FIND_LINKS") or os.environ.get("PIP_FIND_LINKS")
    if links:
        install += [part for link in links.split() for part in ("--find-links", link)]
    _run(install)
    stamp.write_text(want)
    return python


def run_peer(
    python: Path, module: str, options: list[str], out: Path, limit_s: float, kind: type[Result]
) -> Result:
    """Run a peer's module and read its result, what there is of it after `limit_s`.

    Raises `PeerError`.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}"}
    command: list[str | Path] = [python, "-m", f"bench.speed.peers.{module}", *options]
    command += ["--out", out]
    try:
        _run(command, environment, limit_s)
    except PeerError:
        if not out.exists():
            raise
    return kind.model_validate_json(out.read_text())


def _run(
    command: list[str | Path], environment: dict[str, str] | None = None, limit_s: float = 1800.0
) -> None:
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=limit_s
        )
    except subprocess.TimeoutExpired:
        raise PeerError(f"{command[2]} did not end within {limit_s:.0f} s") from None
    if done.returncode != 0:
        raise PeerError(f"{' '.join(map(str, command))}\n{done.stderr[-2000:]}")
