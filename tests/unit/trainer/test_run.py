"""How the process starts."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

import tabrl_trainer.run
from tabrl.adapters.operations import Startup
from tests.twins import MemoryBlobStore


@pytest.mark.parametrize(("trained", "warm"), [((), []), (("a", "b"), ["a"])])
def test_the_first_trained_robot_is_warm_before_work_begins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trained: tuple[str, ...], warm: list[str]
) -> None:
    begun: list[str] = []
    startup = Startup()

    def serve(*_: object) -> None:
        begun.append("work")
        assert startup.doing is None

    trainer = SimpleNamespace(
        app=None,
        runner=None,
        registry=None,
        startup=startup,
        blobs=MemoryBlobStore(),
        contexts=SimpleNamespace(get=begun.append),
    )
    monkeypatch.setattr(
        tabrl_trainer.run, "Settings", lambda: SimpleNamespace(metrics_port=None, compiled_mb=0)
    )
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(tabrl_trainer.run, "wire", lambda _: trainer)
    monkeypatch.setattr(tabrl_trainer.run, "seed_blobs", lambda _: trained)
    monkeypatch.setattr(tabrl_trainer.run, "serve", serve)
    tabrl_trainer.run.run()
    assert begun == [*warm, "work"]
