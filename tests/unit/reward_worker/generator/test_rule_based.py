"""The rule-based generator's reading of sentences."""

from __future__ import annotations

import random
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from tabrl.embodiments.lookup import state_methods_of
from tabrl.rewards.source import check_source
from tabrl.robots import get_robot
from tabrl_reward_worker.generator import generate
from tabrl_reward_worker.generator.generate import NotUnderstoodError
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.interpret import interpret
from tabrl_reward_worker.generator.goal.plan import Plan
from tabrl_reward_worker.generator.reading.lexicon import lexicon
from tabrl_reward_worker.generator.reading.parser import parse
from tests.unit.reward_worker.generator.sentences import DECLINED, EVERY, SEQUENCES, fields

GO1 = get_robot("go1")
AMOUNTS = Amounts.of(GO1)
METHODS = state_methods_of(GO1)


def plan(sentence: str) -> Plan:
    return interpret(parse(sentence, AMOUNTS.top_speed), AMOUNTS)


def goal(sentence: str) -> Goal:
    (only,) = plan(sentence).parts
    return only


def test_the_table_is_large() -> None:
    assert len(EVERY) + len(DECLINED) >= 150


@pytest.mark.parametrize(("sentence", "expected"), EVERY.items())
def test_a_sentence_comes_to_its_numbers(sentence: str, expected: dict[str, Any]) -> None:
    found = plan(sentence)
    asked = {name: value for name, value in expected.items() if name != "not_understood"}
    assert fields(found) == asked
    assert found.not_understood == expected.get("not_understood", [])
    assert found.understood
    generate(sentence, GO1)  # is not declined


@pytest.mark.parametrize(("sentence", "message"), DECLINED.items())
def test_what_cannot_be_done_or_read_gets_help_not_a_guess(sentence: str, message: str) -> None:
    with pytest.raises(NotUnderstoodError) as error:
        generate(sentence, GO1)
    assert error.value.code == "task_not_understood"
    assert message in error.value.message
    assert "English" in error.value.hint
    assert GO1.examples[0] in error.value.hint
    assert sentence not in error.value.message


def test_what_is_left_out_is_said() -> None:
    proposal = generate("walk backwards and do a backflip and yodel", GO1)
    said = " ".join(proposal.not_understood)
    assert "flips and rolls are not possible" in said
    assert "yodel" in said
    assert any("backward at 0.5 m/s" in line for line in proposal.understood)


@pytest.mark.parametrize(
    ("sentence", "kept", "said"),
    [
        ("walk forward and lift your left paw", "lift", "on three legs"),
        ("sway on three legs", "lift", "only the paw moves"),
        ("walk and rear up", "rear", "on the hind legs"),
        ("rear up and nod", "rear", "on the hind legs"),
        ("crouch and hop", "hop", "0.04 m of height"),
        ("run forward and jump at 5 m/s", "hop", "while hopping"),
        ("hop and sway", "hop", "only beat"),
        ("jump at 9 Hz", "hop", "hops a second"),
        ("jump 1 m high", "hop", "0.09 m"),
        ("pace at 1.7 m/s", "gait", "in this gait"),
    ],
)
def test_feet_are_asked_one_thing_at_a_time(sentence: str, kept: str, said: str) -> None:
    found = plan(sentence)
    assert getattr(found.parts[0], kept)
    assert any(said in line for line in found.not_understood)


def test_a_denied_paw_is_not_lifted() -> None:
    assert goal("don't lift your left paw").empty
    walking = goal("walk without hopping")
    assert walking.vx == 0.5
    assert walking.hop is None


def test_hops_fit_into_their_period() -> None:
    fast = goal("jump as high as you can at 3 Hz").hop
    assert fast is not None
    assert (8.0 * fast.height / 9.81) ** 0.5 * fast.hz <= 0.601


def test_too_much_is_cut_and_said() -> None:
    proposal = generate("run forward at 5 m/s", GO1)
    assert any("2.44 m/s" in line for line in proposal.not_understood)
    assert goal("sway at 9 Hz").swings["roll"].hz == 2.5
    assert any("2.5 Hz" in line for line in plan("sway at 9 Hz").not_understood)


def test_typing_errors_are_owned_up_to() -> None:
    proposal = generate("wlak forward", GO1)
    assert "“wlak” → read as “walk”" in proposal.understood


def test_one_beat_leads() -> None:
    both = goal("bob up and down and sway quickly")
    assert {swing.hz for swing in both.swings.values()} == {1.6}
    assert set(both.swings) == {"height", "roll"}


def test_one_thing_after_another() -> None:
    first, second = plan("first crouch, then hop").segments()
    assert (first.start, first.end, second.start, second.end) == (0.0, 4.0, 4.0, 10.0)
    assert first.goal.height == pytest.approx(-0.075)
    assert second.goal.hop is not None


