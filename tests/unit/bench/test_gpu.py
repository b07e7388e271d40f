"""The GPU benchmark in its tiny form, on the CPU: only that its parts run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("stepping-warp", "update")


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench.gpu", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(900)  # compiles
def test_parts_print_their_rows_and_leave_tables(tmp_path: Path) -> None:
    ended = bench("--tiny", "--out", str(tmp_path), *PARTS)
    assert ended.returncode == 0, ended.stderr
    for part in PARTS:
        result = json.loads((tmp_path / f"{part}.json").read_text())
        assert result["failure"] == ""
        assert len(result["rows"]) == 1
        assert f"{part}: MJX" in ended.stdout
        assert f"{part}: MJX" in (tmp_path / "gpu.md").read_text()


def test_an_unknown_part_is_answered_with_all_there_are() -> None:
    ended = bench("steping")
    assert ended.returncode == 2
    assert "no such part: steping; there are stepping-jax, stepping-warp" in ended.stderr
