"""From a sentence to a list of known words: phrases, inflections, typing errors, similes."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, SlotKind
from tabrl_reward_worker.generator.reading.spelling import (
    Piece,
    corrected,
    forms,
    is_english,
    pieces_of,
    plain,
)

Meaning = Mapping[str, Any]  # what a line of the lexicon says besides its words

_FILES = ("lexicon.toml", "similes.toml", "measures.toml")
_BREAKS = frozenset(",;:.!?&+")
_ADJECTIVES = 3  # at most so many words stand between "like" and what it is like
_EITHER = re.compile(r"\(([^)]*)\)")  # "(lift|raise) paw" is two phrases


@dataclass(frozen=True)
class Word:
    """A word or phrase of the sentence, its kind in the lexicon and what the lexicon says of it."""

    kind: SlotKind
    text: str
    meaning: Meaning
    read_as: str = ""  # what it was taken for, if it is not in the lexicon as it was written
    written: str = ""  # how it was written then


@dataclass
class _Node:
    """A step in the tree of phrases; with a `kind` a phrase ends here."""

    children: dict[str, _Node] = field(default_factory=dict)
    kind: SlotKind | None = None
    meaning: Meaning = field(default_factory=dict)


@dataclass(frozen=True)
class _Match:
    """A phrase found: how it is spelled in the lexicon, one word a piece."""

    node: _Node
    spelling: tuple[str, ...]

    @property
    def length(self) -> int:
        return len(self.spelling)


@dataclass(frozen=True)
class Lexicon:
    """The lexicon files, indexed."""

    phrases: _Node
    particles: _Node  # say nothing behind a verb, and something else elsewhere
    units_after_number: Mapping[str, Meaning]  # these mean something else elsewhere
    irregular: Mapping[str, str]
    determiners: frozenset[str]
    fillers: frozenset[str]
    vocabulary: frozenset[str]

    def read(self, sentence: str) -> list[Word]:
        """The sentence's words in order; what is not known has the kind `WORD`."""
        text = plain(sentence)
        pieces = list(self._parted(pieces_of(text)))
        readings = [self._readings(piece.text) for piece in pieces]
        words: list[Word] = []
        position = 0
        while position < len(pieces):
            found, length = self._next(text, pieces, readings, position, words)
            words += found
            position += length
        return words

    def _next(
        self,
        text: str,
        pieces: Sequence[Piece],
        readings: Sequence[tuple[str, ...]],
        start: int,
        before: Sequence[Word],
    ) -> tuple[list[Word], int]:
        """The words of the longest phrase from `start`, and how many pieces it takes."""
        piece = pieces[start].text
        after_number = bool(before) and before[-1].kind == SlotKind.NUMBER
        if after_number and piece in self.units_after_number:
            return [Word(SlotKind.UNIT, piece, self.units_after_number[piece])], 1
        after_verb = bool(before) and before[-1].kind in INTENT_KINDS
        match = self._longest(readings[start:], self.particles) if after_verb else None
        match = match or self._longest(readings[start:])
        if match is None:
            return self._unmatched(piece, readings[start][0]), 1
        words = pieces[start : start + match.length]
        written = text[words[0].start : words[-1].end]
        mistyped = any(
            known not in forms(word.text, self.irregular)
            for known, word in zip(match.spelling, words, strict=True)
        )
        read_as = " ".join(match.spelling) if mistyped else ""
        kind, meaning = match.node.kind, match.node.meaning
        assert kind is not None
        if kind == SlotKind.LIKE:
            return self._simile(text, written, pieces, readings, start + match.length, match.length)
        if kind == SlotKind.SIMILE:
            meant = self._meant(written, str(meaning["means"]))
            joiners = (SlotKind.BY, SlotKind.TO, SlotKind.FROM)
            last = next((word.kind for word in reversed(before) if word.kind not in joiners), "")
            negated = last == SlotKind.NEGATION
            return meant[:1] if negated else meant, match.length
        if kind == SlotKind.FILLER:
            return [], match.length
        if meaning.get("thing") and any(word.meaning.get("likens") for word in before):
            return [Word(SlotKind.WORD, written, {})], match.length  # "bounce like a ball"
        return [Word(kind, written, meaning, read_as, written)], match.length

    def _simile(
        self,
        text: str,
        written: str,
        pieces: Sequence[Piece],
        readings: Sequence[tuple[str, ...]],
        after: int,
        length: int,
    ) -> tuple[list[Word], int]:
        """ "like an angry cat": a being with words before it that are read for themselves."""
        for gap in range(1, _ADJECTIVES + 1):
            match = self._longest([("like",), *readings[after + gap :]])
            if match is not None and match.node.kind == SlotKind.SIMILE:
                between: list[Word] = []
                position, end = after, after + gap
                while position < end:
                    found, taken = self._next(text, pieces, readings[:end], position, between)
                    between += found
                    position += taken
                being = " ".join(
                    piece.text for piece in pieces[after + gap : after + gap + match.length - 1]
                )
                meant = self._meant(f"{written} {being}", str(match.node.meaning["means"]))
                return [*between, *meant], length + gap + match.length - 1
        return [Word(SlotKind.LIKE, written, {"likens": True})], length

    def _meant(self, written: str, means: str) -> list[Word]:
        """The words of the sentence that a simile stands for."""
        first, *others = self.read(means)
        return [replace(first, read_as=means, written=written), *others]

    def _longest(
        self, readings: Sequence[tuple[str, ...]], phrases: _Node | None = None
    ) -> _Match | None:
        """The longest phrase; of equally long ones the one nearest to what was written."""
        best: _Match | None = None
        open_ends: list[_Match] = [_Match(phrases or self.phrases, ())]
        for reading in readings:
            open_ends = [
                _Match(end.node.children[form], (*end.spelling, form))
                for end in open_ends
                for form in reading
                if form in end.node.children
            ]
            if not open_ends:
                break
            best = next((end for end in open_ends if end.node.kind), best)
        return best

    def _unmatched(self, piece: str, known: str) -> list[Word]:
        if piece in _BREAKS:
            return [Word(SlotKind.SEP, piece, {})]
        if piece[0] in "0123456789.":
            return [Word(SlotKind.NUMBER, piece, _value(piece))]
        if piece == "%" or piece in self.fillers or known in self.fillers:
            return []
        return [Word(SlotKind.WORD, piece, {})]

    def _readings(self, piece: str) -> tuple[str, ...]:
        """The piece as the lexicon may spell it, the likeliest first; at least one."""
        known = tuple(form for form in forms(piece, self.irregular) if form in self.vocabulary)
        if known or not piece[0].isalpha():
            return known or (piece,)
        meant = corrected(piece, self.vocabulary)
        if not meant and not is_english(piece):
            # "trottting": the error may sit in a form that the lexicon does not spell out.
            stems = (corrected(stem, self.vocabulary) for stem in forms(piece, {})[1:])
            meant = next((stem for stem in stems if stem), ())
        meant = tuple(form for known in meant for form in forms(known, self.irregular))
        return tuple(dict.fromkeys(meant)) or (piece,)

    def _parted(self, pieces: Sequence[Piece]) -> Iterator[Piece]:
        """Without determiners; words that ran together taken apart ("walkforward")."""
        for piece in pieces:
            if piece.text in self.determiners:
                continue
            readings = self._readings(piece.text)
            if readings == (piece.text,) and piece.text not in self.vocabulary:
                yield from self._apart(piece)
            else:
                yield piece

    def _apart(self, piece: Piece) -> Iterator[Piece]:
        for cut in range(3, len(piece.text) - 2):
            item, other = piece.text[:cut], piece.text[cut:]
            if item in self.vocabulary and other in self.vocabulary:
                yield Piece(item, piece.start, piece.start + cut)
                yield Piece(other, piece.start + cut, piece.end)
                return
        yield piece


