"""A trainer process just begun, up to its first job's first update.

`python -m bench.speed.cold_start FOLDER` is that process: it does what `python -m tabrl_trainer`
does at its start, with the compiled graphs that FOLDER/compiled has, then one job's way to its
first update. `measure_cold` starts it and measures the time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[2]
BASE_FILES = ("policy.safetensors", "train_state.safetensors", "bank.npz")
ARTIFACT, WEIGHTS = "artifact.bin", "weights.json"


class ColdStart(BaseModel):
    """A process's way to its first update; `total_s` as seen by who started it."""

    total_s: float
    imports_s: float
    engine_s: float
    warm_up_s: float
    job_s: float
    cache_hits: int
    cache_misses: int


class ColdRunError(Exception):
    """The measured process failed; the end of its stderr."""


def write_job(
    folder: Path, base: tuple[bytes, bytes, bytes], artifact: bytes, weights: dict[str, float]
) -> None:
    """Lay out what the process reads."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in zip((*BASE_FILES, ARTIFACT), (*base, artifact), strict=True):
        (folder / name).write_bytes(data)
    (folder / WEIGHTS).write_text(json.dumps(weights))


def measure_cold(folder: Path) -> ColdStart:
    """Start the process and wait for its first update. Raises `ColdRunError`."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.speed.cold_start", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    # Libraries print there, too, while they are imported.
    line = next((line for line in process.stdout if line.startswith("{")), "")
    took = time.perf_counter() - began
    _, stderr = process.communicate()
    if process.returncode != 0 or not line:
        raise ColdRunError(stderr[-2000:])
    return ColdStart(**json.loads(line), total_s=took)


def main() -> None:
    """Entry point of the measured process: one line of JSON when the first update is done."""
    folder = Path(sys.argv[1])
    # As `tabrl_trainer.__main__` has them.
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(folder / "compiled")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.3"
    os.environ["JAX_DEFAULT_MATMUL_PRECISION"] = "highest"
    began = time.perf_counter()
    import jax.monitoring
    from bench.robot import ROBOT
    from bench.speed.first_update import first_update

    from tabrl_trainer.context import TrainingContext
    from tabrl_trainer.pretrained import PretrainedPolicy

    events: list[str] = []
    jax.monitoring.register_event_listener(lambda event, **_: events.append(event))
    imported = time.perf_counter()
    context = TrainingContext(
        ROBOT, PretrainedPolicy(*((folder / n).read_bytes() for n in BASE_FILES))
    )
    built = time.perf_counter()
    context.warm_up()
    warm = time.perf_counter()
    weights = json.loads((folder / WEIGHTS).read_text())
    update = first_update(context, (folder / ARTIFACT).read_bytes(), weights)
    timings = {
        "imports_s": imported - began,
        "engine_s": built - imported,
        "warm_up_s": warm - built,
        "job_s": update.job_s,
        "cache_hits": events.count("/jax/compilation_cache/cache_hits"),
        "cache_misses": events.count("/jax/compilation_cache/cache_misses"),
    }
    print(json.dumps(timings), flush=True)


if __name__ == "__main__":
    main()
