"""A gateway for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.gateway import Gateway


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    """The gateway over in-memory context; its lifespan (and so the reaper) does not run."""
    return Gateway(tmp_path)
