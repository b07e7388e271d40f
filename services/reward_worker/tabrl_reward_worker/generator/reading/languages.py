"""Which language a sentence is in, as far as one must know to say "in English, please"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cache

from tabrl_reward_worker.generator.reading.data import table_of
from tabrl_reward_worker.generator.reading.spelling import is_english, plain


@dataclass(frozen=True)
class Language:
    """A language other than English, and how to know it."""

    name: str
    note: str  # a request for English in this language
    words: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()  # words that English has too

    def likelihood(self, words: Sequence[str], known: Container[str]) -> float:
        """How many words speak for it; none if not more of them do than for English."""
        shared = sum(word in self.shared for word in words)
        own = sum(word in self.words for word in words if word not in self.shared)
        others = (word for word in words if word not in self.words | self.shared)
        english = sum(word in known or is_english(word) for word in others)
        return own + 0.5 * shared if own > english else 0.0


_OTHER_SCRIPT = Language("one in other letters than English has", "Please write in English.")


def foreign(sentence: str, known: Container[str]) -> Language | None:
    """The language of a sentence that is not English; `known` are words it reads.

    More of its words must speak for that language than for English, so a foreign word in an
    English sentence is no more than a word that is not understood.
    """
    letters = [letter for letter in sentence if letter.isalpha()]
    latin = [item for item in letters if unicodedata.name(item, "").startswith("LATIN")]
    if len(letters) > 2 * len(latin):
        return _OTHER_SCRIPT
    words = re.findall(r"[a-zß]+", plain(sentence).replace("'", " "))
    likeliest = max(languages(), key=lambda language: language.likelihood(words, known))
    return likeliest if likeliest.likelihood(words, known) else None


@cache
def languages() -> tuple[Language, ...]:
    """The languages of the data file."""
    return tuple(
        Language(name, line["note"], *(frozenset(line[key].split()) for key in ("words", "shared")))
        for name, line in table_of("languages.toml").items()
    )
