"""The composer's reading of sentences."""

from __future__ import annotations

from typing import Any

import pytest

from tabrl.robots import get_robot
from tabrl_reward_worker.composer import compose
from tabrl_reward_worker.composer.compose import NotUnderstoodError
from tabrl_reward_worker.composer.goal import Goal, goal_of
from tabrl_reward_worker.composer.reader import read
from tests.unit.reward_worker.sentences import REFUSED, UNDERSTOOD

GO1 = get_robot("go1")
TARGETS = ("vx", "vy", "yaw", "height", "pitch", "roll")


def goal(sentence: str) -> Goal:
    return goal_of(read(sentence))


@pytest.mark.parametrize(("sentence", "expected"), UNDERSTOOD.items())
def test_a_sentence_comes_to_its_numbers(sentence: str, expected: dict[str, Any]) -> None:
    found = goal(sentence)
    for target in TARGETS:
        value = getattr(found, target)
        if target in expected:
            assert value == pytest.approx(expected[target], abs=1e-4), target
        else:
            assert value is None, target
    assert {r.channel: r.hz for r in found.rhythms} == expected.get("rhythms", {})
    assert found.still is expected.get("still", found.still)
    assert found.understood


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_cannot_be_done_or_read_gets_help_not_a_guess(sentence: str) -> None:
    with pytest.raises(NotUnderstoodError) as error:
        compose(sentence, GO1)
    assert error.value.code == "task_not_understood"
    assert GO1.examples[0] in error.value.hint
    assert f"“{sentence}”" not in error.value.message


def test_what_is_left_out_is_said() -> None:
    writing = compose("walk backwards and lift your left paw and yodel", GO1)
    said = " ".join(writing.not_understood)
    assert "lifting a single leg is not possible" in said
    assert "yodel" in said
    assert any("backward at 0.5 m/s" in line for line in writing.understood)


def test_too_much_is_cut_and_said() -> None:
    writing = compose("run forward at 5 m/s", GO1)
    assert any("1.2 m/s" in line for line in writing.not_understood)
    assert goal("sway at 9 Hz").rhythms[0].hz == 2.5
    assert any("2.5 Hz" in line for line in goal("sway at 9 Hz").not_understood)


def test_typing_errors_are_owned_up_to() -> None:
    writing = compose("wlak forward", GO1)
    assert "“wlak” → read as “walk”" in writing.understood


def test_one_beat_leads() -> None:
    both = goal("bob up and down and sway quickly")
    assert {rhythm.hz for rhythm in both.rhythms} == {1.6}
    assert {rhythm.channel for rhythm in both.rhythms} == {"height", "roll"}


def test_sequence_is_not_pretended() -> None:
    assert any("one thing after another" in line for line in goal("walk, then bow").not_understood)


def test_only_one_way_at_a_time() -> None:
    both = goal("walk left, then right")
    assert both.vy == pytest.approx(0.3)
    assert any("only one way" in line for line in both.not_understood)


def test_posture_and_rhythm_together_stay_within_reach() -> None:
    low = goal("crouch deeply and bob up and down strongly")
    assert low.height is not None
    bob = low.rhythms[0].amplitude
    assert low.height - bob >= -0.1 - 1e-6
    twist = goal("wiggle at 2.5 Hz").rhythms[0]
    assert twist.amplitude * 6.2832 * twist.hz <= 0.95


def test_candidates_differ_in_their_terms() -> None:
    for sentence in ("bow", "walk backwards", "spin", "trot forward and sway", "stand still"):
        drafts = compose(sentence, GO1).drafts
        assert len(drafts) in (2, 3)
        assert len({frozenset(draft.weights) for draft in drafts}) == len(drafts)
        assert len({draft.idea for draft in drafts}) == len(drafts)


def test_no_word_of_the_sentence_reaches_the_source() -> None:
    injected = 'walk forward "]}; import os #kaboom'
    for draft in compose(injected, GO1).drafts:
        assert "kaboom" not in draft.code
        assert "import" not in draft.code
