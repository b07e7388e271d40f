"""How wide and how high lines are to be, as an intent measures them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tabrl_reward_worker.generator.arm.asking import Part
from tabrl_reward_worker.generator.goal.quantities import extent
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

_UNUSED = "one length says how large it is: “20 cm wide and 10 cm high” are two"


@dataclass(frozen=True)
class Size:
    """Of a line, m; `width` and `height` as they are said, `usual` where neither is."""

    usual: float
    width: float | None = None
    height: float | None = None

    def of(self, aspect: float) -> tuple[float, float]:
        """Width and height of a line that is by itself so many times as high as it is wide."""
        if self.width is not None and self.height is not None:
            return self.width, self.height
        if self.height is not None and aspect > 0.0:
            return self.height / aspect, self.height
        width = self.usual if self.width is None else self.width
        return width, width * aspect


def size_of(intent: Intent, part: Part, name: str, plain: str) -> Size:
    """What an intent says of a line's size; lengths that say nothing more are told.

    Args:
        intent: of a line.
        part: that it belongs to.
        name: of the table of its limits.
        plain: what a length is that does not say of which side.
    """
    table, own = part.amounts[name], part.amounts
    found = dict[str, float]()
    for slot in _measures(intent):
        side = str(slot.meaning.get("side", plain))
        if side in found:
            part.miss(slot.text, _UNUSED)
            continue
        double = 2.0 if slot.kind == SlotKind.RADIUS else 1.0
        limits = name if side == plain else "figure"
        found[side] = _able(double * abs(float(slot.meaning["value"])), limits, part)
    return Size(own.length(table[extent(intent)]), found.get("width"), found.get("height"))


def to_a_side(intent: Intent) -> float:
    """How far to either side something goes to and fro, m: half of a length, or all of what is
    said to be that far."""
    slot = intent.find(SlotKind.LENGTH)
    if slot is None:
        return 0.0
    return abs(float(slot.meaning["value"])) * (1.0 if slot.meaning.get("each") else 0.5)


def unused(intent: Intent, kind: SlotKind, part: Part, used: int = 1) -> None:
    """Tell what an intent measures more often than once, or not at all."""
    for slot in [slot for slot in intent.slots if slot.kind == kind][used:]:
        part.miss(slot.text, "it is measured already")


def _measures(intent: Intent) -> Sequence[Slot]:
    """Radii and lengths; those first that say of what they are."""
    kinds = (SlotKind.RADIUS, SlotKind.LENGTH)
    slots = [slot for slot in intent.slots if slot.kind in kinds]
    return sorted(slots, key=lambda s: (s.kind != SlotKind.RADIUS, "side" not in s.meaning, s.at))


def _able(wanted: float, name: str, part: Part) -> float:
    """As large as it can be drawn."""
    own, table = part.amounts, part.amounts[name]
    low, high = own.length(table["lowest"]), own.length(table["limit"])
    able = min(max(wanted, low), high)
    if abs(able - wanted) > 1e-3:
        part.miss("", f"{wanted:g} m across cannot be drawn: {able:g} m")
    return round(able, 4)
