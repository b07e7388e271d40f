"""From a sentence to a list of known words: phrases, inflections, typing errors, numbers."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from rapidfuzz.distance import OSA

_PIECES = re.compile(r"\d+(?:[.,]\d+)?|\.\d+|°/s|°|[a-z]+/[a-z]+|[a-z]+(?:'[a-z]+)?|[,;:.!?&+]")
_BREAKS = frozenset(",;:.!?&+")
_LONGEST_PHRASE = 6


@dataclass(frozen=True)
class Word:
    """A word or phrase of the sentence, its kind in the lexicon and what the lexicon says of it."""

    kind: str
    text: str
    meaning: dict[str, Any]
    read_as: str = ""  # the phrase it was taken for, if it was mistyped


@dataclass(frozen=True)
class Lexicon:
    """The lexicon file, indexed."""

    phrases: dict[tuple[str, ...], tuple[str, dict[str, Any]]]
    determiners: frozenset[str]
    fillers: frozenset[str]
    vocabulary: frozenset[str]

    def read(self, sentence: str) -> list[Word]:
        """The sentence's words in order; what is not known has the kind `WORD`."""
        pieces = _PIECES.findall(_plain(sentence))
        pieces = [piece for piece in pieces if piece not in self.determiners]
        lemmas = [self._lemma(piece) for piece in pieces]
        words: list[Word] = []
        position = 0
        while position < len(pieces):
            word, length = self._longest(pieces, lemmas, position)
            position += length
            if word is not None:
                words.append(word)
        return _scope_of_or(words)

    def _longest(self, pieces: list[str], lemmas: list[str], start: int) -> tuple[Word | None, int]:
        for length in range(min(_LONGEST_PHRASE, len(pieces) - start), 0, -1):
            end = start + length
            spellings = [pieces[start:end], lemmas[start:end]]
            if length == 1:  # a word may be known in one form as part of a phrase only
                spellings += [[stem] for stem in _stems(pieces[start])]
            for spelling in spellings:
                found = self.phrases.get(tuple(spelling))
                if found is not None:
                    kind, meaning = found
                    text = " ".join(pieces[start:end])
                    mistyped = any(
                        lemma not in _stems(piece)
                        for piece, lemma in zip(pieces[start:end], lemmas[start:end], strict=True)
                    )
                    return Word(kind, text, meaning, " ".join(spelling) if mistyped else ""), length
        piece, lemma = pieces[start], lemmas[start]
        if piece in _BREAKS:
            return Word("SEP", piece, {}), 1
        if re.match(r"[\d.]", piece):
            return Word("NUMBER", piece, {"value": float(piece.replace(",", "."))}), 1
        if piece in self.fillers or lemma in self.fillers:
            return None, 1
        return Word("WORD", piece, {}), 1

    def _lemma(self, piece: str) -> str:
        """The piece as the lexicon spells it, or unchanged."""
        for stem in _stems(piece):
            if stem in self.vocabulary:
                return stem
        allowed = 2 if len(piece) >= 8 else 1 if len(piece) >= 5 else 0
        best, best_distance = piece, allowed + 1
        for known in self.vocabulary:
            if len(known) < 4 or abs(len(known) - len(piece)) > 2:
                continue
            swapped = sorted(known) == sorted(piece) and len(piece) >= 4
            if known[0] != piece[0] and not swapped:
                continue
            distance = OSA.distance(piece, known, score_cutoff=3)
            if distance < best_distance or (swapped and distance == 1 and best == piece):
                best, best_distance = known, distance
        return best


@cache
def lexicon() -> Lexicon:
    """The shipped lexicon, read once."""
    data = tomllib.loads(files(__package__).joinpath("lexicon.toml").read_text("utf-8"))
    determiners = frozenset(data.pop("determiners"))
    fillers = frozenset(data.pop("fillers").split())
    phrases: dict[tuple[str, ...], tuple[str, dict[str, Any]]] = {}
    for kind, entries in data.items():
        for entry in entries:
            meaning = {key: value for key, value in entry.items() if key != "words"}
            for phrase in entry["words"]:
                pieces = _PIECES.findall(_plain(phrase))
                key = tuple(piece for piece in pieces if piece not in determiners)
                phrases.setdefault(key, (kind, meaning))
    vocabulary = frozenset(piece for phrase in phrases for piece in phrase) | fillers
    return Lexicon(phrases, determiners, fillers, vocabulary)


def _plain(text: str) -> str:
    """Lower case, straight apostrophes, hyphens as spaces, no accents."""
    text = (
        text.replace("’", "'").replace("-", " ").replace("°", " ° ").lower().replace("° /s", "°/s")
    )
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _stems(piece: str) -> tuple[str, ...]:
    """The piece and what it may be a form of: bobbing -> bob, swaying -> sway, races -> race."""
    stems = [piece]
    for suffix in ("ing", "ed", "es", "s", "er"):
        if piece.endswith(suffix) and len(piece) - len(suffix) >= 2:
            stem = piece[: -len(suffix)]
            stems += [stem, stem + "e"]
            if len(stem) > 2 and stem[-1] == stem[-2]:
                stems.append(stem[:-1])
    return tuple(stems)


def _scope_of_or(words: list[Word]) -> list[Word]:
    """ "without turning or swaying" denies both; any other "or" separates."""
    result: list[Word] = []
    denied = False
    for word in words:
        if word.kind == "SEP":
            denied = False
        elif word.kind == "NEG":
            denied = True
        elif word.kind == "OR":
            word = Word("NEG" if denied else "SEP", word.text, {})
        result.append(word)
    return result
