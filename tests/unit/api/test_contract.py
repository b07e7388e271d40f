"""The rules that page and server share, as the page gets them."""

from __future__ import annotations

import json
import re
from typing import Any

from tabrl.contracts.checks import Statistic
from tabrl.contracts.wire import HEADER, Header, Kind
from tabrl_api.contract import document


def constants() -> dict[str, Any]:
    """The exported constants by name."""
    exported = re.findall(r"^export const (\w+) = (.*?) as const;$", document(), re.M | re.S)
    return {name: json.loads(value) for name, value in exported}


def test_statistics_say_what_they_need() -> None:
    statistics = constants()["STATISTICS"]
    assert set(statistics) == set(Statistic)
    assert statistics["mean"] == {"frequency": "unused", "threshold": "unused", "unit": None}
    assert statistics["amplitude"]["frequency"] == "optional"
    assert statistics["rhythm"] == {"frequency": "required", "threshold": "unused", "unit": ""}
    assert statistics["share_above"]["threshold"] == "required"
    assert statistics["frequency"]["unit"] == "Hz"


def test_offsets_are_where_the_header_is_packed() -> None:
    wire = constants()["WIRE"]
    frame = Header(Kind.ACTION, 7, 0x0203, 0x04050607, 0x08).pack()
    at = wire["offsets"]
    assert wire["headerBytes"] == HEADER.size == len(frame)
    assert (frame[at["kind"]], frame[at["protocol"]]) == (wire["kinds"]["action"], 7)
    assert (frame[at["flags"]], frame[at["tick"]], frame[at["params_version"]]) == (3, 7, 8)
