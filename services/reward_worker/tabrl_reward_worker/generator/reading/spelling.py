"""Letters to pieces: plain spelling, forms of words, typing errors."""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from rapidfuzz.distance import OSA

from tabrl.robots import list_robots
from tabrl_reward_worker.generator.reading.data import table_of

_PIECES = re.compile(
    r"\d+ ?/ ?[1-9]\d*|\d+(?:[.,]\d+)?|\.\d+|°|%|[a-z]+(?:'[a-z]+)?|/|[,;:.!?&+]", re.ASCII
)
_NUMBERED = re.compile(r"(?:^|(?<=[\s,;.]))\d[.)]\s+(?=[a-z])")  # the number of a list
_SUFFIXES = ("ing", "ed", "es", "s", "er", "est")
_SHORT = 3  # letters; so short a word is close to too many others
_LONG = 7  # letters; so long a word may have two errors
_RARE = 50  # a count so low in the word list is mostly noise and foreign words


class Piece(NamedTuple):
    """A word, number or mark, and where it stands in the plain text."""

    text: str
    start: int
    end: int


def plain(text: str) -> str:
    """Lower case, straight apostrophes, no accents; hyphens join words, dashes part clauses
    and stand between two numbers for "to".

    Arrows and the numbers of a list are read as "then"; a line is a sentence.
    """
    text = _robot_name().sub("robot", text.strip().lower())
    for written, read in table_of("spelling.toml")["plain"]:
        text = re.sub(written, read, text)
    if len(_NUMBERED.findall(text)) > 1:
        text = _NUMBERED.sub(", then ", text)
    decomposed = unicodedata.normalize("NFKD", text).replace("\u2044", "/")
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@cache
def _robot_name() -> re.Pattern[str]:
    """A robot's id, with or without a hyphen before its number; ids without one may be words."""
    ids = [re.escape(robot.id) for robot in list_robots() if any(map(str.isdigit, robot.id))]
    written = "|".join(re.sub(r"(?<=[a-z])(?=[0-9])", "-?", name) for name in ids)
    return re.compile(rf"\b(?:{written})\b")


def pieces_of(text: str) -> list[Piece]:
    """The pieces of a plain text."""
    return [Piece(found[0], found.start(), found.end()) for found in _PIECES.finditer(text)]


def forms(piece: str, irregular: Mapping[str, str]) -> tuple[str, ...]:
    """The piece and what it may be a form of: bobbing -> bob, swaying -> sway, races -> race."""
    bare = piece.removesuffix("'s")
    found = [piece, irregular.get(piece, piece), bare]
    for suffix in _SUFFIXES:
        stem = bare.removesuffix(suffix)
        if stem != bare and len(stem) >= 2:
            found += [stem, stem + "e"]
            if stem[-1] == "i":
                found.append(stem[:-1] + "y")
            if len(stem) > 2 and stem[-1] == stem[-2]:
                found.append(stem[:-1])
    return tuple(dict.fromkeys(found))


def corrected(piece: str, vocabulary: Iterable[str]) -> tuple[str, ...]:
    """The words of the vocabulary that were probably meant, the most frequent first; or none.

    A word that English has is no typing error: "house" is not taken for "horse".
    """
    if len(piece) < _SHORT or not piece.isalpha() or is_english(piece):
        return ()
    errors = 2 if len(piece) >= _LONG else 1
    costs: dict[str, float] = {}
    for known in vocabulary:
        distance = OSA.distance(piece, known, score_cutoff=errors + 1)
        if distance > errors + 1:
            continue
        swapped = sorted(known) == sorted(piece)  # all letters are there: half an error less
        alike = known[0] == piece[0] and len(known) >= _SHORT + (len(piece) == _SHORT)
        if (swapped or alike) and distance <= errors + swapped:
            costs[known] = distance - 0.5 * swapped
    meant = [known for known, cost in costs.items() if cost == min(costs.values())]
    return tuple(sorted(meant, key=lambda known: (-_english().get(known, 0), known)))


def is_english(word: str) -> bool:
    """Whether a list of common English words has it."""
    return _english().get(word, 0) > _RARE


@cache
def _english() -> Mapping[str, int]:
    """Words and how often they occur; read straight from the file, for the class that comes with
    it takes two seconds to build what is not needed here."""
    packed = files("spellchecker").joinpath("resources", "en.json.gz").read_bytes()
    counts: dict[str, int] = json.loads(gzip.decompress(packed))
    return counts
