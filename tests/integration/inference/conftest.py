"""A real server on a loopback port, with storage in memory and a policy whose answers are known."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect

from tabrl.adapters.settings import Settings
from tabrl.adapters.web.origin import OriginRules
from tabrl.contracts.wire import HEADER, PROTOCOL, Flags, Header, Hello, Kind
from tabrl.domain.errors import NotFound
from tabrl.domain.models import Model
from tabrl_inference.frames import Dimensions
from tabrl_inference.limits import Limits
from tabrl_inference.metrics import Metrics
from tabrl_inference.policy_cache import LoadedPolicy, PolicyLoader
from tabrl_inference.server import InferenceServer
from tabrl_inference.step_log import NoStepLog, StepLog
from tabrl_inference.visitors import Visitors

SIZE = Dimensions(nq=19, nv=18, nu=12)
SCENE = "a" * 64
NOW = datetime(2030, 1, 1, tzinfo=UTC)


class Blobs:
    """Blobs in a dict; `broken` makes every read fail as a store does that is away."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}
        self.reads: list[str] = []
        self.broken = False

    def put(self, key: str, data: bytes) -> None:
        self.data[key] = data

    def get(self, key: str) -> bytes:
        self.reads.append(key)
        if self.broken:
            raise OSError("the store is away")
        if key not in self.data:
            raise NotFound(key, code="blob_not_found")
        return self.data[key]

    def exists(self, key: str) -> bool:
        return key in self.data

    def list(self, prefix: str) -> list[str]:
        return sorted(key for key in self.data if key.startswith(prefix))

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.data.pop(key, None)


class ModelTable:
    """Models in a dict."""

    def __init__(self) -> None:
        self.rows: dict[str, Model] = {}

    def get(self, model_id: str) -> Model:
        if model_id not in self.rows:
            raise NotFound(model_id, code="unknown_model")
        return self.rows[model_id]

    def versions(self, model_ids: Sequence[str]) -> dict[str, int]:
        return {one: self.rows[one].params_version for one in model_ids if one in self.rows}

    def list(self, limit: int = 200, *, owner: str | None = None) -> list[Model]:
        found = [row for row in self.rows.values() if owner is None or row.owner == owner]
        return found[:limit]

    def publish(
        self, model_id: str, *, fence: int, params_key: str, params_sha256: str, step: int
    ) -> Model:
        model = self.rows[model_id]
        self.rows[model_id] = model.model_copy(
            update={
                "params_key": params_key,
                "params_version": model.params_version + 1,
                "params_sha256": params_sha256,
                "step": step,
            }
        )
        return self.rows[model_id]