def _value(piece: str) -> Meaning:
    """A number in digits; a fraction goes on top of a number before it: 1 1/2."""
    if "/" not in piece:
        return {"value": float(piece.replace(",", "."))}
    above, below = (float(part) for part in piece.split("/"))
    return {"add": above / below if below else 0.0}


@cache
def lexicon() -> Lexicon:
    """The shipped lexicon, read once."""
    data: dict[str, Any] = {}
    for name in _FILES:
        part = tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))
        data |= {key: [*data.get(key, []), *lines] if key in data else lines
                 for key, lines in part.items()}  # fmt: skip
    determiners = frozenset(data.pop("determiners"))
    fillers = frozenset(data.pop("fillers").split())
    irregular: dict[str, str] = data.pop("irregular")
    openers: list[str] = data.pop("alike")
    particles = _Node()
    for phrase in data.pop("particles"):
        _insert(particles, phrase.split(), SlotKind.FILLER, {})
    openings: list[str] = [*openers, *data.pop("alike_if_known")]
    phrases = _Node()
    units: dict[str, Meaning] = {}
    vocabulary = set(fillers)
    for kind, lines in data.items():
        for line in lines:
            meaning = {key: value for key, value in line.items() if key not in ("words", "beings")}
            if line.get("only_after_number"):
                units |= dict.fromkeys(line["words"], meaning)
                continue
            written = [phrase for words in line.get("words", []) for phrase in _spelled_out(words)]
            written += [f"{like} {being}" for being in line.get("beings", []) for like in openings]
            for phrase in written:
                words = [piece.text for piece in pieces_of(plain(phrase))]
                words = [word for word in words if word not in determiners]
                vocabulary.update(words)
                _insert(phrases, words, SlotKind(kind), meaning)
    for like in openers:
        words = [piece.text for piece in pieces_of(plain(like)) if piece.text not in determiners]
        _insert(phrases, words, SlotKind.LIKE, {})
    return Lexicon(
        phrases, particles, units, irregular, determiners, fillers, frozenset(vocabulary)
    )


def _spelled_out(words: str) -> list[str]:
    """ "(lift|raise) (front|) paw" as the four phrases that it stands for."""
    parts = _EITHER.split(words)  # the text between, then what is in brackets, in turn
    choices = [part.split("|") if at % 2 else [part] for at, part in enumerate(parts)]
    return ["".join(choice) for choice in itertools.product(*choices)]


def _insert(phrases: _Node, words: Sequence[str], kind: SlotKind, meaning: Meaning) -> None:
    node = phrases
    for word in words:
        node = node.children.setdefault(word, _Node())
    if not node.kind:  # the first line that has a phrase keeps it
        node.kind, node.meaning = kind, meaning
