"""Round trips of many simulators at 50 Hz through real inference processes on loopback.

    python -m bench.inference

The server has one core and the simulators another, where there are two. Each line: simulators, how
many models they play, how many greedy ones there are besides (they keep 64 states on the way each),
percentiles of the round trip, answers a second and client, and the share that took more than 20 ms.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench.inference.crowd import PERIOD_S, Place, play
from bench.robot import ROBOT

from tabrl.robots import scene_sha256
from tabrl_local.ports import pick_free
from tests.support.inference import MODEL, TrainingInProgress, random_params

HIDDEN = (256, 128)
MODELS = 200


@dataclass(frozen=True)
class Load:
    """Who is there."""

    clients: int
    models: int = 1
    greedy: int = 0


LOADS = (
    Load(1), Load(50), Load(100), Load(200), Load(200, greedy=1), Load(100, models=20),
    Load(200, models=MODELS),
)  # fmt: skip


@contextmanager
def server(folder: Path, core: int | None) -> Iterator[int]:
    """An inference process on a free port, on one core."""
    port = pick_free("127.0.0.1", 25_000, set())
    environment = {**os.environ, "TABRL_DATA": str(folder), "TABRL_INFERENCE_PORT": str(port)}
    pinned = [] if core is None else ["taskset", "--cpu-list", str(core)]
    child = subprocess.Popen(
        [*pinned, sys.executable, "-m", "tabrl_inference"],
        env=environment, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1).close()
                break
            except urllib.error.URLError:
                time.sleep(0.1)
        yield port
    finally:
        child.terminate()
        child.wait(10)


def publish_models(folder: Path, count: int) -> list[str]:
    """So many models, each with parameters of its own."""
    training = TrainingInProgress(folder, random_params(1, HIDDEN))
    others = [f"mdl_{n}" for n in range(1, count)]
    training.add_models({name: random_params(2 + n, HIDDEN) for n, name in enumerate(others)})
    return [MODEL, *others]


def line(load: Load, ports: Sequence[int], models: Sequence[str], seconds: float) -> str:
    """One line of the table."""
    scene = scene_sha256(ROBOT.id)
    places = [
        Place(ports[n % len(ports)], models[n % load.models], scene)
        for n in range(load.clients + load.greedy)
    ]
    row = np.zeros(50)
    row[4] = 1.0  # an upright quaternion
    trips = play(places, row.tobytes(), seconds, load.greedy)
    every = np.concatenate(trips) * 1e3
    p50, p95, p99 = np.percentile(every, [50, 95, 99])
    rate = len(every) / load.clients / seconds
    late = float((every > PERIOD_S * 1e3).mean())
    return (
        f"{load.clients:7d} {load.models:6d} {load.greedy:6d} {p50:8.2f} {p95:8.2f} {p99:8.2f} "
        f"{every.max():8.2f} {rate:6.1f} {late:7.2%}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", help="else a set of loads")
    parser.add_argument("--models", type=int, default=1, help=f"that they play, 1 to {MODELS}")
    parser.add_argument("--greedy", type=int, default=0, help="greedy ones besides")
    parser.add_argument("--processes", type=int, default=1, help="inference processes")
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    loads: Sequence[Load] = LOADS
    if options.clients:
        loads = [Load(count, options.models, options.greedy) for count in options.clients]
    cores = sorted(os.sched_getaffinity(0))
    apart = len(cores) > options.processes
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        models = publish_models(Path(name), max(load.models for load in loads))
        ports = [
            stack.enter_context(server(Path(name), cores[n] if apart else None))
            for n in range(options.processes)
        ]
        if apart:
            os.sched_setaffinity(0, cores[options.processes :])
        print("clients models greedy   p50 ms   p95 ms   p99 ms   max ms     Hz    late")
        for load in loads:
            print(line(load, ports, models, options.seconds), flush=True)


if __name__ == "__main__":
    main()
