"""Which language a sentence is in, as far as one must know to say "in English, please"."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tabrl_reward_worker.generator.reading.spelling import is_english, plain

_LATIN = "LATIN"  # how Unicode names the letters that English has


@dataclass(frozen=True)
class Language:
    """A language other than English, and how to know it."""

    name: str
    note: str  # a request for English in this language
    words: frozenset[str]
    shared: frozenset[str]  # words that English has too


_OTHER_SCRIPT = Language(
    "one in other letters than English has", "Please write in English.", frozenset(), frozenset()
)


def foreign(sentence: str, known: Container[str]) -> Language | None:
    """The language of a sentence that is not English; `known` are words it reads.

    More of its words must speak for that language than for English, so a foreign word in an
    English sentence is no more than a word that is not understood.
    """
    letters = [letter for letter in sentence if letter.isalpha()]
    latin = [item for item in letters if unicodedata.name(item, "").startswith(_LATIN)]
    if len(letters) > 2 * len(latin):
        return _OTHER_SCRIPT
    words = re.findall(r"[a-zß]+", plain(sentence).replace("'", " "))
    best, most = None, 0.0
    for language in languages():
        only = [word for word in words if word in language.words and word not in language.shared]
        shared = [word for word in words if word in language.shared]
        english = [
            word
            for word in words
            if word not in only and word not in shared and (word in known or is_english(word))
        ]
        if only and len(only) > len(english) and len(only) + 0.5 * len(shared) > most:
            best, most = language, len(only) + 0.5 * len(shared)
    return best


@cache
def languages() -> tuple[Language, ...]:
    """The languages of the data file."""
    data = tomllib.loads(files(__package__).joinpath("languages.toml").read_text("utf-8"))
    return tuple(
        Language(
            name,
            entry["note"],
            frozenset(entry["words"].split()),
            frozenset(entry["shared"].split()),
        )
        for name, entry in data.items()
    )
