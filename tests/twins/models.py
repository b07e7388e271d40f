"""Models in memory."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.domain.errors import fence_lost, unknown_model
from tabrl.domain.models import Model
from tabrl.ports.models import Models
from tests.twins.database import MemoryDatabase


class MemoryModelRepository:
    """A `ModelRepository` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._db = database

    def get(self, model_id: str) -> Model:
        """Raises `NotFound` (code `unknown_model`)."""
        with self._db.lock:
            model = self._db.models.get(model_id)
        if model is None:
            raise unknown_model(model_id)
        return model

    def versions(self, model_ids: Sequence[str]) -> dict[str, int]:
        """The version of the parameters of each of these that there are."""
        with self._db.lock:
            found = [self._db.models[one] for one in model_ids if one in self._db.models]
        return {model.id: model.params_version for model in found}

    def list(self, limit: int = 200, *, owner: str | None = None) -> Models:
        """Most recently changed first; with `owner`, theirs."""
        with self._db.lock:
            newest = [
                model
                for model in reversed(self._db.models.values())
                if owner is None or model.owner == owner
            ]
        return sorted(newest, key=lambda model: model.updated_at, reverse=True)[:limit]

    def publish(
        self, model_id: str, *, fence: int, params_key: str, params_sha256: str, step: int
    ) -> Model:
        """Point the model at new parameters; see the port."""
        with self._db.lock:
            model = self.get(model_id)
            if self._db.leased(model.job_id, fence) is None:
                raise fence_lost(model.job_id)
            published = model.published(
                self._db.clock.now(), params_key=params_key, params_sha256=params_sha256, step=step
            )
            self._db.models[model_id] = published
            return published
