"""Intents that go to and fro: nod, wave, sway, stir."""

from __future__ import annotations

import math

from tabrl.embodiments.arm.askable import Askable
from tabrl_reward_worker.generator.arm.amounts import Table
from tabrl_reward_worker.generator.arm.asking import Part
from tabrl_reward_worker.generator.arm.figures import Plane, drawn, figure, sense_of, sensed
from tabrl_reward_worker.generator.arm.rates import frequency
from tabrl_reward_worker.generator.arm.sizes import to_a_side, unused
from tabrl_reward_worker.generator.goal.quantities import extent, said
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import SlotKind

_UNSEEN_M = 2e-3
_AXES = {"side": "sway", "long": "saw", "vertical": "bob"}


def rhythm(intent: Intent, part: Part) -> None:
    """One of the swings of the table, by the intent's own name or by where it goes."""
    swing = intent.find(SlotKind.SWING)
    usual = _AXES[str(swing.meaning["axis"])] if swing else "bob"
    name = str(intent.meaning.get("swing", usual))
    if name == "stir":
        _stir(intent, part)
    else:
        swung(intent, name, part)


def swung(intent: Intent, name: str, part: Part) -> None:
    """A swing about its posture, which gives way to what is asked of that."""
    table = part.amounts["swing"][name]
    axis = table.get("part")
    if axis and part.path is not None:
        part.miss(intent.words(), "the tip goes along a line meanwhile: say what comes “then”")
        return
    _take_posture(table, part)
    hz = frequency(intent, float(table["hz"]), part)
    measured = intent.find(SlotKind.LENGTH if axis else SlotKind.ANGLE) is not None
    able = part.swing(
        Askable(table["quantity"]), _size(intent, table, axis, part), hz, axis, measured=measured
    )
    unit = f"±{able * 100:.0f} cm" if axis else f"±{able:.2g} rad"
    unused(intent, SlotKind.LENGTH if axis else SlotKind.ANGLE, part)
    sense = sense_of(intent)
    if sense is not None:
        part.miss(sense.text, "it goes to and fro, not round")
    what = f"along {axis}" if axis else str(table["quantity"]).replace("_", " ")
    part.say(intent.words(), f"{unit} {what} at {hz:g} Hz")


def _size(intent: Intent, table: Table, axis: str | None, part: Part) -> float:
    measured = said(intent, SlotKind.LENGTH if axis else SlotKind.ANGLE)
    if measured is None:
        usual = float(table[extent(intent)])
        return part.amounts.length(usual) if axis else usual
    return to_a_side(intent) if axis else abs(measured)


def _take_posture(table: Table, part: Part) -> None:
    angles = {name: value for name, value in table["posture"].items() if name != "z"}
    part.point(angles, asked=False)
    if "z" in table["posture"]:
        part.raise_to(table["posture"]["z"])


def _stir(intent: Intent, part: Part) -> None:
    """Round and round on the spot, at its own pace."""
    table, own = part.amounts["swing"]["stir"], part.amounts
    _take_posture(table, part)
    length = said(intent, SlotKind.LENGTH)
    size = own.length(table["radius"][extent(intent)]) if length is None else to_a_side(intent)
    hz = frequency(intent, float(table["hz"]), part)
    wanted, size = size, own.swinging(size, hz, turns=False)
    if length is not None and wanted - size > _UNSEEN_M:
        part.miss("", f"{2 * wanted:g} m across at {hz:g} Hz cannot be done: {2 * size:.2g} m")
    speed = 2.0 * math.pi * size * hz
    begin = part.begin.place
    circle = sensed(figure("circle"), intent)
    path = drawn(circle, Plane(part.posture.place), 2.0 * size, speed, begin, own)
    part.ask(Askable.TOOL_POSITION, path)
    part.say(intent.words(), f"round and round at {hz:g} Hz, {2 * size * 100:.0f} cm across")
