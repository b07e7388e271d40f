"""What every store of verified artifacts promises."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tabrl.adapters.sql import artifacts as module
from tabrl.adapters.sql.artifacts import SqlVerifiedArtifacts
from tabrl.ports import VerifiedArtifacts
from tabrl.rewards.limits import VERIFIER
from tests.twins import ManualClock, MemoryDatabase, MemoryVerifiedArtifacts

ONE, OTHER = "a" * 64, "b" * 64


def check(verified: VerifiedArtifacts) -> None:
    assert not verified.is_verified(ONE)
    verified.record(ONE, "go1")
    verified.record(ONE, "go1")
    assert verified.is_verified(ONE)
    assert not verified.is_verified(OTHER)


def test_in_memory() -> None:
    check(MemoryVerifiedArtifacts(MemoryDatabase(ManualClock())))


def test_in_sql(engine: Engine) -> None:
    check(SqlVerifiedArtifacts(engine, ManualClock()))


def test_another_version_of_the_verifier_does_not_count(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified = SqlVerifiedArtifacts(engine, ManualClock())
    verified.record(ONE, "go1")
    monkeypatch.setattr(module, "VERIFIER", VERIFIER + 1)
    assert not verified.is_verified(ONE)
    verified.record(ONE, "go1")
    assert verified.is_verified(ONE)
