"""No word of a sentence disappears: it is understood, beside the point, or not understood."""

from __future__ import annotations

import random
import re
from functools import cache

import pytest

from tabrl.robots import get_robot
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.interpret import interpret
from tabrl_reward_worker.generator.reading.languages import foreign
from tabrl_reward_worker.generator.reading.lexicon import lexicon
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.reading.slots import SlotKind
from tabrl_reward_worker.generator.reading.spelling import forms, pieces_of, plain
from tests.unit.reward_worker.generator.sentences import DECLINED, EVERY

AMOUNTS = Amounts.of(get_robot("go1"))
SENTENCES = [
    sentence for sentence in (*EVERY, *DECLINED) if not foreign(sentence, lexicon().vocabulary)
]
BESIDE = (
    SlotKind.FILLER, SlotKind.PART, SlotKind.SEP, SlotKind.OR, SlotKind.THEN, SlotKind.AFTER,
    SlotKind.BEFORE, SlotKind.FIRST, SlotKind.ALTERNATE, SlotKind.REPEAT, SlotKind.TIMES,
    SlotKind.PER, SlotKind.UNIT, SlotKind.BY, SlotKind.TO, SlotKind.FROM, SlotKind.MINUS,
    SlotKind.NAMED, SlotKind.LIKE, SlotKind.DEGREE, SlotKind.ACROSS,
)  # fmt: skip


@cache
def beside() -> frozenset[str]:
    """The words of the lexicon that say nothing by themselves, or only together."""
    phrases = [
        phrase
        for known in lexicon().phrases.values()
        for phrase, entry in known.items()
        if entry is not None and entry.kind in BESIDE
    ]
    words = {word for phrase in phrases for word in phrase}
    return frozenset(words) | lexicon().fillers | lexicon().determiners


def unaccounted(sentence: str) -> list[str]:
    """The words of a sentence of which nothing is said, though they say something."""
    plan = interpret(parse(sentence, AMOUNTS.top_speed), AMOUNTS)
    quoted = re.findall("“([^”]*)”", " ".join(plan.understood))
    said = {p.text for text in (*quoted, *plan.not_understood) for p in pieces_of(plain(text))}
    written = [piece.text for piece in pieces_of(plain(sentence))]
    return [text for text in written if not _known(text, said)]


def _known(text: str, said: set[str]) -> bool:
    """Also of two words that ran together."""
    cuts = [(text[:at], text[at:]) for at in range(3, len(text) - 2)]
    return any(
        all(word in said or _is_beside(word) for word in words) for words in [(text,), *cuts]
    )


def _is_beside(text: str) -> bool:
    if set(forms(text, lexicon().irregular)) & beside():
        return True
    return all(word.kind in BESIDE for word in lexicon().read(text))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_word_of_the_table_is_accounted_for(sentence: str) -> None:
    assert unaccounted(sentence) == []


def test_every_word_counts_in_whatever_order() -> None:
    """Words of the table in any order and number."""
    dice = random.Random(7)
    words = sorted({word for sentence in SENTENCES for word in sentence.split()})
    for _ in range(600):
        sentence = " ".join(dice.choices(words, k=dice.randint(2, 9)))
        assert unaccounted(sentence) == [], sentence
