"""What a sentence says of the ground, taken out of it before the rest is read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from tabrl.contracts.ground import FLAT, STEEPEST_DEG, Ground, GroundShape
from tabrl.embodiments.lookup import grounds_of
from tabrl.robots import Robot
from tabrl_reward_worker.candidates import Proposal
from tabrl_reward_worker.generator.reading.data import table_of

SLIPPERY = 0.3  # a wet floor; what is not slippery has some 0.8
_UNKNOWN_TO_IT = "the pretrained policy was trained on flat ground alone"
_HIGHEST = 0.45  # of a bump or a step, in characteristic lengths
_METRES = {"mm": 0.001, "millimetre": 0.001, "millimeter": 0.001, "cm": 0.01, "centimetre": 0.01,
           "centimeter": 0.01, "m": 1.0, "metre": 1.0, "meter": 1.0, "inch": 0.0254}  # fmt: skip
_UNIT = (
    r"mm|millimet(?:re|er)s?|cm|centimet(?:re|er)s?|met(?:re|er)s?|m|inch(?:es|)|"
    r"degrees?|deg|°|percent|per cent|%"
)
_SIZE = (
    r"(?:(?:,| |-)*(?:of|at|by|with|that are|each|about|around|up to|)?(?: |-)*"
    rf"(?P<number>[0-9]+(?:\.[0-9]+)?)[ -]?(?P<unit>{_UNIT})(?![a-z/])"
    r"(?: (?:high|each|tall|steep|slope|incline|bumps|height|deep))*)?"
)
_BEFORE = rf"(?:(?P<ahead>[0-9]+(?:\.[0-9]+)?)[ -]?(?P<measure>{_UNIT})[ -]+)?"


@dataclass(frozen=True)
class Said:
    """What a sentence says of the ground, None where nothing, and the sentence without it."""

    rest: str
    ground: Ground | None = None
    understood: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)

    def told_of(self, proposal: Proposal, before: Ground = FLAT) -> Proposal:
        """What was proposed for the rest, on this ground, or where nothing is said of it on the
        one `before`."""
        on = proposal.on(before if self.ground is None else self.ground)
        return replace(
            on,
            understood=[*on.understood, *self.understood],
            not_understood=[*self.not_understood, *on.not_understood],
        )


def read_ground(sentence: str, robot: Robot) -> Said:
    """Read what a sentence says of the ground. Never fails.

    A ground that something is likened to ("as if on ice") is left to whoever reads the rest. One
    that is denied is flat. Of two that cannot be had at once the first counts.
    """
    named = {one.name: one.ground for one in grounds_of(robot)}
    if not named:
        return Said(sentence)
    said = Said(" ".join(sentence.split()))
    for phrase in _phrases():
        for found in phrase.pattern.finditer(said.rest.lower()):
            if phrase.unless.search(said.rest.lower()[: found.start()]):
                continue
            said = _taken(said, phrase, found, named, robot)
            break  # places have moved
    return said


def ground_of(sentences: Sequence[str], robot: Robot) -> Ground:
    """What sentences, oldest first, came to."""
    said = (read_ground(sentence, robot).ground for sentence in reversed(sentences))
    return next((ground for ground in said if ground is not None), FLAT)


@dataclass(frozen=True)
class _Phrase:
    name: str
    leaves: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str]  # what stands before it where it is none


@cache
def _phrases() -> tuple[_Phrase, ...]:
    data = table_of("ground.toml")
    likened = rf"\b{data['likened']}$"
    return tuple(
        _Phrase(line["name"], line.get("leaves", ""), _pattern(words, data), re.compile(unless))
        for line in data["phrase"]
        for unless in [rf"{likened}|{line['unless']}$" if "unless" in line else likened]
        for words in line["words"]
    )


def _pattern(words: str, data: Mapping[str, Any]) -> re.Pattern[str]:
    much = "|".join(data["much"])
    parts = {
        "{much}": rf"(?:the |a |an |some |this |that )?(?:(?P<much>{much}) )?{_BEFORE}",
        "{size}": _SIZE,
    } | {f"{{{name}}}": noun for name, noun in data["noun"].items()}
    for name, part in parts.items():
        words = words.replace(name, part)
    return re.compile(rf"(?:\b(?P<denied>{data['denied']}) )?(?<![\w-])(?:{words})(?![\w-])")


def _taken(
    said: Said, phrase: _Phrase, found: re.Match[str], named: Mapping[str, Ground], robot: Robot
) -> Said:
    """What is known once a phrase is read and taken out."""
    begin, end = found.span()
    words = said.rest[begin:end].strip(" ,")
    rest = f"{said.rest[:begin]}{phrase.leaves}{said.rest[end:]}"
    left = replace(said, rest=re.sub(r"\s+([,;.!?])", r"\1", " ".join(rest.split())))
    before = said.ground or FLAT
    groups = found.groupdict()
    if groups.get("denied") or phrase.name == "flat":
        return _with(left, before, words, "flat ground")
    ground, notes = _asked(phrase.name, groups, named, robot)
    if ground.shape is not GroundShape.FLAT and before.shape is not GroundShape.FLAT:
        told = f"“{words}”: only one ground at a time, which is {before.in_words()}"
        return replace(left, not_understood=[*said.not_understood, told])
    if before.shape is not GroundShape.FLAT or ground.friction is not None:
        ground = before.model_copy(update={"friction": ground.friction})
    elif before.friction is not None:
        ground = ground.model_copy(update={"friction": before.friction})
    made = _with(left, ground, words, f"{ground.in_words()}; {_UNKNOWN_TO_IT}")
    return replace(made, not_understood=[*made.not_understood, *notes])


def _with(said: Said, ground: Ground, words: str, meaning: str) -> Said:
    return replace(said, ground=ground, understood=[*said.understood, f"“{words}” → {meaning}"])


def _asked(
    name: str, groups: Mapping[str, str | None], named: Mapping[str, Ground], robot: Robot
) -> tuple[Ground, list[str]]:
    """The ground of a phrase, and what of it was cut to what there is."""
    if name == "slippery":
        return Ground(friction=SLIPPERY), []
    if name == "friction":
        friction = min(max(float(groups["friction"] or SLIPPERY), 0.02), 2.0)
        return Ground(friction=friction), []
    usual, factor = named[name], _factor(groups.get("much"))
    size = next(_sizes(groups), None)
    notes: list[str] = []
    if usual.shape is GroundShape.SLOPE:
        angle = factor * abs(usual.angle_deg)
        if size is not None and size[1] == "°":
            angle = size[0]
        angle = _at_most(angle, STEEPEST_DEG, "°", notes)
        return Ground(shape=usual.shape, angle_deg=math.copysign(angle, usual.angle_deg)), notes
    if usual.shape in (GroundShape.ROUGH, GroundShape.STEPS):
        height = factor * abs(usual.height_m)
        if size is not None and size[1] == "m":
            height = size[0]
        height = _at_most(height, round(_HIGHEST * robot.characteristic_length, 3), " m", notes)
        return Ground(
            shape=usual.shape, height_m=math.copysign(round(height, 4), usual.height_m)
        ), notes
    return usual, notes


def _at_most(asked: float, most: float, unit: str, notes: list[str]) -> float:
    """What there is of what was asked; nothing at all is read as a little."""
    if asked > most:
        notes.append(f"{asked:g}{unit}: no ground here has more than {most:g}{unit}")
    return min(max(asked, 0.02 * most), most)


def _factor(much: str | None) -> float:
    table = table_of("ground.toml")["much"]
    found = (factor for words, factor in table.items() if much and re.fullmatch(words, much))
    return float(next(found, 1.0))


def _sizes(groups: Mapping[str, str | None]) -> Iterator[tuple[float, str]]:
    """Numbers beside a ground, in ° or m."""
    for number, unit in (("number", "unit"), ("ahead", "measure")):
        value, of = groups.get(number), groups.get(unit)
        if value is None or of is None:
            continue
        if of.startswith(("deg", "°")):
            yield float(value), "°"
        elif of.startswith(("per", "%")):
            yield round(math.degrees(math.atan(float(value) / 100.0)), 1), "°"
        else:
            one = "inch" if of.startswith("inch") else of.rstrip("s")
            yield float(value) * _METRES[one], "m"
