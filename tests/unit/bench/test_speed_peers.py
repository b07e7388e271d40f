"""The peers' environment holds what our side of the race needs there."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

from bench.speed.peers.environment import LOCK

# What the peers import of ours; they also import themselves, which is not to be had here.
SHARED = "import sys, bench.speed.race, bench.speed.walk_task; print(*sys.modules)"


def imported_by(module: str) -> Iterator[str]:
    """Packages that the source of a module names."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return
    for node in ast.walk(ast.parse(Path(spec.origin).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_every_package_that_the_task_imports_is_locked_for_the_peers() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", SHARED], capture_output=True, text=True, check=True
    )
    own = {m for m in printed.stdout.split() if m.partition(".")[0] in ("tabrl", "bench")}
    needed = {name for module in own for name in imported_by(module)} - {"tabrl", "bench"}
    found = packages_distributions()
    locked = {line.partition("==")[0] for line in LOCK.read_text().splitlines()}
    assert {"jax", "mujoco", "threadpoolctl"} < needed
    assert [
        name
        for name in sorted(needed & found.keys())
        if not locked & {distribution.lower() for distribution in found[name]}
    ] == []
