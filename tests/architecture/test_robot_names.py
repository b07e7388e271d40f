"""What a robot's parts are called, only its folder, its kind and its pretraining know."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tabrl.embodiments.lookup import catalogue_of
from tabrl.robots import Robot
from tests.support.robots import PACKAGED

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("shared/tabrl", "services", "deploy", "scripts", "web/src")
KNOWING = ("robots", "embodiments", "pretraining", "pretrained_policies")
ENGLISH = {"trunk"}  # a body that people speak of, whatever the robot calls it


def _files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *SOURCES], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    code = [Path(name) for name in listed if name.endswith((".py", ".ts", ".tsx", ".toml", ".md"))]
    return [path for path in code if not set(KNOWING) & set(path.parts) and (ROOT / path).exists()]


def _names(robot: Robot) -> set[str]:
    commands = set(catalogue_of(robot)["command"].parts.names)
    limbs = {limb.name for limb in robot.limbs}
    own = {robot.id, *robot.joint_names, *robot.body_names, *robot.end_effectors, *limbs}
    return own | {name for name in commands if any(limb.lower() in name for limb in limbs)}


def _pattern(robot: Robot) -> re.Pattern[str]:
    names = sorted(_names(robot) - ENGLISH)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})(?:\b|_)")


@pytest.mark.parametrize("robot", PACKAGED, ids=lambda robot: robot.id)
def test_the_engine_names_no_robot(robot: Robot) -> None:
    pattern = _pattern(robot)
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in _files()
        for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


def test_the_scan_would_find_them() -> None:
    robot = PACKAGED[0]
    pattern = _pattern(robot)
    for name in (robot.joint_names[0], robot.end_effectors[-1], robot.id):
        assert pattern.search(f'part = "{name}"'), name
