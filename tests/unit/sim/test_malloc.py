"""Giving carry back."""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path

import pytest

from tabrl.sim.malloc import malloc_trim

PIECE, COUNT = 64 * 1024, 1024  # pieces this small come from the heap, not from a mapping each


def resident() -> int:
    """Bytes of this process that are in carry."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked to")
def test_what_was_freed_below_something_kept_goes_back_to_the_system() -> None:
    pieces = [b"x" * PIECE for _ in range(COUNT)]
    kept = pieces[-1]
    del pieces
    before = resident()
    malloc_trim()
    assert before - resident() > PIECE * COUNT / 2
    assert len(kept) == PIECE


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    malloc_trim()
