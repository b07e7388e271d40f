"""Which language a sentence is in, as far as one must know to say "in English, please"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cache

from tabrl_reward_worker.generator.reading.data import table_of
from tabrl_reward_worker.generator.reading.spelling import is_english, plain

_LATIN = "LATIN"  # how Unicode names the letters that English has


@dataclass(frozen=True)
class Language:
    """A language other than English, and how to know it."""

    name: str
    note: str  # a request for English in this language
    words: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()  # words that English has too

    def likelihood(self, words: Sequence[str], known: Container[str]) -> float:
        """How many words speak for it; none if not more of them do than for English."""
        shared = [word for word in words if word in self.shared]
        others = [word for word in words if word not in self.shared]
        own = [word for word in others if word in self.words]
        english = [word for word in others if word not in self.words]
        english = [word for word in english if word in known or is_english(word)]
        return len(own) + 0.5 * len(shared) if len(own) > len(english) else 0.0


_OTHER_SCRIPT = Language("one in other letters than English has", "Please write in English.")


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
    likeliest = max(languages(), key=lambda language: language.likelihood(words, known))
    return likeliest if likeliest.likelihood(words, known) else None


@cache
def languages() -> tuple[Language, ...]:
    """The languages of the data file."""
    return tuple(
        Language(
            name,
            entry["note"],
            frozenset(entry["words"].split()),
            frozenset(entry["shared"].split()),
        )
        for name, entry in table_of("languages.toml").items()
    )
