"""Object storage: immutable values under keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

PARAMS = "params"  # folder; below it one for each job, with all that it published
CHECKPOINTS = "checkpoints"  # folder; below it one for each job that may have to be gone on with
EPISODES = "episodes"  # folder; below it one for each job, with evaluated episodes to be watched
Keys = list[str]  # a class with a method `list` cannot name the builtin


class BlobStore(Protocol):
    """Immutable blobs. A key is written once, so readers never see half of a change."""

    def put(self, key: str, data: bytes) -> None:
        """Create a blob. Raises `Conflict` (code `blob_exists`) if the key is taken."""
        ...

    def get(self, key: str) -> bytes:
        """Read a blob. Raises `NotFound` (code `blob_not_found`)."""
        ...

    def exists(self, key: str) -> bool:
        """Whether a key is taken."""
        ...

    def list(self, prefix: str) -> Keys:
        """All keys below a folder, sorted."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Remove blobs; keys that do not exist are passed over."""
        ...
