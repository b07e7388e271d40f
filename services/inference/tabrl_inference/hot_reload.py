"""Hot reload: models that have clients get newer snapshots while they play."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from websockets.asyncio.server import ServerConnection, broadcast

from tabrl.adapters.logs import where
from tabrl.contracts.wire import SnapshotNotice
from tabrl.domain.errors import NotFound
from tabrl.domain.models import BASE_VERSION, Model, built_in
from tabrl.ports import ModelRepository
from tabrl.robots import scene_sha256 as scene_sha256_of
from tabrl_inference.metrics import Metrics
from tabrl_inference.policy_cache import PolicyCache, Snapshot
from tabrl_inference.rejections import Rejected, RejectReason

log = logging.getLogger(__name__)


class ServedModel:
    """One model with its clients and the snapshot they are answered from."""

    def __init__(self, model_id: str, snapshot: Snapshot) -> None:
        self.model_id = model_id
        self.snapshot = snapshot
        self.clients: set[ServerConnection] = set()

    def swap(self, snapshot: Snapshot) -> None:
        """Answer from `snapshot` from now on, and tell the clients."""
        self.snapshot = snapshot
        notice = SnapshotNotice(
            params_version=snapshot.params_version,
            step=snapshot.step,
            program_words=snapshot.policy.program_words,
        )
        broadcast(self.clients, notice.model_dump_json())


class ServedModels:
    """The table of served models. All methods belong to the event loop."""

    def __init__(self, repository: ModelRepository, cache: PolicyCache, metrics: Metrics) -> None:
        self._repository = repository
        self._cache = cache
        self._metrics = metrics
        self._served: dict[str, ServedModel] = {}

    @property
    def clients(self) -> int:
        """Clients of all models together."""
        return sum(len(served.clients) for served in self._served.values())

    async def find(self, model_id: str, scene_sha256: str) -> ServedModel:
        """The model, ready to answer. Raises `Rejected` if it is unknown, or trained elsewhere."""
        try:
            model = built_in(model_id, scene_sha256_of)
            if model is None:
                model = await asyncio.to_thread(self._repository.get, model_id)
        except NotFound as error:
            raise Rejected(
                RejectReason.UNKNOWN_MODEL, "There is no such model; GET /api/models lists them."
            ) from error
        except Exception as error:
            log.warning("lookup_failed model=%s %s", model_id, where(error))
            raise _unavailable() from error
        if scene_sha256 != model.scene_sha256:
            raise Rejected(
                RejectReason.WRONG_SCENE,
                f"The model was trained on scene {model.scene_sha256[:12]}…, the client simulates "
                f"{scene_sha256[:12]}…; load the robot's scene.xml again.",
            )
        return await self._ready(model)

    @contextmanager
    def joined(self, found: ServedModel, client: ServerConnection) -> Iterator[ServedModel]:
        """Count the client among the model's while the block runs; yields what all of them share.

        Not always `found`: another client may have joined first, and there is one per model.
        """
        served = self._served.setdefault(found.model_id, found)
        served.clients.add(client)
        self._metrics.clients.inc()
        try:
            yield served
        finally:
            served.clients.discard(client)
            self._metrics.clients.dec()
            if not served.clients:
                del self._served[served.model_id]

    async def watch(self, interval_s: float) -> None:
        """Poll for newer parameters until cancelled; a failed poll is repeated the next time."""
        while True:
            await asyncio.sleep(interval_s)
            await self.refresh()

    async def refresh(self) -> None:
        """Take over the newer parameters of every model that has clients."""
        if not self._served:
            return
        try:
            models = await asyncio.to_thread(self._newer, self._versions())
        except Exception as error:
            self._failed("watch_failed", "*", error)
            return
        for model in models:
            served = self._served.get(model.id)
            if served is None or model.params_version <= served.snapshot.params_version:
                continue
            try:
                snapshot = await self._load(model)
            except Exception as error:
                self._failed("swap_failed", model.id, error)
                continue
            # Joined anew while the parameters were read: a later version may already play.
            served = self._served.get(model.id)
            if served and snapshot.params_version > served.snapshot.params_version:
                served.swap(snapshot)
                self._metrics.swaps.inc()
                self._metrics.publish_to_play.observe(_seconds_since(model.updated_at))
                log.info("swapped model=%s version=%d", model.id, snapshot.params_version)

    def _versions(self) -> dict[str, int]:
        """What is played."""
        return {name: served.snapshot.params_version for name, served in self._served.items()}

    def _newer(self, played: Mapping[str, int]) -> list[Model]:
        """Models with later parameters, by one question for all of them."""
        found = []
        for model_id, version in self._repository.versions(list(played)).items():
            if version > played[model_id]:
                try:
                    found.append(self._repository.get(model_id))
                except NotFound:  # deleted meanwhile: its clients keep what they have
                    continue
        return found

    async def _ready(self, model: Model) -> ServedModel:
        try:
            snapshot = await self._load(model)
        except Exception as error:
            self._failed("load_failed", model.id, error)
            raise _unavailable() from error
        served = self._served.get(model.id)
        if served is None:
            return ServedModel(model.id, snapshot)
        if snapshot.params_version > served.snapshot.params_version:
            served.swap(snapshot)
            self._metrics.swaps.inc()
        return served

    async def _load(self, model: Model) -> Snapshot:
        snapshot = await self._cache.snapshot(model)
        trained = model.params_version > BASE_VERSION  # before that it is of flat ground
        if trained and snapshot.policy.scene_sha256 != model.scene_sha256:
            raise ValueError("the parameters belong to another scene")
        self._metrics.policies.set(len(self._cache))
        return snapshot

    def _failed(self, event: str, model_id: str, error: Exception) -> None:
        self._metrics.poll_failures.inc()
        log.warning("%s model=%s %s", event, model_id, where(error))


def _seconds_since(then: datetime) -> float:
    return max(0.0, (datetime.now(UTC) - then).total_seconds())


def _unavailable() -> Rejected:
    return Rejected(
        RejectReason.MODEL_UNAVAILABLE,
        "The model's parameters cannot be read now; try again shortly.",
    )
