"""A process just begun, up to its first two updates.

`python -m bench.gpu.start FOLDER ROBOTS IMPL` is that process; `measure_starts` runs it twice, with
an empty folder of compiled graphs and with what the first one has left there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.gpu.results import Start

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 265.0  # both together fit nine minutes


class StartError(Exception):
    """The measured process failed; the end of its stderr."""


def measure_starts(folder: Path, robots: int, impl: str) -> Iterator[Start]:
    """Without and with compiled graphs. Raises `StartError`, also for what takes too long."""
    shutil.rmtree(folder, ignore_errors=True)
    for cached in (False, True):
        yield _start(folder, robots, impl, cached)


def _start(folder: Path, robots: int, impl: str, cached: bool) -> Start:
    began = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bench.gpu.start", str(folder), str(robots), impl],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise StartError(f"no second update after {LIMIT_S:g} s") from error
    took = time.perf_counter() - began
    if done.returncode != 0:
        raise StartError(done.stderr[-2000:])
    timings = json.loads(done.stdout.splitlines()[-1])
    after = timings.pop("after_first_s")
    return Start(cached=cached, process_s=took - after, **timings)


def main() -> None:
    """Entry point of the measured process: one line of JSON at its end."""
    folder, robots, impl = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    # As `tabrl_trainer.__main__` has them.
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(folder / "compiled")
    os.environ["WARP_CACHE_PATH"] = str(folder / "compiled" / "warp")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.3"
    os.environ["JAX_DEFAULT_MATMUL_PRECISION"] = "highest"
    began = time.perf_counter()
    from bench.gpu.measurements import Worker
    from bench.robot import ROBOT
    from bench.speed.base import find_base
    from bench.speed.first_update import NEXT_SOURCE
    from bench.speed.walk_task import SOURCE

    from tabrl.sim.reward.function import export_reward

    imported = time.perf_counter()
    # What the reward worker and the trainer's start have done before a job comes.
    walk, other = export_reward(SOURCE, ROBOT), export_reward(NEXT_SOURCE, ROBOT)
    worker = Worker(find_base()[1], robots, impl)
    first_s, _ = worker.first_update(walk.blob, walk.weights)
    first_done = time.perf_counter()
    second_s, compiled = worker.first_update(other.blob, other.weights)
    timings = {
        "imports_s": imported - began,
        "first_s": first_s,
        "second_s": second_s,
        "second_compiled": compiled,
        "after_first_s": time.perf_counter() - first_done,
    }
    print(json.dumps(timings), flush=True)


if __name__ == "__main__":
    main()
