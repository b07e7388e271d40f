"""`settings.json`, and what the command line changes of it."""

from __future__ import annotations

import json
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

Group = TypeVar("Group")


class SettingsError(ValueError):
    """What is wrong with the settings, in words for whoever wrote them."""


def number(default: float, least: float, most: float) -> Any:
    """A number of the settings, and what it may be: beyond that it would switch a limit off."""
    return field(default=default, metadata={"least": least, "most": most})


@dataclass(frozen=True)
class Connection:
    """Which robot it is and where it is reached; what a kind of robot does not use is ignored.

    `servo_*` are of servoJ, in the range that Universal Robots' manual of their script allows.
    """

    kind: str = "loopback"
    transport: str = "sdk"  # "udp": plain packets where the kind has both
    address: str = "127.0.0.1"
    port: int = number(8007, 1, 65_535)
    local_port: int = number(0, 0, 65_535)  # 0: any
    interface: str = ""  # the network card that leads to the robot, for DDS
    check_state_crc: bool = True
    servo_lookahead_s: float = number(0.1, 0.03, 0.2)
    servo_gain: float = number(300.0, 100.0, 2000.0)


@dataclass(frozen=True)
class Times:
    """The way into the motion and out of it, s; nothing is quicker than `speed` (rad/s) allows."""

    rise_s: float = number(3.0, 0.0, 60.0)
    hold_s: float = number(1.0, 0.0, 3600.0)
    fade_s: float = number(1.0, 0.0, 60.0)
    lower_s: float = number(3.0, 0.0, 60.0)
    speed: float = number(0.8, 0.01, 10.0)


@dataclass(frozen=True)
class LimitSettings:
    """What targets are kept within, and beyond what the robot is stopped.

    Targets stay `joint_margin` (rad) inside of the joints' ranges, within `torque_share` of the
    motors' torque-speed lines, and move no faster than `speed_share` of the no-load speed. A joint
    that is `joint_stop` (rad) outside of its range, `speed_stop` times as fast as its motor can be
    or asked for `torque_stop` times its torque, three steps in a row, stops the robot; till then
    the targets stay.
    """

    joint_margin: float = number(0.01, 0.0, 1.0)
    torque_share: float = number(1.0, 0.01, 1.0)
    speed_share: float = number(1.0, 0.01, 1.0)
    joint_stop: float = number(0.15, 0.0, 1.0)
    speed_stop: float = number(1.5, 0.1, 100.0)
    torque_stop: float = number(1.5, 0.1, 100.0)


@dataclass(frozen=True)
class WatchdogSettings:
    """How old a state may be, how late a step, and how long the loop may be silent; s."""

    first_state_s: float = number(5.0, 0.1, 600.0)
    state_timeout_s: float = number(0.1, 0.01, 60.0)
    late_s: float = number(0.01, 0.001, 60.0)
    late_in_a_row: int = number(5, 1, 1000)
    latest_s: float = number(0.05, 0.001, 60.0)
    silent_s: float = number(0.1, 0.05, 60.0)


@dataclass(frozen=True)
class StopSettings:
    """When a robot has tipped over (rad), how it brakes (N·m·s/rad) and for how long (s)."""

    tilt_rad: float = number(1.2, 0.1, 4.0)
    damping: float = number(3.0, 0.1, 100.0)
    damp_s: float = number(2.0, 0.1, 60.0)


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
    settings = _merged(Settings(), data, "settings.json")
    for change in changes:
        name, equals, value = change.partition("=")
        group, dot, key = name.partition(".")
        if not (equals and dot):
            raise SettingsError(f"--set takes group.name=value, not {change!r}")
        settings = _merged(settings, {group: {key: _parsed(value)}}, "--set")
    return settings


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value  # a word


def _merged(base: Group, data: Any, where: str) -> Group:
    """The settings with what the data says of them."""
    if not isinstance(data, dict):
        raise SettingsError(f"{where} must hold names and values")
    known = {one.name: one for one in fields(base)}  # type: ignore[arg-type]
    changed = {}
    for name, value in data.items():
        if name not in known:
            raise SettingsError(f"{where} knows no {name!r}; it knows {', '.join(known)}")
        now = getattr(base, name)
        if is_dataclass(now):
            changed[name] = _merged(now, value, f"{where}: {name}")
        elif "least" in known[name].metadata:
            changed[name] = _number(known[name], type(now), value, where)
        elif not isinstance(value, type(now)):
            kind = type(now).__name__
            raise SettingsError(f"{where}: {name} must be a {kind}, not {value!r}")
        else:
            changed[name] = value
    return replace(base, **changed)  # type: ignore[type-var]


def _number(one: Field[Any], kind: type, value: Any, where: str) -> Any:
    """A number within its range: what is none, infinite too, is in no range."""
    least, most = one.metadata["least"], one.metadata["most"]
    fits = isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most
    if not fits or kind(value) != value:
        what = "a whole number" if kind is int else "a number"
        raise SettingsError(
            f"{where}: {one.name} must be {what} from {least:g} to {most:g}, not {value!r}"
        )
    return kind(value)
