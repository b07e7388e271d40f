"""`python -m tabrl_api.contract`: print the rules that page and server share, as TypeScript.

Only what is one for all robots; what belongs to a robot comes with `GET /api/robots`.
"""

from __future__ import annotations

import json
import struct
import sys
from typing import Literal

from pydantic import ValidationError

from tabrl.contracts.checks import SHORTEST_WINDOW_S, CheckSpec, CheckWords, Statistic, describe
from tabrl.contracts.phases import EPISODE_S, LONGEST_EPISODE_S
from tabrl.contracts.quantities import Catalogue, Entry
from tabrl.contracts.tiers import MAX_MINUTES, MIN_MINUTES, USUAL_MINUTES
from tabrl.contracts.training import TrainSpec
from tabrl.contracts.wire import HEADER, PROTOCOL, Flags, Header, Kind
from tabrl.domain.jobs import TERMINAL
from tabrl.domain.models import BASE_VERSION
from tabrl.domain.tasks import PROMPT_MAX
from tabrl.rewards.vocabulary import MAX_SOURCE

_HEAD = "// Made by `make contract` from the server's rules: do not edit.\n"
# What statistics need does not depend on what is measured, so a quantity that no robot has will do.
_PROBE = {"id": "probe", "quantity": "probe", "at_least": 0.0}
_CATALOGUE = Catalogue({"probe": Entry("its own unit", "")})


def document() -> str:
    """The TypeScript source."""
    exports = (
        f"export const {name} = {json.dumps(value, indent=2, ensure_ascii=False)} as const;\n"
        for name, value in _constants().items()
    )
    return "\n".join((_HEAD, *exports))


def _constants() -> dict[str, object]:
    return {
        "CHECKS": _check_limits(),
        "STATISTICS": {str(statistic): _needs(statistic) for statistic in Statistic},
        "TERMINAL_JOB_STATES": sorted(TERMINAL),
        "BASE_VERSION": BASE_VERSION,
        "MINUTES": {"least": MIN_MINUTES, "most": MAX_MINUTES, "usual": USUAL_MINUTES},
        "MAX_PROMPT": PROMPT_MAX,
        "MAX_SOURCE": MAX_SOURCE,
        "WIRE": {
            "protocol": PROTOCOL,
            "headerBytes": HEADER.size,
            "offsets": _offsets(),
            "kinds": {kind.name.lower(): kind.value for kind in Kind},
            "flags": {flag.name.lower(): flag.value for flag in Flags if flag.name},
        },
    }


def _check_limits() -> dict[str, object]:
    field = CheckSpec.model_json_schema()["properties"]
    frequency = field["frequency"]["anyOf"][0]
    return {
        "maxCount": TrainSpec.model_json_schema()["properties"]["checks"]["maxItems"],
        "idPattern": field["id"]["pattern"],
        "aboveHz": frequency["exclusiveMinimum"],
        "maxHz": frequency["maximum"],
        "startS": field["start_s"]["default"],
        "endS": field["end_s"]["default"],
        "shortestWindowS": SHORTEST_WINDOW_S,
        "episodeS": EPISODE_S,
        "longestEpisodeS": LONGEST_EPISODE_S,
    }


def _needs(statistic: Statistic) -> dict[str, str | None]:
    """How a statistic takes a frequency and a threshold, and its unit; None: the quantity's."""
    check = CheckSpec.model_validate(
        {**_PROBE, "statistic": statistic, "frequency": 1.0, "threshold": 0.0}
    )
    unit = _words(check).unit
    own = _words(check.model_copy(update={"statistic": Statistic.MEAN})).unit
    return {
        "frequency": _use(check, "frequency"),
        "threshold": _use(check, "threshold"),
        "unit": None if unit == own else unit,
    }


def _use(check: CheckSpec, field: str) -> Literal["required", "optional", "unused"]:
    """What leaving a field out does: refused, another check by its name, or nothing."""
    without: dict[str, object] = {**check.model_dump(), field: None}
    try:
        name = _words(CheckSpec.model_validate(without)).name
    except ValidationError:
        return "required"
    return "unused" if name == _words(check).name else "optional"


def _words(check: CheckSpec) -> CheckWords:
    return describe(check, _CATALOGUE)


def _offsets() -> dict[str, int]:
    """Where each field of a frame's header begins."""
    order, codes = HEADER.format[0], HEADER.format[1:]
    starts = [struct.calcsize(order + codes[:n]) for n in range(len(codes))]
    return dict(zip(Header._fields, starts, strict=True))


if __name__ == "__main__":
    sys.stdout.write(document())
