"""Intents about lines that the tip goes along: figures and text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tabrl.embodiments.arm.askable import Askable
from tabrl_reward_worker.generator.arm.amounts import Place
from tabrl_reward_worker.generator.arm.asking import TABLE, Part
from tabrl_reward_worker.generator.arm.figures import (
    STRAIGHT,
    Figure,
    Plane,
    drawn,
    figure,
    sensed,
    straight,
)
from tabrl_reward_worker.generator.arm.handwriting import written
from tabrl_reward_worker.generator.arm.rates import usual_speed
from tabrl_reward_worker.generator.arm.reaching import WAYS, ways_of
from tabrl_reward_worker.generator.arm.reading import INSCRIBED
from tabrl_reward_worker.generator.goal.quantities import extent, said
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import SlotKind

_TEXT, _LINE = "text", "line"
_ROUND_S = (1.0, 20.0)  # that a round takes
_WRITING = 0.6  # of a figure's speed, for strokes
_FIRST = {"side": "right", "long": "forward", "vertical": "up"}  # of what goes to and fro


def draw(intent: Intent, part: Part, texts: Iterator[str]) -> None:
    """A figure, or the next of the texts that the sentence has."""
    name = str(intent.meaning["figure"])
    text = next(texts, "") if name == _TEXT else ""
    words = intent.words().replace(INSCRIBED, f"write {text}")
    if part.path is not None:
        part.miss(words, "only one line at a time")
        return
    ways = ways_of(intent)
    if name == _TEXT:
        _write(intent, part, _plane(intent, part, TABLE, ways), text, words)
    elif name == _LINE:
        way = _way(intent)
        plane = _plane(intent, part, "upright" if way in ("up", "down") else "air", _places(intent))
        _draw(intent, part, plane, straight(way, returns=_returns(intent)), f"long, {way},")
    else:
        _draw(intent, part, _plane(intent, part, "air", ways), figure(name))


def _places(intent: Intent) -> list[str]:
    """Ways that say where something is, and not which way it goes."""
    return [str(slot.meaning["direction"]) for slot in intent.slots if slot.meaning.get("where")]


def _way(intent: Intent) -> str:
    """Which way a line goes."""
    swing, plane = intent.find(SlotKind.SWING), intent.find(SlotKind.PLANE)
    if swing is not None:
        return str(swing.meaning.get("way", _FIRST[str(swing.meaning["axis"])]))
    named = (way for way in ways_of(intent) if way in STRAIGHT and way not in _places(intent))
    return next(named, str(plane.meaning.get("way", "right")) if plane else "right")


def _returns(intent: Intent) -> bool:
    """Whether a line goes to and fro."""
    swing = intent.find(SlotKind.SWING)
    return swing is not None and "way" not in swing.meaning


def _plane(intent: Intent, part: Part, usual: str, ways: Sequence[str]) -> Plane:
    """Where it lies: about where the tool is held, or where the sentence says.

    Args:
        intent: of a line.
        part: that it belongs to.
        usual: the plane, if none is said.
        ways: to where it is moved on it.
    """
    own, slot = part.amounts, intent.find(SlotKind.PLANE)
    table = own["plane"][str(slot.meaning["plane"]) if slot else usual]
    part.point({"elevation": float(table.get("elevation", 0.0))}, asked=False)
    x, y, z = part.posture.place
    if "above" in table:
        z = own.within("z", own.length(table["above"]) + own.robot.end_effector_radius)
    elif "z" not in part.asked_place:
        z = own.within("z", own.home.place[2] + own.length(table["z"]))
    x = own.within("x", x + own.length(table.get("x", 0.0)))
    for way in ways:
        axis, sign = WAYS[way]
        shift = sign * own["reach"]["small"] * abs(own.span(axis)[sign > 0])
        x += shift if axis == "x" else 0.0
        y += shift if axis == "y" else 0.0
        z += shift if axis == "z" and "above" not in table else 0.0
    return Plane((x, y, z), table["up"] == "z", float(table["lift"]))


def _draw(intent: Intent, part: Part, plane: Plane, one: Figure, across: str = "wide") -> None:
    own, words = part.amounts, intent.words()
    width = _width(intent, part, "figure")
    one = sensed(one, intent)
    count, seconds = said(intent, SlotKind.COUNT), said(intent, SlotKind.RATE)
    speed = usual_speed(intent, part)
    if seconds is not None and seconds > 0.0:
        around = width * _length(one)
        low, high = _ROUND_S
        speed = around / min(max(1.0 / seconds, low), high)
    path = drawn(one, _fitted(plane, width, part), width, speed, part.begin.place, own)
    part.ask(Askable.TOOL_POSITION, path)
    often = "again and again"
    if not path.repeat:
        _end(part, path.end_s + own["travel"]["settle_s"], path.points[-1][1:])
        often = f"in {path.end_s:.3g} s"
    elif count is not None:
        rounds = max(1, round(count))
        _end(part, path.begin_s + rounds * path.period_s, path.points[-1][1:])
        often = "once" if rounds == 1 else f"{rounds} times"
    part.say(words, f"{width * 100:.0f} cm {across} at {speed:.2g} m/s, {often}")


def _write(intent: Intent, part: Part, plane: Plane, text: str, words: str) -> None:
    height = _width(intent, part, "letters")
    speed = round(_WRITING * usual_speed(intent, part), 3)
    found = written(text, plane, height, speed, part.begin.place, part.amounts)
    if found is None:
        part.miss(words, "there is nothing in it that could be written")
        return
    if found.text != text.strip():
        part.miss(words, f"there is room for “{found.text}” only")
    part.ask(Askable.TOOL_POSITION, found.path)
    _end(part, found.path.end_s + part.amounts["travel"]["settle_s"], found.path.points[-1][1:])
    meaning = f"letters {height * 100:.0f} cm high at {speed:g} m/s, in {found.path.end_s:.3g} s"
    part.say(words, meaning)


def _end(part: Part, seconds: float, place: Place) -> None:
    """What comes after a line that ends goes on from there."""
    part.lasts = math.ceil(10.0 * seconds) / 10.0
    for axis, value in zip("xyz", place, strict=True):
        part.posture = part.posture.at(axis, value)


def _width(intent: Intent, part: Part, name: str) -> float:
    own, table = part.amounts, part.amounts[name]
    radius, length = said(intent, SlotKind.RADIUS), said(intent, SlotKind.LENGTH)
    wanted = 2.0 * abs(radius) if radius is not None else length
    if wanted is None:
        return own.length(table[extent(intent)])
    low, high = own.length(table["lowest"]), own.length(table["limit"])
    able = min(max(abs(wanted), low), high)
    if abs(able - abs(wanted)) > 1e-3:
        part.miss("", f"{abs(wanted):g} m across cannot be drawn: {able:g} m")
    return round(able, 4)


def _fitted(plane: Plane, width: float, part: Part) -> Plane:
    """The plane moved so that what is drawn on it is within reach."""
    own, half = part.amounts, width / 2.0
    x, y, z = plane.middle
    hx, hy, hz = own.home.place

    def inside(value: float, home: float, axis: str, room: float) -> float:
        low, high = (home + end for end in own.span(axis))
        return min(max(value, low + room), high - room) if high - low > 2.0 * room else value

    x = inside(x, hx, "x", 0.0 if plane.upright else half)
    y = inside(y, hy, "y", half)
    z = inside(z, hz, "z", half) if plane.upright else z
    return Plane((round(x, 4), round(y, 4), round(z, 4)), plane.upright, plane.lift)


def _length(one: Figure) -> float:
    steps = one.line[1:] - one.line[:-1]
    return float(((steps**2).sum(-1) ** 0.5).sum())
