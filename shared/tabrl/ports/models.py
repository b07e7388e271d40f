"""Where models are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tabrl.domain.models import Model

Models = list[Model]  # a class with a method `list` cannot name the builtin


class ModelRepository(Protocol):
    """Models and the one way their parameters move on."""

    def get(self, model_id: str) -> Model:
        """Raises `NotFound` (code `unknown_model`)."""
        ...

    def versions(self, model_ids: Sequence[str]) -> dict[str, int]:
        """The version of the parameters of each of these that there are."""
        ...

    def list(self, limit: int = 200, *, owner: str | None = None) -> Models:
        """Most recently changed first; with `owner`, theirs."""
        ...

    def publish(
        self, model_id: str, *, fence: int, params_key: str, params_sha256: str, step: int
    ) -> Model:
        """Point the model at new parameters and count its version up.

        Raises `Conflict` (code `fence_lost`) unless the job is leased under `fence`.
        """
        ...