def test_a_height_above_the_ground_is_told_as_one() -> None:
    assert AMOUNTS.standing == GO1.characteristic_length
    assert plan("crouch to a height of 22 cm").understood == [
        "“crouch height 22 cm” → trunk 22 cm above the ground, 6.0 cm below standing"
    ]


def test_posture_and_rhythm_together_stay_within_reach() -> None:
    low = goal("crouch deeply and bob up and down strongly")
    assert low.height is not None
    bob = low.swings["height"].amplitude
    assert low.height - bob >= -0.1 - 1e-6
    twist = goal("wiggle at 2.5 Hz").swings["heading"]
    assert twist.amplitude * 6.2832 * twist.hz <= 0.95


def test_candidates_differ_in_their_terms() -> None:
    for sentence in (
        "bow",
        "walk backwards",
        "spin",
        "trot forward and sway",
        "stand still",
        "hop forward",
        "give paw",
        "rear up",
        "pace",
    ):
        candidates = generate(sentence, GO1).candidates
        assert len(candidates) in (2, 3)
        assert len({frozenset(candidate.weights) for candidate in candidates}) == len(candidates)
        assert len({candidate.idea for candidate in candidates}) == len(candidates)


def test_no_word_of_the_sentence_reaches_the_source() -> None:
    injected = 'walk forward "]}; import os #kaboom'
    for candidate in generate(injected, GO1).candidates:
        assert "kaboom" not in candidate.code
        assert "import" not in candidate.code


def test_no_sequence_of_known_words_is_beyond_the_grammar() -> None:
    """Whatever people write is read somehow: no order of words raises."""
    vocabulary = [*sorted(lexicon().vocabulary), ",", "then", "2", "hz", "not", "very", "after"]
    dice = random.Random(3)
    for _ in range(400):
        interpret(parse(" ".join(dice.choices(vocabulary, k=dice.randint(1, 9))), 1.5), AMOUNTS)


def test_similes_are_plain_english() -> None:
    """What stands behind "like a crab" is itself understood, down to the last word."""
    folder = files("tabrl_reward_worker.generator.reading")
    text = folder.joinpath("similes.toml").read_text("utf-8")
    for line in tomllib.loads(text)["SIMILE"]:
        manner = "walk" if line["means"].endswith("slowly") else ""
        found = plan(f"{manner} {line['means']}")
        assert not found.empty
        assert not found.not_understood, line
        assert not any("read as" in text for text in found.understood), line


def test_every_phrase_is_told_with_what_it_became() -> None:
    found = plan("wlak slowly like a crab at 0.2 m/s without turning, and yodel")
    assert found.understood == [
        "“wlak” → read as “walk”",
        "“like a crab” → read as “sideways”",
        "“wlak slowly sideways 0.2 m/s” → to the left at 0.2 m/s",
        "“without turning” → keep the heading",
    ]
    assert found.not_understood == ["yodel"]


def test_words_before_a_being_keep_what_they_say() -> None:
    for words in ("very slow", "slow motion"):
        found = plan(f"walk like a {words} cat")
        assert f"“walk {words} creep” → forward at 0.2 m/s" in found.understood


def test_what_a_part_of_a_sequence_says_of_others_is_told() -> None:
    found = plan("walk forward for 3 seconds, then don't turn, then yodel")
    assert fields(found) == {"phases": [{"s": 3.0, "vx": 0.5}, {"s": 7.0, "still": True}]}
    assert "“don't turn” → keep the heading" in found.understood
    assert found.not_understood == ["yodel"]


def test_a_sequence_depends_on_the_time_alone() -> None:
    proposal = generate("crouch, then hop, again and again", GO1)
    assert proposal.understood == [
        "first (4 s): “crouch” → 7.5 cm below standing",
        "second (4 s): “hop” → hop 5 cm high, 2 times a second",
        "one after the other → a round of 8 s, then again",
    ]
    for candidate in proposal.candidates:
        assert (candidate.phases_s, candidate.repeat) == ((4.0, 4.0), True)
        assert "moment = jnp.mod(state.time(), 8.0)" in candidate.code
        assert "command" not in candidate.code
    assert generate("crouch", GO1).candidates[0].phases_s == ()


@pytest.mark.parametrize("sentence", SEQUENCES)
def test_a_sequence_stays_within_the_language_of_rewards(sentence: str) -> None:
    for candidate in generate(sentence, GO1).candidates:
        assert check_source(candidate.code, METHODS).weights == pytest.approx(candidate.weights)
        assert len(candidate.checks) <= 16


@pytest.mark.parametrize("word", ["house", "talk", "table", "corner", "pizza"])
def test_an_english_word_is_no_typing_error(word: str) -> None:
    found = plan(f"walk to the {word}")
    assert not any("read as" in line for line in found.understood)
