"""The robot's `robot.toml`, written to be read and changed by a person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tabrl.robot_import.names import one_line

_KEYS = (
    ("id", ""),
    ("name", ""),
    ("maker", "who builds it"),
    ("description", ""),
    ("examples", ""),
    ("scene", ""),
    ("embodiment", ""),
    ("without", "abilities of the kind that it has not"),
    ("characteristic_length", "m; see `tabrl.robots.robot.Robot`"),
    ("end_effector_radius", "m, of the feet"),
    ("action_scale", "a unit of action, in joint order: rad (arms: rad/s)"),
)
_HEAD = """\
# {title}: written by `tabrl robots add` from {source}, for you to look through.
# Places and names of limbs, the description and the examples are read by people and by what writes
# rewards: say there what the model cannot."""
_SHARES = """\
# Which share of each command's range the kind's robots have this one can be asked for: by its
# torque for its weight and size, measured against the kind's first robot."""
_LIMBS = (
    "# Limbs in the kind's order; signs are -1 where a joint turns the other way than the kind's."
)
_JOINTS = """\
# Joints in the scene's order. Known motors make better policies: torque (N·m) up to corner_speed,
# then less, none at no_load_speed (rad/s).
# motor = { torque = 23.7, corner_speed = 13.5, no_load_speed = 30.1 }"""


def manifest(data: Mapping[str, Any], title: str, source: str) -> str:
    """The text of a `robot.toml`.

    Args:
        data: its content.
        title: what the robot is called.
        source: the file that it was made of.
    """
    lines = [_HEAD.format(title=one_line(title), source=one_line(source))]
    for key, comment in _KEYS:
        if key in data:
            line = f"{key} = {_value(data[key])}"
            lines.append(f"{line}  # {comment}" if comment else line)
    if data.get("range_share"):
        lines += ["", _SHARES, "[range_share]", *_table(data["range_share"])]
    for key, comment in (("limbs", _LIMBS), ("joints", _JOINTS)):
        lines += ["", comment]
        for table in data[key]:
            lines += [f"[[{key}]]", *_table(table)]
    return "\n".join(lines) + "\n"


def _table(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in values.items()]


def _value(value: object) -> str:
    """A value as TOML: its strings are those of JSON."""
    if isinstance(value, float):
        text = f"{value:.6g}"
        return text if any(mark in text for mark in ".en") else f"{text}.0"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    return str(value)
