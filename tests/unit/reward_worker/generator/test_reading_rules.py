"""The rules that reading is made of, and words and rules that come from data files alone."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tabrl.contracts.phases import MAX_PHASES
from tabrl.robots import get_robot
from tabrl_reward_worker.generator.arm.reading import lexicon as arms
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.interpret import interpret
from tabrl_reward_worker.generator.reading import patterns
from tabrl_reward_worker.generator.reading.data import table_of
from tabrl_reward_worker.generator.reading.intents import Reading
from tabrl_reward_worker.generator.reading.lexicon import Lexicon, lexicon, lexicon_of
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.reading.slots import Word

AMOUNTS = Amounts.of(get_robot("go1"))
TABLES = {name: lines for name, lines in table_of("rules.toml").items() if isinstance(lines, list)}
RULES = [
    pytest.param(table, number, id=f"{table}: {line['say']}")
    for table, lines in TABLES.items()
    for number, line in enumerate(lines)
]


def read(sentence: str, known: Lexicon | None = None) -> Reading:
    return parse(sentence, AMOUNTS.top_speed, known)


@pytest.mark.parametrize(("table", "number"), RULES)
def test_a_rule_counts_in_its_sentence(
    table: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = TABLES[table][number]["say"]
    known = arms() if TABLES[table][number].get("arm") else None
    with_it = read(sentence, known)
    every = patterns._rules
    without = (*every(table)[:number], *every(table)[number + 1 :])
    monkeypatch.setattr(patterns, "_rules", lambda name: without if name == table else every(name))
    assert read(sentence, known) != with_it


def extended(tmp_path: Path, text: str) -> Lexicon:
    """The shipped lexicon and the lines of a file that somebody wrote."""
    file = tmp_path / "more.toml"
    file.write_text(text, "utf-8")
    return lexicon_of(tomllib.loads(file.read_text("utf-8")))


@pytest.mark.parametrize(
    ("text", "sentence", "expected"),
    [
        # a word: one more of those that mean the same
        (
            '[[ADV]]\nwords = ["at a fair lick"]\npace = "fast"\nstep = 1',
            "trot at a fair lick",
            {"vx": 0.9},
        ),
        # a move: of its own speed and height
        (
            '[[MOVE]]\nwords = ["skulk (about|)"]\nspeed = "slow"\nheight = "low"',
            "skulk about backwards",
            {"vx": -0.3, "height": -0.075},
        ),
        # a unit, in numbers that are there
        (
            '[[UNIT]]\nwords = ["furlong", "furlongs"]\nunit = "furlong"\nkind = "LENGTH"',
            "walk at two thousandths of a furlong per second",
            {},
        ),
        # a being
        ('[[SIMILE]]\nbeings = ["newt"]\nmeans = "crawl"', "move like an old newt", {"vx": 0.3}),
    ],
)
def test_a_new_word_or_move_is_a_line_of_a_file(
    tmp_path: Path, text: str, sentence: str, expected: dict[str, Any]
) -> None:
    known = extended(tmp_path, text)
    (goal,) = interpret(read(sentence, known), AMOUNTS).parts
    found = {name: pytest.approx(getattr(goal, name), abs=1e-3) for name in expected}
    assert expected == found


def test_a_word_of_a_file_is_found_in_all_its_forms_and_with_typing_errors(tmp_path: Path) -> None:
    known = extended(tmp_path, '[[MOVE]]\nwords = ["skedaddle"]\nspeed = "fast"')
    for word in ("skedaddle", "skedaddling", "skedadle"):
        assert [intent.text for intent in read(f"{word} home", known).intents] == [word]
    assert read("skedaddle").unknown == ["skedaddle"]
    assert "skedaddle" not in lexicon().vocabulary


@pytest.mark.parametrize(
    "words",
    ["walk back and forth ", "from 1 to 2 m ", "hop from side to side, ", "after walk before hop "],
)
def test_what_is_said_again_and_again_is_read_once_a_time(words: str) -> None:
    """Rules that double a part do not double what they made."""
    assert len(read(words * 40).phases) <= MAX_PHASES


def test_rules_that_undo_each_other_come_to_an_end() -> None:
    words = lexicon().read("walk forward")

    def turned(given: Sequence[Word], start: int) -> patterns.Found:
        return patterns.Found([given[start]], start + 1)

    assert [word.text for word in patterns.rewritten(words, turned)] == ["walk", "forward"]
