"""Going on from a result offline: what new words make of an earlier sentence."""

from __future__ import annotations

import pytest

from tabrl.domain.errors import Invalid
from tabrl.robots import get_robot
from tabrl_reward_worker.composer.reflect import reflect

GO1 = get_robot("go1")

# Earlier sentences, the new words, and what the rewards' ideas say of them.
CHANGES = [
    ("trot forward", "lower your hips, and slower", "forward at 0.325 m/s, 8 cm below standing"),
    ("trot forward|lower your hips", "even lower", "10 cm below standing"),
    ("trot forward|lower your hips|slower", "a bit higher", "forward at 0.325 m/s, 6 cm below"),
    ("trot forward", "that was too fast", "forward at 0.325 m/s"),
    ("trot forward", "much faster", "forward at 1.037 m/s"),
    ("trot forward", "20% faster", "forward at 0.6 m/s"),
    ("crouch low and creep forward", "twice as fast", "forward at 0.6 m/s, 8 cm below"),
    ("trot forward", "at 0.3 m/s", "forward at 0.3 m/s"),
    ("walk backward", "at 0.3 m/s", "backward at 0.3 m/s"),
    ("trot forward", "go backwards instead", "backward at 0.5 m/s"),
    ("trot forward", "lower your head", "forward at 0.5 m/s, nose down by 0.28 rad"),
    ("trot forward", "and sway your hips", "forward at 0.5 m/s, trotting, swaying at 1 Hz"),
    ("trot forward and sway", "slower sway", "forward at 0.5 m/s, trotting, swaying at 0.65 Hz"),
    ("trot forward", "more sway", "forward at 0.5 m/s, trotting, swaying at 1 Hz"),
    ("spin on the spot", "half as fast", "turning left at 0.5 rad/s"),
    ("hop on the spot", "higher", "hopping 7 cm high at 2 Hz"),
    ("hop on the spot", "faster hops", "hopping 5 cm high at 3 Hz"),
    ("bow", "less", "nose down by 0.17 rad"),
    ("bow", "deeper", "nose down by 0.35 rad"),
    ("lift your left paw", "higher please", "FL foot 12 cm off the ground"),
    ("walk forward", "use higher steps", "feet lifted 12 cm in turn"),
    ("first crouch, then hop", "hop higher", "8 cm below standing; then"),
    ("walk forward", "stand still and crouch", ": 8 cm below standing"),
    ("walk forward", "stop and crouch", ": 8 cm below standing"),
    ("walk forward", "don't walk, but sway", ": swaying at 1 Hz"),
    ("walk forward", "walk at 0 m/s", ": standing still"),
    ("walk forward", "hop on the spot", ": hopping 5 cm high"),
    ("walk forward", "spin on the spot", ": turning left at 1 rad/s"),
    ("walk forward", "don't run, walk", ": forward at 0.5 m/s"),
    ("walk diagonally", "don't walk sideways", ": forward at 0.5 m/s."),
    ("walk forward and sway", "stay in place", ": swaying at 1 Hz"),
    ("march forward", "stop marching", ": standing still"),
    ("sway from side to side", "stand still", ": standing still"),
    ("sway from side to side", "stop swaying", ": standing still"),
    ("crouch", "stand up", ": standing still"),
    ("lift your left paw", "put your paw down", ": standing still"),
    ("first walk, then hop", "stop", ": standing still"),
]


def idea(earlier: str, words: str) -> str:
    return reflect(earlier.split("|"), words, GO1).drafts[0].idea


@pytest.mark.parametrize(("earlier", "words", "expected"), CHANGES)
def test_new_words_change_what_was_asked(earlier: str, words: str, expected: str) -> None:
    assert expected in idea(earlier, words)


def test_what_is_taken_back_is_gone() -> None:
    assert "bobbing" in idea("trot forward", "and bob")
    assert "bobbing" not in idea("trot forward and bob", "stop bobbing")
    assert "turning" not in idea("walk in a circle", "without turning")


def test_more_of_a_rhythm_is_a_larger_swing() -> None:
    before, after = (
        reflect(["trot forward and sway"], words, GO1) for words in ("faster", "sway more")
    )
    assert "0.2 * jnp.sin" in before.drafts[0].code
    assert "0.25 * jnp.sin" in after.drafts[0].code


def test_the_reading_tells_what_was_and_what_is() -> None:
    writing = reflect(["trot forward"], "lower your hips, and slower", GO1)
    assert writing.understood == [
        "“trot forward” → forward at 0.5 m/s",
        "“slower” → 0.325 m/s instead of 0.5 m/s",
        "“lower your hips” → 7.5 cm below standing",
    ]
    assert writing.not_understood == []


def test_the_checks_follow_the_change() -> None:
    speed = next(
        check for check in reflect(["trot forward"], "slower", GO1).drafts[0].checks
        if check.quantity == "forward_speed"
    )  # fmt: skip
    assert speed.at_most is not None
    assert speed.at_most < 0.5


@pytest.mark.parametrize("words", ["bumble", "langsamer bitte", "do a backflip"])
def test_what_changes_nothing_is_declined(words: str) -> None:
    with pytest.raises(Invalid) as error:
        reflect(["trot forward"], words, GO1)
    assert error.value.code == "task_not_understood"


def test_an_earlier_sentence_that_was_not_understood_is_left_aside() -> None:
    assert "swaying" in idea("mumble grumble", "sway your hips")
