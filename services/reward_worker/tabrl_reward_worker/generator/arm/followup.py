"""Going on from what an arm was asked for: slower, bigger, higher; or something else instead."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from pydantic import BaseModel, ConfigDict

from tabrl.contracts.motion import Constant, Duration, MotionSpec, Phase, Sinusoid, Target
from tabrl.contracts.path import Path
from tabrl.contracts.phases import LONGEST_EPISODE_S
from tabrl.contracts.quantities import WORLD_AXES
from tabrl.embodiments.arm.askable import Askable
from tabrl.robots import Robot
from tabrl_reward_worker.generator.arm.amounts import DIGITS, ArmAmounts
from tabrl_reward_worker.generator.arm.limits import span_of
from tabrl_reward_worker.generator.arm.reading import read
from tabrl_reward_worker.generator.arm.spec import Asked, asked_of
from tabrl_reward_worker.generator.arm.words import WAYS
from tabrl_reward_worker.generator.reading.slots import SlotKind

_ROUNDED_HZ = 3


class Change(BaseModel):
    """What some words change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: tuple[str, ...]
    tempo: float = 1.0
    size: float = 1.0
    axis: str = ""
    shift: float = 0.0


Changed = Callable[[Target], Target]


def continued(earlier: Sequence[str], words: str, robot: Robot, motion: MotionSpec | None) -> Asked:
    """What was asked for, as new words change it; no motion if they were not understood."""
    own, changes = ArmAmounts.of(robot), list(_changes_in(words))
    before = motion or _earlier(earlier, robot)
    if before is not None and changes:
        told = list[str]()
        for text, change in changes:
            shift = _shift(words, change, robot)
            before = _changed(before, change, shift, own)
            told.append(f"“{text}” → {_in_words(change, shift)}")
        rest = _without(words, [text for text, _ in changes])
        missed = asked_of(read(rest, robot), robot)
        left = [*missed.understood, *missed.not_understood] if rest.strip() else []
        return Asked(before, told, [f"“{rest.strip()}”: say that by itself"] if left else [])
    new = asked_of(read(words, robot), robot)
    if new.motion is not None and before is not None:
        return Asked(new.motion, [*new.understood, "instead of what it did"], new.not_understood)
    return new


def _earlier(sentences: Sequence[str], robot: Robot) -> MotionSpec | None:
    """What the sentences so far came to."""
    motion: MotionSpec | None = None
    for sentence in sentences:
        motion = continued([], sentence, robot, motion).motion or motion
    return motion


def _changes_in(words: str) -> Iterator[tuple[str, Change]]:
    """Changes that words ask for, the longest phrases first."""
    text = f" {' '.join(re.findall(r'[a-z0-9.]+', words.lower()))} "
    for phrase, change in _changes():
        if f" {phrase} " in text:
            text = text.replace(f" {phrase} ", "  ", 1)
            yield phrase, change


def _without(words: str, phrases: Sequence[str]) -> str:
    """What else the words say, numbers and how much aside."""
    text = " ".join(re.findall(r"[a-z]+", words.lower()))
    for phrase in phrases:
        text = text.replace(phrase, " ", 1)
    beside = (
        r"\b(a|bit|much|little|by|cm|m|mm|it|and|please|the|make|do|now|but|is|was|too|even|be)\b"
    )
    return " ".join(re.sub(beside, " ", text).split())


def _shift(words: str, change: Change, robot: Robot) -> float:
    """How far along its axis the words move everything, m."""
    if not change.axis:
        return 0.0
    reading = read(words, robot).reading
    slots = [slot for intent in reading.intents for slot in intent.slots]
    measured = next((s.meaning["value"] for s in slots if s.kind == SlotKind.LENGTH), None)
    usual = ArmAmounts.of(robot).length(change.shift)
    return usual if measured is None else math.copysign(abs(float(measured)), usual)


def _changed(motion: MotionSpec, change: Change, shift: float, own: ArmAmounts) -> MotionSpec:
    offset = np.zeros(3)
    if change.axis:
        offset[WORLD_AXES.index(change.axis)] = shift
    phases = tuple(_phase(phase, change, offset, own) for phase in motion.phases)
    return motion.model_copy(update={"phases": phases})


def _phase(phase: Phase, change: Change, offset: np.ndarray, own: ArmAmounts) -> Phase:
    targets = tuple(_target(one, change, offset, own) for one in phase.targets)
    until = phase.until
    if isinstance(until, Duration) and any(isinstance(t.shape, Path) for t in targets):
        seconds = min(until.seconds / change.tempo, LONGEST_EPISODE_S)
        until = Duration(seconds=round(seconds, 2))
    return phase.model_copy(update={"targets": targets, "until": until})


def _target(target: Target, change: Change, offset: np.ndarray, own: ArmAmounts) -> Target:
    shape, placed = target.shape, target.quantity == Askable.TOOL_POSITION
    move = float(offset[WORLD_AXES.index(target.part)]) if placed and target.part else 0.0
    if isinstance(shape, Path):
        return target.model_copy(update={"shape": _path(shape, change, offset, own)})
    low, high = span_of(target, own)
    if isinstance(shape, Constant):
        value = round(min(max(shape.value + move, low), high), DIGITS)
        return target.model_copy(update={"shape": Constant(value=value)})
    if not isinstance(shape, Sinusoid):
        return target
    table = own["frequency"]
    hz = (shape.hz or 1.0) * change.tempo
    hz = round(min(max(hz, table["lowest"]), table["highest"]), _ROUNDED_HZ)
    amplitude = own.swinging(shape.amplitude * change.size, hz, turns=not placed)
    mean = round(min(max(shape.mean + move, low), high), DIGITS)
    changed = {"hz": hz, "amplitude": amplitude, "mean": mean}
    return target.model_copy(update={"shape": shape.model_copy(update=changed)})


def _path(path: Path, change: Change, offset: np.ndarray, own: ArmAmounts) -> Path:
    """Points about their middle; a first one that only leads there stays."""
    rows = np.array(path.points)
    drawn = rows if path.repeat else rows[1:]
    middle = 0.5 * (drawn[:, 1:].min(0) + drawn[:, 1:].max(0))
    spans = np.array([own.span(axis) for axis in WORLD_AXES])
    low, high = (np.array(own.home.place) + spans[:, end] for end in (0, 1))
    drawn[:, 1:] = np.clip(middle + offset + change.size * (drawn[:, 1:] - middle), low, high)
    begin = path.begin_s if path.repeat else 0.0
    slower = max(change.tempo, (rows[-1, 0] - begin) / (LONGEST_EPISODE_S - begin))
    rows[:, 0] = begin + (rows[:, 0] - begin) / slower
    points = [(round(time, 3), *np.round(place, DIGITS)) for time, *place in rows.tolist()]
    return Path.model_validate({"points": points, "repeat": path.repeat})


def _in_words(change: Change, shift: float) -> str:
    if change.axis:
        return f"{abs(shift) * 100:.0f} cm {WAYS[change.axis][shift < 0.0]}"
    if change.tempo != 1.0:
        return f"{change.tempo:g} times as fast"
    return f"{change.size:g} times as large"


@cache
def _changes() -> tuple[tuple[str, Change], ...]:
    data = tomllib.loads(files(__package__).joinpath("changes.toml").read_text("utf-8"))
    known = [Change.model_validate(entry) for entry in data["change"]]
    phrases = [(phrase, change) for change in known for phrase in change.words]
    return tuple(sorted(phrases, key=lambda one: -len(one[0])))
