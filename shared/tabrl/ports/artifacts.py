"""Which reward artifacts passed the verifier, and what becomes of those of an earlier one."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from tabrl.domain.errors import Invalid, NotYet
from tabrl.domain.tasks import Candidate


class OutdatedArtifact(NamedTuple):
    """An artifact that an earlier verifier passed, with the source to build it again from.

    No candidate and no source where nobody has it any more.
    """

    sha256: str
    robot: str
    candidate: Candidate | None
    source: str


class VerifiedArtifacts(Protocol):
    """Hashes of artifacts that the verifier wrote. What is not in here is never loaded."""

    def record(self, sha256: str, robot: str) -> None:
        """Keep the hash of an artifact that the present verifier has just written; again is
        harmless."""
        ...

    def is_verified(self, sha256: str) -> bool:
        """Whether the present version of the verifier wrote this artifact."""
        ...

    def current(self, sha256: str) -> str:
        """The artifact to load: itself, or what it became when it was built again.

        Raises:
            Invalid: nobody verified it (code `artifact_not_verified`), or it does not pass the
                present verifier (code `artifact_refused`).
            NotYet: it waits to be built again (code `artifact_outdated`).
        """
        ...


class OutdatedArtifacts(Protocol):
    """Artifacts of earlier verifiers, for whoever may read sources and build them again."""

    def outdated(self, limit: int) -> list[OutdatedArtifact]:
        """Newest first, those on which no verdict was given yet."""
        ...

    def replace(self, sha256: str, by: str) -> None:
        """Note what became of an artifact; its candidates take the new one over."""
        ...

    def refuse(self, sha256: str, code: str) -> None:
        """Note that nothing became of it, and why."""
        ...


def not_verified() -> Invalid:
    """An artifact that nobody ever verified."""
    return Invalid(
        "This reward was never verified by this version of TabRL; write the task again.",
        code="artifact_not_verified",
    )


def refused(code: str) -> Invalid:
    """An artifact whose source does not pass the present verifier."""
    return Invalid(
        f"This reward is from an earlier version of TabRL and does not pass the checks of this "
        f"one ({code}); edit it or write the task again.",
        code="artifact_refused",
    )


def outdated() -> NotYet:
    """An artifact that is still to be built again."""
    return NotYet(
        "This reward is from an earlier version of TabRL and is being built again.",
        code="artifact_outdated",
    )
