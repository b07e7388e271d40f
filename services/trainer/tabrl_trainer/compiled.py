"""Compiled graphs on disk: those unused for longest go when they take too much room.

Only the standard library is imported here: it runs before JAX is loaded.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WARP = "warp"  # folder of Warp's kernels, one folder of a version, one of a module below


@dataclass(frozen=True)
class _Entry:
    path: Path
    size: int
    used: float


def prune(folder: Path, room_mb: int) -> int:
    """Delete the entries unused for longest until the others fit; returns how many went.

    Whoever misses one compiles it again. Another trainer may use the folder at the same time.

    Args:
        folder: JAX's compilation cache, with Warp's in it.
        room_mb: Megabytes that may stay; 0 for no limit.
    """
    if room_mb == 0:
        return 0
    entries = sorted(_entries(folder), key=lambda entry: entry.used)
    size, gone = sum(entry.size for entry in entries), 0
    for entry in entries:
        if size <= room_mb * 2**20:
            break
        _remove(entry.path)
        size, gone = size - entry.size, gone + 1
    return gone


def _entries(folder: Path) -> Iterator[_Entry]:
    """Files of JAX, and folders of Warp's modules, whose files belong together."""
    for path in (*folder.glob("*"), *(folder / WARP).glob("*/*")):
        if path != folder / WARP:
            files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
            stats = [*_stats(files)]
            used = max((max(stat.st_atime, stat.st_mtime) for stat in stats), default=0.0)
            yield _Entry(path, sum(stat.st_size for stat in stats), used)


def _stats(files: list[Path]) -> Iterator[os.stat_result]:
    for file in files:
        with contextlib.suppress(FileNotFoundError):
            yield file.stat()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
