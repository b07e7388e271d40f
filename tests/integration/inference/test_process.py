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
from datetime import UTC, datetime
from pathlib import Path

import httpx
import mujoco
import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade
from tabrl.adapters.sql.models import SqlModelRepository
from tabrl.adapters.sql.tasks import SqlTaskRepository
from tabrl.contracts.wire import HEADER, Header, Hello
from tabrl.control.observation import observation_size
from tabrl.control.policy import Layer, PolicyHeader, PolicyWeights, dump_policy, load_policy
from tabrl.control.program import CommandProgram
from tabrl.domain.jobs import Job, JobKind
from tabrl.domain.models import Model
from tabrl.domain.tasks import Task
from tabrl.robots import get_robot, scene_sha256, scene_xml

BASE, NEWER = 1, 2


def params(seed: int) -> bytes:
    """A random but valid policy for the Go1."""
    robot = get_robot("go1")
    rng = np.random.default_rng(seed)
    size = observation_size(robot)

    def layer(rows: int, columns: int) -> Layer:
        return Layer(
            rng.normal(scale=0.1, size=(rows, columns)).astype(np.float32),
            rng.normal(scale=0.1, size=columns).astype(np.float32),
        )

    weights = PolicyWeights(
        np.zeros(size, np.float32),
        np.ones(size, np.float32),
        (layer(size, 32), layer(32, robot.nu)),
    )
    program = CommandProgram(constant=(0.4, 0.0, 0.0, 0.0, 0.0, 0.0))
    header = PolicyHeader(robot=robot.id, scene_sha256=scene_sha256(robot.id), program=program)
    return dump_policy(header, weights)


class Storage:
    """A database with one running training job, and its blobs."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data=folder)
        engine = make_engine(self.settings.database)
        upgrade(engine)
        self.blobs = make_blob_store(self.settings.blobs)
        self.blobs.put("base/go1/policy.safetensors", params(BASE))
        clock = SystemClock()
        self._models = SqlModelRepository(engine, clock)
        now = datetime.now(UTC)
        task = Task(id="tsk_a", robot="go1", prompt="walk", created_at=now, job_id="job_w")
        made = {"task_id": "tsk_a", "robot": "go1", "queued_at": now, "created_at": now}
        SqlTaskRepository(engine, clock).create(task, Job(id="job_w", kind=JobKind.REWARD, **made))
        jobs = SqlJobRepository(engine, clock)
        model = Model(
            id="mdl_a",
            job_id="job_t",
            task_id="tsk_a",
            robot="go1",
            scene_sha256=scene_sha256("go1"),
            params_key=Model.base_params_key("go1"),
            created_at=now,
            updated_at=now,
        )
        training = Job(id="job_t", kind=JobKind.TRAIN, model_id="mdl_a", **made)
        jobs.create_training([training], [model])
        claimed = jobs.claim("job_t", lease_s=600, max_attempts=3)
        assert claimed is not None
        self._fence = claimed.fence

    def publish(self, seed: int) -> None:
        key = f"params/job_t/{self._fence}/{seed}.safetensors"
        self.blobs.put(key, params(seed))
        self._models.publish(
            "mdl_a", fence=self._fence, params_key=key, params_sha256="0" * 64, step=seed
        )


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
    storage = Storage(tmp_path)
    ticks = tmp_path / "ticks.jsonl"
    plant = mujoco.MjModel.from_xml_string(scene_xml("go1").decode())
    data = mujoco.MjData(plant)
    mujoco.mj_resetDataKeyframe(plant, data, 0)
    policies = {0: load_policy(params(BASE)), 1: load_policy(params(NEWER))}
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
                await client.send(HEADER.pack(1, 1, 0, tick, 0) + row.tobytes())
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
                    storage.publish(NEWER)
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
