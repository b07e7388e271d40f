"""Which reward artifacts passed the verifier."""

from __future__ import annotations

from typing import Protocol


class VerifiedArtifacts(Protocol):
    """Hashes of artifacts that the verifier wrote. What is not in here is never loaded."""

    def record(self, sha256: str, robot: str) -> None:
        """Keep the hash of an artifact that the present verifier has just written; again is
        harmless."""
        ...

    def is_verified(self, sha256: str) -> bool:
        """Whether the present version of the verifier wrote this artifact."""
        ...
