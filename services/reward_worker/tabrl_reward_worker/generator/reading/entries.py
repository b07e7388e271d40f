"""The lexicon's files as phrases, each with its kind and meaning."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import pint

from tabrl_reward_worker.generator.reading.slots import Meaning, SlotKind
from tabrl_reward_worker.generator.reading.spelling import pieces_of, plain

Phrase = tuple[str, ...]  # one word a piece

_EITHER = re.compile(r"\(([^)]*)\)")  # "(lift|raise) paw" is two phrases
_NO_MEANING = ("words", "beings", "behind")


class Entry(NamedTuple):
    """What a phrase is."""

    kind: SlotKind
    meaning: Meaning


@dataclass(frozen=True)
class Entries:
    """What the files of a lexicon say."""

    # By what they stand behind (NUMBER, INTENT), "" for anything; the beginnings of phrases have
    # no entry.
    phrases: Mapping[str, Mapping[Phrase, Entry | None]]
    irregular: Mapping[str, str]  # forms of words that no rule gives
    determiners: frozenset[str]  # dropped before phrases are looked up
    fillers: frozenset[str]  # dropped after it
    vocabulary: frozenset[str]

    @classmethod
    def of(cls, *files: Mapping[str, Any]) -> Self:
        """The entries of files; the first line that has a phrase keeps it."""
        data: defaultdict[str, list[Any]] = defaultdict(list)
        for key, value in itertools.chain.from_iterable(file.items() for file in files):
            data[key] += value
        determiners = frozenset(data.pop("determiners"))
        fillers = frozenset(" ".join(data.pop("fillers")).split())
        irregular = dict(pair.split() for pair in data.pop("irregular"))
        alike = data.pop("alike")
        openings = [*alike, *data.pop("alike_if_known")]
        lines = [(SlotKind[name], line) for name, lines in data.items() for line in lines]
        phrases: defaultdict[str, dict[Phrase, Entry | None]] = defaultdict(dict)
        vocabulary = set(fillers)
        for kind, line in [*lines, (SlotKind.LIKE, {"words": alike})]:
            entry, known = Entry(kind, _meaning(line)), phrases[line.get("behind", "")]
            for text in _spelled_out(line, openings):
                pieces = (piece.text for piece in pieces_of(plain(text)))
                phrase = tuple(piece for piece in pieces if piece not in determiners)
                vocabulary.update(phrase)
                for length in range(1, len(phrase)):
                    known.setdefault(phrase[:length], None)
                known[phrase] = known.get(phrase) or entry
        return cls(phrases, irregular, determiners, fillers, frozenset(vocabulary))


def _meaning(line: Mapping[str, Any]) -> Meaning:
    """What a line says besides its phrases; a unit's value is its size in SI units."""
    meaning = {key: value for key, value in line.items() if key not in _NO_MEANING}
    if "unit" in line:
        meaning["value"] = pint.Quantity(1.0, line["unit"]).to_base_units().magnitude
    if "value" in meaning:
        meaning["value"] = float(meaning["value"])
    return meaning


def _spelled_out(line: Mapping[str, Any], openings: Iterable[str]) -> Iterator[str]:
    """The phrases of a line: "(lift|raise) (front|) paw" stands for four."""
    for words in line.get("words", []):
        parts = _EITHER.split(words)  # the text between, then what is in brackets, in turn
        choices = [part.split("|") if at % 2 else [part] for at, part in enumerate(parts)]
        yield from map("".join, itertools.product(*choices))
    for being in line.get("beings", []):
        yield from (f"{opening} {being}" for opening in openings)
