"""Compiled graphs go by size, those unused for longest first."""

from __future__ import annotations

import os
from pathlib import Path

from tabrl_trainer.compiled import prune

MB = 2**20


def entry(path: Path, used: int, size: int = MB) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (used, used))
    return path


def test_what_is_unused_for_longest_goes(tmp_path: Path) -> None:
    old, new = entry(tmp_path / "jit_a-cache", 100), entry(tmp_path / "jit_b-cache", 400)
    module = tmp_path / "warp" / "1.9.0" / "wp_kernels"
    code, meta = entry(module / "a.cubin", 200), entry(module / "a.meta", 300)
    assert prune(tmp_path, 4) == 0
    assert prune(tmp_path, 0) == 0
    assert prune(tmp_path, 3) == 1
    assert not old.exists()
    assert prune(tmp_path, 1) == 1
    assert not module.exists()
    assert not code.exists()
    assert not meta.exists()
    assert new.exists()


def test_an_empty_or_missing_folder_is_fine(tmp_path: Path) -> None:
    assert prune(tmp_path, 1) == 0
    assert prune(tmp_path / "none", 1) == 0
