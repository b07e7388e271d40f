"""Folders of robots that exist for one test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tabrl.robots.registry import ROBOTS_VARIABLE, forget


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of robots beside the project's own."""
    root = tmp_path / "own"
    root.mkdir()
    monkeypatch.setenv(ROBOTS_VARIABLE, str(root))
    forget()
    yield root
    monkeypatch.undo()
    forget()
