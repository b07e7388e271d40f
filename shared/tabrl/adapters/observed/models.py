"""Models with their publishing traced."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.adapters.tracing import Tracing
from tabrl.domain.models import Model
from tabrl.ports.models import ModelRepository, Models


class TracedModels:
    """A `ModelRepository` in front of another."""

    def __init__(self, models: ModelRepository, tracing: Tracing) -> None:
        self._models = models
        self._tracing = tracing

    def get(self, model_id: str) -> Model:
        """See `ModelRepository.get`."""
        return self._models.get(model_id)

    def versions(self, model_ids: Sequence[str]) -> dict[str, int]:
        """See `ModelRepository.versions`."""
        return self._models.versions(model_ids)

    def list(self, limit: int = 200, *, owner: str | None = None) -> Models:
        """See `ModelRepository.list`."""
        return self._models.list(limit, owner=owner)

    def publish(
        self, model_id: str, *, fence: int, params_key: str, params_sha256: str, step: int
    ) -> Model:
        """See `ModelRepository.publish`."""
        with self._tracing.within("publish", model=model_id, update=step):
            return self._models.publish(
                model_id,
                fence=fence,
                params_key=params_key,
                params_sha256=params_sha256,
                step=step,
            )
