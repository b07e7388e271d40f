"""The real process on real storage: SQLite, a folder of blobs, a params file, SIGTERM."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import mujoco
import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tabrl.contracts.wire import HEADER, PROTOCOL, Header, Hello, Kind
from tabrl.embodiments.load import load_policy
from tabrl.robots import scene_sha256, scene_xml
from tests.support.inference import TrainingInProgress, random_params

BASE, NEWER = 1, 2


@asynccontextmanager
async def process(folder: Path, port: int, ticks: Path) -> AsyncIterator[Process]:
    """`python -m tabrl_inference`, ready."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TABRL_")},
        "TABRL_DATA": str(folder),
        "TABRL_INFERENCE_PORT": str(port),
        "TABRL_TICK_LOG": str(ticks),
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tabrl_inference", env=environment, stderr=PIPE
    )
    try:
        async with asyncio.timeout(60), httpx.AsyncClient(trust_env=False) as http:
            while child.returncode is None:
                with suppress(httpx.TransportError):
                    if (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                        break
                await asyncio.sleep(0.1)
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


async def test_mujoco_is_driven_through_a_swap_and_told_of_the_end(tmp_path, port):
    storage = TrainingInProgress(tmp_path, random_params(BASE))
    ticks = tmp_path / "ticks.jsonl"
    plant = mujoco.MjModel.from_xml_string(scene_xml("go1").decode())
    data = mujoco.MjData(plant)
    mujoco.mj_resetDataKeyframe(plant, data, 0)
    policies = {0: load_policy(random_params(BASE)), 1: load_policy(random_params(NEWER))}
    sent = []

    async with process(tmp_path, port, ticks) as child, asyncio.timeout(60):
        async with connect(f"ws://127.0.0.1:{port}/api/models/mdl_a/inference") as client:
            await client.send(
                Hello(model_id="mdl_a", scene_sha256=scene_sha256("go1")).model_dump_json()
            )
            assert json.loads(await client.recv())["nq"] == plant.nq
            tick, after_swap = 0, 0
            while after_swap < 5:
                row = np.concatenate([[data.time], data.qpos, data.qvel, data.ctrl])
                sent.append(row)
                await client.send(HEADER.pack(Kind.STATE, PROTOCOL, 0, tick, 0) + row.tobytes())
                frame = await client.recv()
                while isinstance(frame, str):
                    assert "forward 0.40 m/s" in json.loads(frame)["program_words"]
                    frame = await client.recv()
                header = Header.unpack(frame)
                ctrl = np.frombuffer(frame, "<f4", offset=HEADER.size)
                _, expected = policies[header.params_version].control(
                    np.array([data.time]), data.qpos[None], data.qvel[None], data.ctrl[None]
                )
                np.testing.assert_allclose(ctrl, expected[0], atol=1e-6)
                data.ctrl[:] = ctrl
                mujoco.mj_step(plant, data, nstep=2)
                tick += 1
                after_swap += header.params_version
                if tick == 5:
                    storage.publish(random_params(NEWER), step=1)
            child.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
            assert closed.value.rcvd.code == 1001
        assert await child.wait() == 0
        assert child.stderr is not None
        errors = (await child.stderr.read()).decode()
    assert "Traceback" not in errors, errors
    logged = [json.loads(line) for line in ticks.read_text().splitlines()]
    assert [line["qpos"] for line in logged] == [row[1:20].tolist() for row in sent]


async def test_a_taken_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        environment = {**os.environ, "TABRL_DATA": str(tmp_path)}
        environment["TABRL_INFERENCE_PORT"] = str(number)
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tabrl_inference", env=environment, stderr=PIPE
        )
        _, errors = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode == 1
    assert f"cannot listen on 127.0.0.1:{number}" in errors.decode()
    assert "Traceback" not in errors.decode()
