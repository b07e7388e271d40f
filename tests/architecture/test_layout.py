"""The layout shows the architecture: folders that one can overlook, files that hold one idea."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAX_MODULES = 20  # of a folder; `__init__.py` and `__main__.py` do not count
MAX_LINES = 400


def _sources() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.ts", "*.tsx"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    ).stdout.split()  # fmt: skip
    ours = [ROOT / name for name in listed]
    return [
        path for path in ours if path.exists() and not {"generated", "versions"} & set(path.parts)
    ]


def test_no_folder_holds_more_than_one_overlooks() -> None:
    modules = Counter(
        path.parent.relative_to(ROOT)
        for path in _sources()
        if path.name not in ("__init__.py", "__main__.py")
    )
    assert {str(folder): count for folder, count in modules.items() if count > MAX_MODULES} == {}


def test_no_file_holds_two_ideas() -> None:
    lines = {
        path.relative_to(ROOT): len(path.read_text("utf-8").splitlines()) for path in _sources()
    }
    assert {str(path): count for path, count in lines.items() if count > MAX_LINES} == {}
