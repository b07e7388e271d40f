"""Intents about lines that the tip goes along: figures and text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

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
from tabrl_reward_worker.generator.arm.handwriting import Writing, drawn_again, width_of, written
from tabrl_reward_worker.generator.arm.placing import fitted, plane_of
from tabrl_reward_worker.generator.arm.rates import is_paced, pace_of, usual_speed
from tabrl_reward_worker.generator.arm.reaching import WAYS, ways_of
from tabrl_reward_worker.generator.arm.reading import INSCRIBED
from tabrl_reward_worker.generator.arm.sizes import size_of
from tabrl_reward_worker.generator.goal.quantities import said
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

_TEXT, _LINE = "text", "line"
_HALVED = 8  # times that a range of speeds is halved
_WRITING = 0.6  # of a figure's speed, for strokes
_FIRST = {"side": "right", "long": "forward", "vertical": "up"}  # of what goes to and fro


def draw(intent: Intent, part: Part, texts: Iterator[str]) -> None:
    """A figure, or the next of the texts that the sentence has."""
    name = str(intent.meaning["figure"])
    text = next(texts, "") if name == _TEXT else ""
    words = intent.words().replace(INSCRIBED, f"write {text}")
    if part.path is not None or any(key[0] == Askable.TOOL_POSITION for key in part.targets):
        part.miss(words, "the tip goes along one line at a time: say what comes “then”")
        return
    if name == _TEXT:
        _write(intent, part, plane_of(intent, part, TABLE, _ways(intent)), text, words)
    elif name == _LINE:
        way = _way(intent)
        usual = "upright" if way in ("up", "down") else "air"
        plane = plane_of(intent, part, usual, _ways(intent, where=True))
        _draw(intent, part, plane, straight(way, returns=_returns(intent)), f"long, {way},")
    else:
        _draw(intent, part, plane_of(intent, part, "air", _ways(intent)), figure(name))


def _ways(intent: Intent, *, where: bool = False) -> list[Slot]:
    """Words that say to which side something is; with `where` without those that say a way."""
    slots = [slot for slot in intent.slots if str(slot.meaning.get("direction")) in WAYS]
    return [slot for slot in slots if slot.meaning.get("where")] if where else slots


def _way(intent: Intent) -> str:
    """Which way a line goes."""
    swing, plane = intent.find(SlotKind.SWING), intent.find(SlotKind.PLANE)
    if swing is not None:
        return str(swing.meaning.get("way", _FIRST[str(swing.meaning["axis"])]))
    elsewhere = [slot.meaning["direction"] for slot in _ways(intent, where=True)]
    named = (way for way in ways_of(intent) if way in STRAIGHT and way not in elsewhere)
    return next(named, str(plane.meaning.get("way", "right")) if plane else "right")


def _returns(intent: Intent) -> bool:
    """Whether a line goes to and fro."""
    swing = intent.find(SlotKind.SWING)
    often = swing is None and intent.find(SlotKind.RATE) is not None
    return often or (swing is not None and "way" not in swing.meaning)


def _draw(intent: Intent, part: Part, plane: Plane, one: Figure, across: str = "wide") -> None:
    own, size = part.amounts, size_of(intent, part, "figure", "width")
    natural = np.ptp(one.line, axis=0)
    if across == "wide":
        width, height = size.of(float(natural[1]))
        one = sensed(one.stretched(height / (width * float(natural[1]))), intent)
    else:
        width = height = size.width or size.height or size.usual
    within = "" if part.within is None or is_paced(intent) else part.within.text
    words = f"{intent.words()} {within}".strip()
    count, speed = said(intent, SlotKind.COUNT), pace_of(intent, part, one, width)
    times = max(1, round(1.0 if count is None else count))
    box = width * np.ptp(one.line, axis=0)
    plane = fitted(plane, float(box[0]), float(box[1]), part)
    if one.closed:
        path = drawn(one, plane, width, speed, part.begin.place, own)
    else:
        path, done = drawn_again(times, one, plane, width, speed, part.begin.place, own)
        if done < times:
            part.miss(words, f"there is room for {done} of {times} times only")
        times = done
        if said(intent, SlotKind.RATE) is not None:
            part.miss(words, "it is drawn once: it does not end where it begins")
    part.ask(Askable.TOOL_POSITION, path)
    often, rounds = "again and again", "once" if times == 1 else f"{times} times"
    if not path.repeat:
        _end(part, path.end_s + own["travel"]["settle_s"], path.points[-1][1:])
        often = f"in {path.end_s:.3g} s" if times == 1 else f"{rounds}, in {path.end_s:.3g} s"
    elif count is not None or within:
        _end(part, path.begin_s + times * path.period_s, path.points[-1][1:])
        often = rounds
    high = f" and {height * 100:.0f} cm high" if across == "wide" and size.height else ""
    part.say(words, f"{width * 100:.0f} cm {across}{high} at {speed:.2g} m/s, {often}")


def _write(intent: Intent, part: Part, plane: Plane, text: str, words: str) -> None:
    size = size_of(intent, part, "letters", "height")
    wide = size.width is not None and size.height is None
    if size.width is not None and size.height is not None:
        part.miss("", f"{size.width:g} m wide: it is as wide as letters of that height are")
    height = (size.width or 0.0) / max(width_of(text), 0.1) if wide else size.height or size.usual
    count = max(1, round(said(intent, SlotKind.COUNT) or 1.0))
    speed = round(_WRITING * usual_speed(intent, part), 3)

    def at(speed: float, copies: int) -> Writing | None:
        whole = " ".join([text.strip()] * copies)
        return written(whole, plane, height, speed, part.begin.place, part.amounts)

    copies = next((n for n in range(count, 1, -1) if _is_whole(at(speed, n), text, n)), 1)
    if part.within is not None and not is_paced(intent):
        words, part.within_used = f"{words} {part.within.text}", True
        speed = _speed_within(part, lambda speed: at(speed, copies))
    found = at(speed, copies)
    if found is None:
        part.miss(words, "there is nothing in it that could be written")
        return
    if found.text != text.strip() and copies == 1:
        part.miss(words, f"there is room for “{found.text}” only")
    elif copies < count:
        part.miss(words, f"there is room for {copies} of {count} only")
    part.ask(Askable.TOOL_POSITION, found.path)
    _end(part, found.path.end_s + part.amounts["travel"]["settle_s"], found.path.points[-1][1:])
    meaning = f"letters {height * 100:.0f} cm high at {speed:g} m/s, in {found.path.end_s:.3g} s"
    part.say(words, f"“{found.text}” in {meaning}" if copies > 1 else meaning)


def _is_whole(found: Writing | None, text: str, copies: int) -> bool:
    """Whether there is room for a text so often."""
    return found is not None and found.text.split() == text.split() * copies


def _speed_within(part: Part, at: Callable[[float], Writing | None]) -> float:
    """How fast to write, m/s, for what is written to take as long as the sentence says."""
    assert part.within is not None
    own, wanted, took = part.amounts, part.within.seconds, 0.0
    low, high = (own.length(own["speed"][end]) for end in ("lowest", "highest"))
    slow, quick = low, high
    for _ in range(_HALVED):
        speed = round(0.5 * (slow + quick), 4)
        found = at(speed)
        if found is None:
            break
        took = found.path.end_s - found.path.points[1][0]
        slow, quick = (speed, quick) if took > wanted else (slow, speed)
    if abs(took - wanted) > 0.05 * wanted:
        part.miss(part.within.text, f"it cannot be written in that time: {took:.3g} s")
    return speed


def _end(part: Part, seconds: float, place: Place) -> None:
    """What comes after a line that ends goes on from there."""
    part.lasts = math.ceil(10.0 * seconds) / 10.0
    part.posture = part.posture.placed(place)
