"""The robots that the loop can drive."""

from __future__ import annotations

from importlib import import_module

from ..description import RobotDescription
from ..messages import Adapter
from ..settings import Settings, SettingsError

MODULES = {
    "loopback": "loopback",
    "unitree_go1": "unitree_go1",
    "unitree_go2": "unitree_sdk2",
    "unitree_g1": "unitree_sdk2",
    "universal_robots": "universal_robots",
}


def adapter_for(robot: RobotDescription, settings: Settings) -> Adapter:
    """The adapter that the settings name, not connected.

    Raises `SettingsError` for one that does not exist, and `ImportError` if its SDK is missing.
    """
    kind = settings.connection.kind
    if kind not in MODULES:
        raise SettingsError(f"connection.kind must be one of {', '.join(MODULES)}, not {kind!r}")
    made: Adapter = import_module(f".{MODULES[kind]}", __name__).adapter(robot, settings)
    return made
