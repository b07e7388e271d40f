"""What new words change of what an arm was asked for, and by how much."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from tabrl_reward_worker.generator.arm.reading import lexicon
from tabrl_reward_worker.generator.reading.measures import measured
from tabrl_reward_worker.generator.reading.patterns import kinds_of
from tabrl_reward_worker.generator.reading.slots import SlotKind, Word

_CLAUSES = re.compile(r"[,;.!?](?!\d)|\b(?:and|but|then|also)\b")
_PERCENT = re.compile(r"%|\bper ?cent\b")
_LARGELY = re.compile(r"\b(?:much|a lot|far)\b")
_SAYS_NOTHING = "FILLER/PART/BEATPHRASE/DEGREE/EXTENT/BY/TO/FROM/SEP/UNIT/PER/REACH/FIRST"
_BY_ITSELF = "say that by itself"
_UNCLEAR = "that is no amount of this change"


class Change(BaseModel):
    """What some words change: factors of tempo and size, what is added to a width (m) or to an
    angle (rad), and a shift along an axis, m."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: tuple[str, ...] = ()
    tempo: float = 1.0
    size: float = 1.0
    wider: float = 0.0
    opened: float = 0.0
    axis: str = ""
    shift: float = 0.0
    times: str = ""  # what so many times as much is said of, by words that need a number

    def by(self, ratio: float) -> Change:
        """So many times as fast or as large."""
        of = self.times or ("tempo" if self.tempo != 1.0 else "size")
        return Change(tempo=ratio) if of == "tempo" else Change(size=ratio)

    @property
    def sign(self) -> float:
        """Whether it is more or less."""
        return -1.0 if min(self.tempo, self.size) < 1.0 else 1.0


@dataclass(frozen=True)
class Said:
    """A change, the words that ask for it, and what of them is not understood."""

    text: str
    change: Change | None
    missed: tuple[str, ...] = ()


def changes_in(words: str, earlier: Sequence[str], length: float) -> list[Said]:
    """What words change, clause by clause; nothing where no clause changes anything.

    Args:
        words: new ones.
        earlier: sentences before, whose verbs and figures may be named again.
        length: of the arm, in lengths of the reference arm.
    """
    named = {_name(word) for sentence in earlier for word in lexicon().read(sentence)}
    said = [one for clause in _CLAUSES.split(words.lower()) for one in _said(clause, named, length)]
    return said if any(one.change for one in said) else []


def _said(clause: str, named: Collection[object], length: float) -> Iterator[Said]:
    text = f" {' '.join(re.findall(r'[a-z0-9.%°/±-]+', clause))} "
    found = [(phrase, change) for phrase, change in _phrases_in(text)]
    for phrase, _ in found:
        text = text.replace(f" {phrase} ", "  ", 1)
    words = measured(lexicon().read(text), 1.0)
    if not found:
        if any(word.kind not in kinds_of("SEP/BY/TO/FROM/PART/DEGREE") for word in words):
            yield Said(clause.strip(), None, (f"“{clause.strip()}”: {_BY_ITSELF}",))
        return
    amounts = [word for word in words if word.kind in kinds_of("MEASURE/NUMBER")]
    left = [w for w in words if w not in amounts and w.kind not in kinds_of(_SAYS_NOTHING)]
    missed = [f"“{word.text}”: {_BY_ITSELF}" for word in left if _name(word) not in named]
    rough = _roughly(words, text)
    for phrase, change in found:
        whole = _measured(change, amounts, bool(_PERCENT.search(text)), length)
        if amounts and whole is None:
            missed += [f"“{word.text}”: {_UNCLEAR}" for word in amounts]
        if whole is None and change.times:
            missed.append(f"“{phrase}”: how much, is not said")
            yield Said(phrase, None, tuple(missed))
        else:
            much = [*(word.text for word in amounts), *_PERCENT.findall(text)] if whole else []
            told = " ".join([*much, phrase])
            yield Said(told, whole or _rough(change, rough, length), tuple(missed))
        missed = []


def _phrases_in(text: str) -> Iterator[tuple[str, Change]]:
    """Changes that a clause asks for, the longest phrases first."""
    for phrase, change in _changes():
        if f" {phrase} " in text:
            text = text.replace(f" {phrase} ", "  ", 1)
            yield phrase, change


def _measured(
    change: Change, amounts: Sequence[Word], percent: bool, length: float
) -> Change | None:
    """A change by as much as is said; None for none, or one that is not said of such a change."""
    if len(amounts) != 1:
        return None
    kind, value = amounts[0].kind, abs(float(amounts[0].meaning["value"]))
    if change.axis:
        if kind != SlotKind.LENGTH:
            return None
        return change.model_copy(update={"shift": math.copysign(value, change.shift)})
    shares = kind == SlotKind.NUMBER and (percent or value < 1.0)
    if shares and not change.times:
        ratio = 1.0 + change.sign * value * (0.01 if percent else 1.0)
        return change.by(ratio) if ratio > 0.0 else None
    if shares:
        return change.by(value * (0.01 if percent else 1.0)) if value > 0.0 else None
    if kind == SlotKind.COUNT and value > 0.0:
        return change.by(value if change.times else value**change.sign)
    if change.size != 1.0 and kind == SlotKind.LENGTH:
        return Change(wider=change.sign * value)
    if change.size != 1.0 and kind == SlotKind.ANGLE:
        return Change(opened=change.sign * value)
    return None


def _roughly(words: Sequence[Word], text: str) -> float:
    """How many times as much "a bit" or "much" is."""
    if _LARGELY.search(text):
        return 2.0
    extents = {word.meaning.get("extent") for word in words}
    return 0.5 if "small" in extents else 2.0 if "large" in extents else 1.0


def _rough(change: Change, much: float, length: float) -> Change:
    """A change of which no number is said, on an arm of this length."""
    tempo, size = change.tempo**much, change.size**much
    return Change(tempo=tempo, size=size, axis=change.axis, shift=change.shift * much * length)


def _name(word: Word) -> object:
    """What a word that does something means."""
    known = sorted((key, str(value)) for key, value in word.meaning.items())
    return word.kind, tuple(known)


@cache
def _changes() -> tuple[tuple[str, Change], ...]:
    data = tomllib.loads(files(__package__).joinpath("changes.toml").read_text("utf-8"))
    known = [Change.model_validate(entry) for entry in data["change"]]
    phrases = [(phrase, change) for change in known for phrase in change.words]
    return tuple(sorted(phrases, key=lambda one: -len(one[0])))
