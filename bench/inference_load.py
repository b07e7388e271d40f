"""Round trips of many simulators at 50 Hz through a real inference process on loopback.

    python -m bench.inference_load --clients 1 20 50 --seconds 5

Prints, for each number of clients, the round trip's percentiles, the states answered per second and
client, and the share of ticks that missed their 20 ms. Clients share the machine with the server,
as a browser does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import uvloop
from bench.robot import ROBOT
from websockets.asyncio.client import connect

from tabrl.contracts.wire import HEADER, PROTOCOL, Hello, Kind
from tabrl.robots import scene_sha256
from tests.support.inference import MODEL, TrainingInProgress, random_params

PERIOD_S = 0.02
HIDDEN = (256, 128)


@contextmanager
def server(folder: Path) -> Iterator[int]:
    """An inference process on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "TABRL_DATA": str(folder), "TABRL_INFERENCE_PORT": str(port)}
    child = subprocess.Popen(
        [sys.executable, "-m", "tabrl_inference"], env=environment, stderr=subprocess.DEVNULL
    )
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


async def simulator(port: int, seconds: float, offset_s: float) -> np.ndarray:
    """One client's round trips, s."""
    row = np.zeros(50)
    row[4] = 1.0  # an upright quaternion
    trips = []
    url = f"ws://127.0.0.1:{port}/api/models/{MODEL}/inference"
    async with connect(url, compression=None) as client:
        await client.send(
            Hello(model_id=MODEL, scene_sha256=scene_sha256(ROBOT.id)).model_dump_json()
        )
        await client.recv()
        due = time.perf_counter() + offset_s
        end = due + seconds
        tick = 0
        while due < end:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            sent = time.perf_counter()
            await client.send(HEADER.pack(Kind.STATE, PROTOCOL, 0, tick, 0) + row.tobytes())
            while isinstance(await client.recv(), str):
                pass
            now = time.perf_counter()
            trips.append(now - sent)
            due = max(due + PERIOD_S, now)  # lock-step: a late answer delays the next state
            tick += 1
    return np.array(trips)


async def load(port: int, clients: int, seconds: float) -> str:
    """One line of the table."""
    offsets = np.linspace(0.0, PERIOD_S, clients, endpoint=False)
    results = await asyncio.gather(*(simulator(port, seconds, x) for x in offsets))
    trips = np.concatenate(results) * 1e3
    p50, p95, p99 = np.percentile(trips, [50, 95, 99])
    rate = len(trips) / clients / seconds
    late = float((trips > PERIOD_S * 1e3).mean())
    return (
        f"{clients:7d} {p50:8.2f} {p95:8.2f} {p99:8.2f} {trips.max():8.2f} {rate:8.1f} {late:7.2%}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 20, 50])
    parser.add_argument("--seconds", type=float, default=5.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        TrainingInProgress(Path(folder), random_params(1, HIDDEN))
        with server(Path(folder)) as port:
            print("clients   p50 ms   p95 ms   p99 ms   max ms       Hz    late")
            for clients in arguments.clients:
                if not 1 <= clients <= 200:
                    parser.error("1 to 200 clients")
                print(uvloop.run(load(port, clients, min(arguments.seconds, 60.0))))


if __name__ == "__main__":
    main()
