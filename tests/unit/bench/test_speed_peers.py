"""The peers' environment holds what our side of the race needs there."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions

from bench.speed.peers.environment import LOCK

# What the peers import of ours; they also import themselves, which is not to be had here.
SHARED = "import sys, bench.speed.race, bench.speed.walk; print(*sys.modules)"


def test_every_package_that_the_task_imports_is_locked_for_the_peers() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", SHARED], capture_output=True, text=True, check=True
    )
    found = packages_distributions()
    # Of a few packages several distributions have a part.
    needed = {
        name: [distribution.lower().replace("_", "-") for distribution in found[name]]
        for name in {module.partition(".")[0] for module in printed.stdout.split()} & found.keys()
    }
    locked = {line.partition("==")[0] for line in LOCK.read_text().splitlines()}
    assert {"jax", "mujoco", "threadpoolctl"} < needed.keys()
    assert [
        name
        for name, distributions in sorted(needed.items())
        if not locked & set(distributions) and not distributions[0].startswith("tabrl")
    ] == []
