"""The robots that the loop can drive."""

from __future__ import annotations

from importlib import import_module

from ..description import RobotDescription
from ..messages import Adapter
from ..settings import Settings, SettingsError

KINDS = ("loopback", "unitree_go1")


def adapter_for(robot: RobotDescription, settings: Settings) -> Adapter:
    """The adapter that the settings name, not connected.

    Raises `SettingsError` for one that does not exist, and `ImportError` if its SDK is missing.
    """
    kind = settings.connection.kind
    if kind not in KINDS:
        raise SettingsError(f"connection.kind must be one of {', '.join(KINDS)}, not {kind!r}")
    made: Adapter = import_module(f".{kind}", __name__).adapter(robot, settings)
    return made
