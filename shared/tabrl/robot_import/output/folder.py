"""Writing a robot's folder: all of it or nothing, and never over what somebody changed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from tabrl.robot_import.refusal import refusal
from tabrl.robots.registry import MANIFEST, VISUALS


class Writing(StrEnum):
    """What became of a folder."""

    NEW = "written"
    SAME = "unchanged"
    REPLACED = "replaced"


def _place(files: Mapping[str, bytes], target: Path, *, replace: bool) -> Writing:
    """What is to be done. Raises `Invalid` if it would take something away."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return Writing.NEW
    if not (target / MANIFEST).is_file():
        raise refusal(f"{target} is there and holds no robot: choose another --id or --into")
    differing = [
        name
        for name, data in files.items()
        if not (target / name).is_file() or (target / name).read_bytes() != data
    ]
    differing += _outdated(files, target)
    if not differing:
        return Writing.SAME
    if not replace:
        raise refusal(
            f"{target} is there already and its {', '.join(differing)} would change: --replace "
            "writes them anew, --id makes another robot"
        )
    return Writing.REPLACED


def _outdated(files: Mapping[str, bytes], target: Path) -> list[str]:
    """Meshes of a model that has none any more."""
    return [VISUALS] if VISUALS not in files and (target / VISUALS).is_file() else []


def write_folder(files: Mapping[str, bytes], target: Path, *, replace: bool) -> Writing:
    """Write a robot's files; a pretrained policy in the folder stays.

    Raises `Invalid` if that would take something away, or the place cannot be written.
    """
    writing = _place(files, target, replace=replace)
    try:
        if writing is Writing.NEW:
            _write_new(files, target)
        elif writing is Writing.REPLACED:
            _write_over(files, target)
    except OSError as error:
        raise refusal(
            f"{target} cannot be written ({error.strerror}): choose another folder with --into"
        ) from None
    return writing


def _write_new(files: Mapping[str, bytes], target: Path) -> None:
    """Through a folder that is no robot's, which is then renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=target.parent) as draft:
        made = Path(draft) / target.name
        made.mkdir()
        for name, data in files.items():
            (made / name).write_bytes(data)
        if target.exists():
            target.rmdir()  # an empty one
        made.rename(target)


def _write_over(files: Mapping[str, bytes], target: Path) -> None:
    """File by file, the manifest last: until then the robot is the old one."""
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=target) as draft:
        for name, data in files.items():
            (Path(draft) / name).write_bytes(data)
        for name in _outdated(files, target):
            (target / name).unlink()
        for name in sorted(files, key=lambda name: name == MANIFEST):
            (Path(draft) / name).replace(target / name)
