"""What a bundle's README tells people to type works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tabrl.export.deploy.robot_loop.fake.main import _parser as fake_parser
from tabrl.export.deploy.robot_loop.main import _parser as drive_parser
from tabrl.export.deploy.robot_loop.settings import load_settings
from tabrl.robots import Robot
from tests.support.hardware.rehearsal import exportable, unpacked
from tests.support.robots import PACKAGED

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("robot", PACKAGED, ids=lambda robot: robot.id)
def test_its_commands_are_understood(robot: Robot, tmp_path: Path) -> None:
    bundle = unpacked(exportable(robot), tmp_path)
    readme = (bundle / "README.md").read_text()
    assert "never run on a real robot" in readme
    assert f"adapter `{robot.hardware.adapter}`" in readme
    assert _understood(readme, bundle) >= 5
    settings = load_settings(bundle / "settings.json", [])
    assert settings.connection.kind == robot.hardware.adapter


def test_the_steps_of_the_documentation_are_understood(tmp_path: Path) -> None:
    bundle = unpacked(exportable(PACKAGED[0]), tmp_path)
    assert _understood((ROOT / "docs/hardware.md").read_text(), bundle) >= 4


def _understood(text: str, bundle: Path) -> int:
    """How many commands for the bundle's programs there are; all are parsed."""
    commands = re.findall(r"`(?:python )?((?:drive|fake_robot)\.py(?: [^`]+)?)`", text)
    for command in commands:
        program, *arguments = shlex.split(command)
        parser = drive_parser() if program == "drive.py" else fake_parser()
        options = parser.parse_args(arguments)
        load_settings(bundle / "settings.json", getattr(options, "set", []))
    return len(commands)
