"""Locks: remade after every change of a declaration, hashed, free of addresses, consistent."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NODE_FOLDERS = ("web", "tests/e2e/onnx", "tests/e2e/lighthouse")
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)


def pins(lock: Path) -> set[tuple[str, str]]:
    return set(PIN.findall(lock.read_text()))


def test_no_lock_is_stale() -> None:
    ended = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "lock"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_pin_has_a_hash_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert pins(lock)
    assert not re.search(r"://|@ |^--|^-e", text, flags=re.MULTILINE)
    for block in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]


@pytest.mark.parametrize("service", ["api", "reward_worker", "trainer", "inference", "exporter"])
def test_services_ship_what_is_tested(service: str) -> None:
    assert pins(ROOT / f"requirements/{service}.txt") <= pins(ROOT / "requirements/dev.txt")


@pytest.mark.parametrize("folder", NODE_FOLDERS)
def test_the_pages_lock_has_hashes_and_no_address(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert "resolved" not in entry, name
        assert entry.get("integrity") or entry.get("link") or entry.get("inBundle"), name


@pytest.mark.parametrize("folder", NODE_FOLDERS)
def test_the_pages_lock_is_that_of_its_declarations(folder: str) -> None:
    declared = json.loads((ROOT / folder / "package.json").read_text())
    locked = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
    for group in ("dependencies", "devDependencies"):
        assert locked[""].get(group, {}) == declared.get(group, {}), (
            f"{group}: npm install in {folder}"
        )
        for name in declared.get(group, {}):
            assert locked[f"node_modules/{name}"]["version"]
