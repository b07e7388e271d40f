"""`settings.json`, and what the command line changes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

Group = TypeVar("Group")


class SettingsError(ValueError):
    """What is wrong with the settings, in words for whoever wrote them."""


@dataclass(frozen=True)
class Connection:
    """Which robot it is and where it is reached; what a kind of robot does not use is ignored."""

    kind: str = "loopback"
    transport: str = "sdk"  # "udp": plain packets where the kind has both
    address: str = "127.0.0.1"
    port: int = 8007
    local_port: int = 0  # 0: any
    interface: str = ""  # the network card that leads to the robot, for DDS
    check_state_crc: bool = True
    servo_lookahead_s: float = 0.1
    servo_gain: float = 300.0


@dataclass(frozen=True)
class Times:
    """The way into the motion and out of it, s; nothing is quicker than `speed` (rad/s) allows."""

    rise_s: float = 3.0
    hold_s: float = 1.0
    fade_s: float = 1.0
    lower_s: float = 3.0
    speed: float = 0.8


@dataclass(frozen=True)
class LimitSettings:
    """What targets are kept within, and beyond what the robot is stopped.

    Targets stay `joint_margin` (rad) inside of the joints' ranges, within `torque_share` of the
    motors' torque-speed lines, and move no faster than `speed_share` of the no-load speed. A joint
    that is `joint_stop` (rad) outside of its range, `speed_stop` times as fast as its motor can be
    or asked for `torque_stop` times its torque, three steps in a row, stops the robot.
    """

    joint_margin: float = 0.01
    torque_share: float = 1.0
    speed_share: float = 1.0
    joint_stop: float = 0.15
    speed_stop: float = 1.5
    torque_stop: float = 1.5


@dataclass(frozen=True)
class WatchdogSettings:
    """How old a state may be, how late a step, and how long the loop may be silent; s."""

    first_state_s: float = 5.0
    state_timeout_s: float = 0.1
    late_s: float = 0.01
    late_in_a_row: int = 5
    latest_s: float = 0.05
    silent_s: float = 0.1


@dataclass(frozen=True)
class StopSettings:
    """When a robot has tipped over (rad), how it brakes (N·m·s/rad) and for how long (s)."""

    tilt_rad: float = 1.2
    damping: float = 3.0
    damp_s: float = 2.0


@dataclass(frozen=True)
class Settings:
    """All of `settings.json`."""

    connection: Connection = field(default_factory=Connection)
    times: Times = field(default_factory=Times)
    limits: LimitSettings = field(default_factory=LimitSettings)
    watchdog: WatchdogSettings = field(default_factory=WatchdogSettings)
    stop: StopSettings = field(default_factory=StopSettings)


def load_settings(path: Path, changes: list[str]) -> Settings:
    """The file's settings with changes such as `watchdog.late_s=0.02`. Raises `SettingsError`."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    for change in changes:
        name, equals, value = change.partition("=")
        group, dot, key = name.partition(".")
        if not (equals and dot):
            raise SettingsError(f"--set takes group.name=value, not {change!r}")
        data.setdefault(group, {})[key] = _parsed(value)
    return _merged(Settings(), data, "settings.json")


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value  # a word


def _merged(base: Group, data: Any, where: str) -> Group:
    """The settings with what the data says of them."""
    if not isinstance(data, dict):
        raise SettingsError(f"{where} must hold names and values")
    known = {one.name: getattr(base, one.name) for one in fields(base)}  # type: ignore[arg-type]
    changed = {}
    for name, value in data.items():
        if name not in known:
            raise SettingsError(f"{where} knows no {name!r}; it knows {', '.join(known)}")
        default = known[name]
        if is_dataclass(default):
            changed[name] = _merged(default, value, f"{where}: {name}")
        elif isinstance(value, bool) != isinstance(default, bool) or not isinstance(
            value, (int, float) if isinstance(default, (int, float)) else type(default)
        ):
            kind = type(default).__name__
            raise SettingsError(f"{where}: {name} must be a {kind}, not {value!r}")
        else:
            changed[name] = type(default)(value)
    return replace(base, **changed)  # type: ignore[type-var]