class Affine:
    """ctrl = gain · (ctrl + first 12 qpos + time), so every part of a state shows in the answer."""

    def __init__(self, gain: float) -> None:
        self.gain = gain
        self.batches: list[int] = []

    def control(
        self,
        time: NDArray[np.float64],
        qpos: NDArray[np.float64],
        qvel: NDArray[np.float64],
        ctrl: NDArray[np.float64],
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        self.batches.append(len(time))
        if (qpos[:, 0] == 666.0).any():
            raise ZeroDivisionError
        targets = self.gain * (ctrl + qpos[:, :12] + qvel[:, :12] + time[:, None])
        targets[qpos[:, 0] == 999.0] = np.nan
        return targets, targets


def load(data: bytes) -> LoadedPolicy:
    """A params file of these tests is JSON: `{"gain": 2, "scene": …}`."""
    values = json.loads(data)
    return LoadedPolicy(
        Affine(values["gain"]), SIZE, values.get("scene", SCENE), f"gain {values['gain']}", 50
    )


def answer(row: NDArray[np.float64], gain: float) -> NDArray[np.float32]:
    """What `Affine` says to a state row."""
    part = {name: row[where] for name, where in SIZE.parts().items()}
    total = part["ctrl"] + part["qpos"][:12] + part["qvel"][:12] + part["time"]
    return np.asarray(gain * total, dtype=np.float32)


def state_frame(
    row: NDArray[np.float64],
    tick: int = 0,
    kind: int = Kind.STATE,
    protocol: int = PROTOCOL,
    flags: int = Flags.NONE,
) -> bytes:
    """A state frame as a browser packs it."""
    return HEADER.pack(kind, protocol, flags, tick, 0) + row.astype("<f8").tobytes()


def random_row(seed: int) -> NDArray[np.float64]:
    """Some finite state."""
    return np.random.default_rng(seed).normal(size=SIZE.row)


@dataclass
class Rig:
    """A running server and what a test may turn."""

    port: int
    models: ModelTable
    blobs: Blobs
    metrics: Metrics

    def add_model(self, model_id: str = "mdl_a", gain: float = 2.0) -> None:
        key = f"base/{model_id}"
        self.blobs.put(key, json.dumps({"gain": gain}).encode())
        self.models.rows[model_id] = Model(
            id=model_id,
            job_id="job_a",
            task_id="tsk_a",
            robot="go1",
            scene_sha256=SCENE,
            params_key=key,
            created_at=NOW,
            updated_at=NOW,
        )

    def publish(self, gain: float, model_id: str = "mdl_a", scene: str = SCENE) -> int:
        step = self.models.get(model_id).step + 1
        key = f"params/{model_id}/{step}"
        self.blobs.put(key, json.dumps({"gain": gain, "scene": scene}).encode())
        model = self.models.publish(model_id, fence=1, params_key=key, params_sha256="", step=step)
        return model.params_version

    def url(self, model_id: str = "mdl_a") -> str:
        return f"ws://127.0.0.1:{self.port}/api/models/{model_id}/inference"

    def connect(self, model_id: str = "mdl_a", **options: Any) -> connect:
        return connect(self.url(model_id), compression=None, **options)

    @asynccontextmanager
    async def joined(
        self, model_id: str = "mdl_a", scene: str = SCENE
    ) -> AsyncIterator[ClientConnection]:
        """A client past its handshake."""
        async with self.connect(model_id) as client:
            await client.send(Hello(model_id=model_id, scene_sha256=scene).model_dump_json())
            welcome = json.loads(await client.recv())
            assert welcome["type"] == "welcome", welcome
            yield client

    def rejections(self, code: str) -> float:
        value = self.metrics.registry.get_sample_value(
            "tabrl_inference_refusals_total", {"code": code}
        )
        assert value is not None, f"{code} is no declared reason"
        return value

    def value(self, name: str) -> float:
        value = self.metrics.registry.get_sample_value(name)
        assert value is not None, name
        return value


@dataclass
class Exchange:
    """One answered state."""

    header: Header
    ctrl: NDArray[np.float32]
    notices: list[dict[str, Any]] = field(default_factory=list)


async def exchange(
    client: ClientConnection, row: NDArray[np.float64], tick: int = 0, flags: int = Flags.NONE
) -> Exchange:
    """Send a state and read its action, with the notices that came before it."""
    await client.send(state_frame(row, tick, flags=flags))
    notices = []
    while True:
        message = await client.recv()
        if isinstance(message, bytes):
            ctrl = np.frombuffer(message, "<f4", offset=HEADER.size)
            return Exchange(Header.unpack(message), ctrl, notices)
        notices.append(json.loads(message))


@asynccontextmanager
async def running(
    limits: Limits,
    settings: Settings | None = None,
    step_log: StepLog | None = None,
    loader: PolicyLoader = load,
    visitors: Visitors | None = None,
) -> AsyncIterator[Rig]:
    """A server with one model, `mdl_a`, of gain 2."""
    models, blobs, metrics = ModelTable(), Blobs(), Metrics()
    origins = OriginRules(settings or Settings(allowed_origins=("http://page.test",)))
    server = InferenceServer(
        models, blobs, loader, origins, limits, step_log or NoStepLog(), metrics,
        visitors or Visitors(),
    )  # fmt: skip
    async with asyncio.timeout(30), server.running("127.0.0.1", 0) as port:
        rig = Rig(port, models, blobs, metrics)
        rig.add_model()
        yield rig


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """A server that looks for snapshots every 20 ms."""
    async with running(Limits(poll_interval_s=0.02)) as rig:
        yield rig


@pytest.fixture(scope="session")
def kit() -> ModuleType:
    """The functions above: test modules cannot import one another in pytest's importlib mode."""
    return sys.modules[__name__]


@pytest.fixture
def start() -> Callable[..., AbstractAsyncContextManager[Rig]]:
    """Starts a server with limits, origins, a step log or a loader of the test's own."""
    return running
