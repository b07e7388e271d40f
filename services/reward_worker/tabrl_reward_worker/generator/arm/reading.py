"""Sentences about arms as intents, with what is to be written taken out before words are read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tabrl.robots import Robot
from tabrl_reward_worker.generator.arm.amounts import ArmAmounts
from tabrl_reward_worker.generator.reading.data import table_of
from tabrl_reward_worker.generator.reading.intents import Reading
from tabrl_reward_worker.generator.reading.lexicon import Lexicon
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.reading.patterns import kinds_of
from tabrl_reward_worker.generator.reading.slots import Word

INSCRIBED = "inscribedtext"  # the word of words.toml that stands for a text
_WRITE = r"\b(?:write|writing|spell|spelling|sign|print|jot|scribble|letter|draw|inscribe)"
_WHAT = r"(?:\s+(?:out|down|me|us|the|a|your|my|word|words|letter|letters|text|name|number|digit))*"
_MARKS = "\"“”„«»'\u2018\u2019`"
_QUOTED = re.compile(
    rf"{_WRITE}{_WHAT}\s*:?\s*[{_MARKS}](?P<text>[^{_MARKS}]+)[{_MARKS}]", re.IGNORECASE
)
# Without marks: all words but for those that say how, or what comes next.
_HOW = (
    "then|and then|after that|afterwards|while|with|without|in|on|onto|at|using|slowly|quickly|"
    "fast|very|as|for|twice|again|neatly|nicely|please|large|small|big|across|over|above"
)
_PLAIN = re.compile(
    r"\b(?:write|spell|scribble|jot)(?:\s+(?:out|down|me|us))*"
    r"(?:\s+(?-i:the|a|your|my))?(?:\s+(?:word|words|letter|letters|text|name|number|digit))?"
    rf"\s*:?\s+(?P<text>\S.*?)(?=\s*(?:[,;.!?]|\s(?:{_HOW})\b|$))",
    re.IGNORECASE,
)

_SIDED = r"(?:to|towards?) the (?:left|right|side|top|bottom|front|back)\b"
_SPLIT = re.compile(r"^\s+and(?:\s+then)?\s")  # what comes behind a text comes after it
_BEHIND_TEXT = (  # kinds of words, one behind the other
    ("NUMBER", "UNIT/TIMES"), ("COUNT",), ("SEP/THEN", "DOES/IMPOSSIBLE")
)  # fmt: skip


@dataclass(frozen=True)
class ReadSentence:
    """A sentence's intents, and the texts that its inscriptions stand for, in their order."""

    reading: Reading
    texts: tuple[str, ...]


def read(sentence: str, robot: Robot) -> ReadSentence:
    """Read a sentence. Never fails: what is not understood is listed."""
    texts: list[str] = []

    def taken(match: re.Match[str]) -> str:
        text, rest = match["text"], ""
        if match.re is _PLAIN:
            end = _end_of(text)
            text, rest = text[:end], _SPLIT.sub(" then ", text[end:])
        texts.append(" ".join(text.split()))
        return INSCRIBED + rest

    for pattern in (_QUOTED, _PLAIN):
        sentence = pattern.sub(taken, sentence)
    own = ArmAmounts.of(robot)
    reading = parse(sentence, own.length(own["speed"]["very_fast"]), lexicon())
    reading.words = [word for word in reading.words if word != INSCRIBED]
    return ReadSentence(reading, tuple(texts))


def _end_of(text: str) -> int:
    """Where words that are to be written end, and others say how or what comes next."""
    for space in re.finditer(r"\s+", text):
        words = lexicon().read(text[space.end() :])
        sided = re.match(_SIDED, text[space.end() :], re.IGNORECASE)
        if sided or any(_are(words, kinds) for kinds in _BEHIND_TEXT):
            return space.start()
    return len(text)


def _are(words: Sequence[Word], kinds: Sequence[str]) -> bool:
    """Whether words begin with some of these kinds, as they are spelled."""
    found = words[: len(kinds)]
    return len(found) == len(kinds) and all(
        word.kind in kinds_of(names) and not word.read_as
        for word, names in zip(found, kinds, strict=True)
    )


@cache
def lexicon() -> Lexicon:
    """The words for arms, then those that mean the same for every kind of robot."""
    own = dict(_words())
    shared = own.pop("shared")
    general = {key: value for key, value in table_of("lexicon.toml").items() if key in shared}
    return Lexicon.of(own, general, table_of("measures.toml"))


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
