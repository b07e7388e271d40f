"""The policy cache: read from the object store off the event loop, the most recent kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tabrl.contracts.wire import Live
from tabrl.domain.models import Model
from tabrl.ports import BlobStore
from tabrl_inference.frames import Dimensions


class Controller(Protocol):
    """The forward pass, states in and actuator targets out."""

    def control(
        self,
        time: NDArray[np.float64],
        qpos: NDArray[np.float64],
        qvel: NDArray[np.float64],
        ctrl: NDArray[np.float64],
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Map `time [B]`, `qpos [B, nq]`, `qvel [B, nv]`, `ctrl [B, nu]` to `(action, ctrl)`."""


class LiveController(Protocol):
    """The forward pass under live commands."""

    @property
    def live(self) -> Live:
        """What its live states are made of."""

    def control(
        self,
        time: NDArray[np.float64],
        qpos: NDArray[np.float64],
        qvel: NDArray[np.float64],
        ctrl: NDArray[np.float64],
        live: NDArray[np.float64],
    ) -> tuple[NDArray[np.floating], NDArray[np.float64]]:
        """The same with rows of live commands `[B, L]` to `(ctrl, carry)`."""


class Together(Protocol):
    """Answers several controllers in one pass, each its own robots."""

    def control(
        self,
        policies: Sequence[Any],
        counts: Sequence[int],
        time: NDArray[np.float64],
        qpos: NDArray[np.float64],
        qvel: NDArray[np.float64],
        ctrl: NDArray[np.float64],
    ) -> NDArray[np.floating]:
        """Actuator targets `[B, nu]`: the first `counts[0]` by the first policy, and so on."""


@dataclass(frozen=True, eq=False)
class LoadedPolicy:
    """A policy as read from its parameters file; compared by identity, so it can key a batch.

    Those with the same `together` can be answered in one pass. `driven` answers live states; None
    for a policy that takes no live commands.
    """

    controller: Controller
    size: Dimensions
    scene_sha256: str
    program_words: str
    control_hz: int
    together: Together | None = None
    driven: LiveController | None = None


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The policy that plays for a model at the moment."""

    policy: LoadedPolicy
    params_version: int
    step: int


PolicyLoader = Callable[[bytes], LoadedPolicy]


class PolicyCache:
    """Parameters by their blob key, least recently used out first.

    Keys are immutable, so an entry is never stale. Clients hold the policy they use, so dropping
    one from here costs at most another load. Not for use from several event loops.
    """

    def __init__(self, blobs: BlobStore, load: PolicyLoader, capacity: int) -> None:
        self._blobs = blobs
        self._load = load
        self._capacity = capacity
        self._loaded: OrderedDict[str, LoadedPolicy] = OrderedDict()
        self._loading: dict[str, asyncio.Task[LoadedPolicy]] = {}

    def __len__(self) -> int:
        return len(self._loaded)

    async def snapshot(self, model: Model) -> Snapshot:
        """The model's policy; loaded once, however many clients wait for it.

        Raises whatever the store or the loader raises: `NotFound` if the blob is gone.
        """
        return Snapshot(await self._get(model.params_key), model.params_version, model.step)

    async def _get(self, key: str) -> LoadedPolicy:
        if key in self._loaded:
            self._loaded.move_to_end(key)
            return self._loaded[key]
        task = self._loading.get(key)
        if task is None:
            task = asyncio.create_task(asyncio.to_thread(self._read, key))
            self._loading[key] = task
            task.add_done_callback(lambda done: self._keep(key, done))
        return await asyncio.shield(task)  # one client that leaves does not stop the others' load

    def _read(self, key: str) -> LoadedPolicy:
        return self._load(self._blobs.get(key))

    def _keep(self, key: str, task: asyncio.Task[LoadedPolicy]) -> None:
        del self._loading[key]
        if task.cancelled() or task.exception() is not None:
            return
        self._loaded[key] = task.result()
        while len(self._loaded) > self._capacity:
            self._loaded.popitem(last=False)
