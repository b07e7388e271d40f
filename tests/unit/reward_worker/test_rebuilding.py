"""Artifacts of an earlier verifier are built again, or refused with a reason."""

from __future__ import annotations

import hashlib

from tabrl.domain.tasks import Candidate
from tabrl.ports import OutdatedArtifact
from tabrl_reward_worker.rebuilding import Rebuilder
from tests.support.factories import candidate
from tests.support.generators import FakeRewardBuilder
from tests.twins import MemoryBlobStore

BUILT = hashlib.sha256(b"blob").hexdigest()


class Outdated:
    """Artifacts that wait, and the verdicts that were given."""

    def __init__(self, *waiting: OutdatedArtifact) -> None:
        self._waiting = {one.sha256: one for one in waiting}
        self.replaced: dict[str, str] = {}
        self.refused: dict[str, str] = {}

    def outdated(self, limit: int) -> list[OutdatedArtifact]:
        return [*self._waiting.values()][:limit]

    def replace(self, sha256: str, by: str) -> None:
        self.replaced[sha256] = by
        del self._waiting[sha256]

    def refuse(self, sha256: str, code: str) -> None:
        self.refused[sha256] = code
        del self._waiting[sha256]


def written(*terms: str) -> Candidate:
    return candidate().model_copy(update={"weights": dict.fromkeys(terms, 0.5)})


def test_each_gets_a_verdict_and_what_was_too_slow_another_chance() -> None:
    outdated = Outdated(
        OutdatedArtifact("1", "go1", written("good"), "good"),
        OutdatedArtifact("2", "go1", written("good"), "bad"),
        OutdatedArtifact("3", "go1", written("good"), "slow"),
        OutdatedArtifact("4", "go1", written("good", "other"), "good"),
        OutdatedArtifact("5", "nobody", written("good"), "good"),
        OutdatedArtifact("6", "go1", None, ""),
    )
    blobs = MemoryBlobStore()
    rebuilder = Rebuilder(outdated, FakeRewardBuilder(), blobs)
    assert rebuilder.rebuild() == 5
    assert outdated.replaced == {"1": BUILT}
    assert outdated.refused == {
        "2": "reward_failed",
        "4": "reward_weights",
        "5": "reward_robot_gone",
        "6": "reward_source_gone",
    }
    assert blobs.get(f"artifacts/{BUILT}.bin") == b"blob"
    assert [one.sha256 for one in outdated.outdated(10)] == ["3"]
    assert rebuilder.rebuild() == 0


def test_equal_bytes_are_stored_once() -> None:
    blobs = MemoryBlobStore()
    blobs.put(f"artifacts/{BUILT}.bin", b"blob")
    outdated = Outdated(OutdatedArtifact("1", "go1", written("good"), "good"))
    assert Rebuilder(outdated, FakeRewardBuilder(), blobs).rebuild() == 1
    assert outdated.replaced == {"1": BUILT}
