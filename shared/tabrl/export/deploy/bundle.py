"""The files of a deploy bundle."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from tabrl.control.kinematics import FREE
from tabrl.domain.errors import Invalid
from tabrl.export.deploy.robot_loop.settings import Connection, LimitSettings, Settings
from tabrl.export.exportable import Exportable, Files
from tabrl.export.numpy_program import numpy_program
from tabrl.robots.hardware import AdapterKind

# Where a robot is that has left its factory (udp.h of unitree_legged_sdk); the network card that
# leads to a Go2 or G1 is the user's, and so is the address of an arm.
_CONNECTIONS: MappingProxyType[AdapterKind, Connection] = MappingProxyType(
    {
        "loopback": Connection(kind="loopback", transport="udp"),
        "unitree_go1": Connection(kind="unitree_go1", address="192.168.123.10", local_port=8080),
        "unitree_go2": Connection(kind="unitree_go2", interface="eth0"),
        "unitree_g1": Connection(kind="unitree_g1", interface="eth0"),
        "universal_robots": Connection(kind="universal_robots", address="192.168.0.2"),
    }
)
_NEEDS: MappingProxyType[AdapterKind, str] = MappingProxyType(
    {
        "loopback": "nothing more",
        "unitree_go1": "the `robot_interface` that unitree_legged_sdk v3.8 builds for Python",
        "unitree_go2": "`unitree_sdk2py` (github.com/unitreerobotics/unitree_sdk2_python)",
        "unitree_g1": "`unitree_sdk2py` (github.com/unitreerobotics/unitree_sdk2_python)",
        "universal_robots": "`pip install ur-rtde`",
    }
)
FIXED = (0, 0)  # columns of a root that does not move
_ARM_SPEED = 0.4  # share of the motors' speed that an arm among people may use at first
_SCRIPTS = {
    "drive.py": ("Runs the policy on the robot", "main", "Path(__file__).parent"),
    "fake_robot.py": ("A simulated robot to rehearse with", "fake.main", "Path(__file__).parent"),
    "read_log.py": ("Looks at a run afterwards", "read_log", ""),
}
_SCRIPT = '''"""{words}; see README.md."""

{path}from robot_loop.{module} import main

raise SystemExit(main({argument}))
'''


def deploy_bundle(model: Exportable) -> Files:
    """The files of the format: the numpy program, and the loop that runs it on a robot.

    Raises `Invalid` (code `no_export`) for a kind that has no numpy program, and for robots whose
    root is neither free nor fixed: none that is built moves in a plane.
    """
    if model.embodiment.skeleton.root not in (FREE, FIXED):
        raise Invalid(
            f"{model.robot.name} moves in a plane, as no real robot does: it has no deploy bundle.",
            code="no_export",
            hint="Choose another format, such as numpy.",
        )
    program = {name: data for name, data in numpy_program(model).items() if name != "README.md"}
    package = files("tabrl.export.deploy").joinpath("robot_loop")
    return {
        "README.md": _readme(model).encode(),
        "hardware.json": json.dumps(_hardware(model), indent=2).encode(),
        "settings.json": json.dumps(asdict(_settings(model)), indent=2).encode(),
        "requirements.txt": b"numpy>=1.24\n",
        **{f"policy/{name}": data for name, data in program.items()},
        **_package_files(package, "robot_loop"),
        **{name: _script(*parts) for name, parts in _SCRIPTS.items()},
    }


def _hardware(model: Exportable) -> dict[str, object]:
    hardware, embodiment = model.robot.hardware, model.embodiment
    return {
        "name": model.robot.name,
        "motors": hardware.motors,
        "rest": hardware.rest,
        "floating": embodiment.skeleton.root == FREE,
        "note": hardware.note,
    }


def _settings(model: Exportable) -> Settings:
    settings = replace(Settings(), connection=_CONNECTIONS[model.robot.hardware.adapter])
    if model.embodiment.skeleton.root == FREE:
        return settings
    return replace(settings, limits=replace(LimitSettings(), speed_share=_ARM_SPEED))


def _readme(model: Exportable) -> str:
    hardware, text = model.robot.hardware, files("tabrl.export.deploy").joinpath("README.md")
    return model.heading + text.read_text("utf-8").format(
        robot=model.robot.name,
        adapter=hardware.adapter,
        needs=_NEEDS[hardware.adapter],
        note=hardware.note and f"\n{hardware.note}\n",
        speed=_speed(model),
    )


def _speed(model: Exportable) -> str:
    """What the policy knows of its speed on the real robot."""
    if model.embodiment.skeleton.root == FIXED:
        return "The robot is screwed down: its policy needs no speed but that of the joints."
    return (
        "A robot does not sense how fast it moves over the floor. `tabrl certify MODEL` says what "
        "not knowing it costs; where that is more than a hundredth, `tabrl distill MODEL "
        "policy/student.safetensors` teaches an estimate from what was sensed in the last moments, "
        "which the loop uses where the file is there. Without it the policy is told that its speed "
        "is not known."
    )


def _script(words: str, module: str, argument: str) -> bytes:
    path = "from pathlib import Path\n\n" if argument else ""
    return _SCRIPT.format(words=words, path=path, module=module, argument=argument).encode()


def _package_files(folder: Traversable, name: str) -> dict[str, bytes]:
    """All Python files of a package."""
    found: dict[str, bytes] = {}
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir() and one.name != "__pycache__":
            found |= _package_files(one, f"{name}/{one.name}")
        elif one.name.endswith(".py"):
            found[f"{name}/{one.name}"] = one.read_bytes()
    return found
