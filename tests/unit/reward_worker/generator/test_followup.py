"""Going on from a result offline: what new words make of an earlier sentence."""

from __future__ import annotations

import pytest

from tabrl.contracts.motion import (
    Constant,
    Duration,
    MotionSpec,
    Phase,
    Reached,
    Shape,
    Sinusoid,
    Target,
)
from tabrl.domain.errors import Invalid
from tabrl.robots import get_robot
from tabrl_reward_worker.generator import candidates_of, generate
from tabrl_reward_worker.generator.followup.generate import generate_followup
from tests.support.factories import asking

GO1 = get_robot("go1")

# Earlier sentences, the new words, and what the rewards' ideas say of them.
CHANGES = [
    ("trot forward", "lower your hips, and slower", "forward at 0.325 m/s, 8 cm below standing"),
    ("trot forward|lower your hips", "even lower", "10 cm below standing"),
    ("trot forward|lower your hips|slower", "a bit higher", "forward at 0.325 m/s, 6 cm below"),
    ("trot forward", "that was too fast", "forward at 0.325 m/s"),
    ("trot forward", "much faster", "forward at 1.04 m/s"),
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
    # Only an amount: its unit says what is meant.
    ("walk forward", "only 0.3 m/s", ": forward at 0.3 m/s"),
    ("walk forward", "1 km/h", ": forward at 0.278 m/s"),
    ("walk forward", "-0.3 m/s", ": backward at 0.3 m/s"),
    ("walk forward", "90 bpm", "each foot stepping at 1.5 Hz"),
    ("walk forward and sway", "10 degrees", "0.175 * jnp.sin"),
    ("trot forward and sway", "0.3 m/s and 10 degrees", "forward at 0.3 m/s"),
    ("sway", "twice a second", ": swaying at 2 Hz"),
    ("hop", "8 cm", "hopping 8 cm high"),
    ("hop", "2.5 Hz", "hopping 5 cm high at 2.5 Hz"),
    ("hop forward", "20 cm", "forward at 0.4 m/s"),
    ("jump forward 20 cm", "6 cm", "hopping 6 cm high"),
    ("jump forward 20 cm", "2 cm higher", "hopping 7 cm high"),
    ("jump forward 20 cm", "10 cm further", "forward at 0.6 m/s"),
    ("jump forward 20 cm", "further", "forward at 0.56 m/s"),
    ("lift your left paw", "5 cm", "FL foot 5 cm"),
    ("march", "8 cm", "feet lifted 8 cm"),
    ("crouch", "4 cm", ": 4 cm below standing"),
    ("crouch", "20 cm", ": 8 cm below standing"),
    ("crouch", "2 cm higher", ": 6 cm below standing"),
    ("bow", "10 degrees", "nose down by 0.17 rad"),
    ("lean left", "5 degrees", "leaning left by 0.09 rad"),
    ("turn left", "30 degrees per second", "turning left at 0.524 rad/s"),
    ("walk in a circle", "50 cm radius", "turning left at 1 rad/s"),
    ("first walk, then sway", "0.3 m/s", "forward at 0.3 m/s; then swaying"),
    # Only a comparison.
    ("walk forward", "more", "forward at 0.7 m/s"),
    ("walk forward", "0.2 m/s faster", "forward at 0.7 m/s"),
    ("walk forward", "3 times as fast", "forward at 1.5 m/s"),
    ("walk forward", "as fast as possible", "forward at 1.5 m/s"),
    ("walk backwards", "slowly", "backward at 0.3 m/s"),
    ("spin", "slowly", "turning left at 0.6 rad/s"),
    ("hop", "twice the height", "hopping 9 cm high"),
    ("hop", "half the height", "hopping 2 cm high"),
    ("bow", "half", "nose down by 0.14 rad"),
    ("march", "higher", "feet lifted 13 cm"),
    ("rear up", "higher", "up on the hind legs by 1 rad"),
    ("walk in a circle", "smaller", "turning left at 1 rad/s"),
    ("walk in a circle", "wider", "turning left at 0.429 rad/s"),
    # Only a side.
    ("lean left", "to the right", "leaning right by 0.22 rad"),
    ("turn left", "right", "turning right at 0.7 rad/s"),
    ("spin", "the other direction", "turning right at 1 rad/s"),
    ("walk sideways", "other side", "right at 0.3 m/s"),
    ("lift your left paw", "the other paw", "FR foot 9 cm"),
    ("limp on your left front leg", "the other leg", "sparing the FR foot"),
    ("limp on your left front leg", "stop limping", ": forward at 0.3 m/s."),
]

# Earlier sentences, new words that are not clear, and a part of what is said to that.
UNCLEAR = [
    ("walk forward", "23 cm", "a speed such as “0.4 m/s”"),
    ("walk forward", "11 degrees", "turn at 30 degrees per second"),
    ("hop", "91 degrees", "turn at 30 degrees per second"),
    ("walk forward", "0.3", "needs its unit"),
    ("walk forward", "6 seconds", "with the whole sequence"),
    ("sway and bow", "11 degrees", "its pitch or its sway"),
    ("first crouch, then hop", "7 cm", "“crouch by 5 cm” or “hop 6 cm high”"),
    ("crouch and lift your left paw", "7 cm", "the lifted foot or its height"),
    ("sway", "to the beat", "how often"),
    ("walk forward", "smoother", "The candidate called Smooth"),
    ("walk forward", "it fell over", "A fall costs"),
    ("walk forward", "it drifts to the left", "Keeping its course"),
    ("walk forward", "good job", "not understood"),
]


def idea(earlier: str, words: str) -> str:
    return generate_followup(earlier.split("|"), words, GO1).candidates[0].idea


@pytest.mark.parametrize(("earlier", "words", "expected"), CHANGES)
def test_new_words_change_what_was_asked(earlier: str, words: str, expected: str) -> None:
    candidate = generate_followup(earlier.split("|"), words, GO1).candidates[0]
    assert expected in candidate.idea + candidate.code


@pytest.mark.parametrize(("earlier", "words", "said"), UNCLEAR)
def test_what_fits_nothing_or_two_things_is_asked_back(earlier: str, words: str, said: str) -> None:
    with pytest.raises(Invalid) as error:
        generate_followup([earlier], words, GO1)
    assert error.value.code == "task_not_understood"
    assert said in error.value.message
    assert words not in error.value.message
    assert "slower" in error.value.hint


def test_an_amount_out_of_reach_is_cut_and_said() -> None:
    proposal = generate_followup(["hop"], "20 cm", GO1)
    assert "9 cm high" in proposal.candidates[0].idea
    assert any("0.09 m" in line for line in proposal.not_understood)


def test_what_is_taken_back_is_gone() -> None:
    assert "bobbing" in idea("trot forward", "and bob")
    assert "bobbing" not in idea("trot forward and bob", "stop bobbing")
    assert "turning" not in idea("walk in a circle", "without turning")


def test_more_of_a_rhythm_is_a_larger_swing() -> None:
    before, after = (
        generate_followup(["trot forward and sway"], words, GO1)
        for words in ("faster", "sway more")
    )
    assert "0.2 * jnp.sin" in before.candidates[0].code
    assert "0.25 * jnp.sin" in after.candidates[0].code


def test_the_reading_tells_what_was_and_what_is() -> None:
    proposal = generate_followup(["trot forward"], "lower your hips, and slower", GO1)
    assert proposal.understood == [
        "“trot forward” → forward at 0.5 m/s",
        "“slower” → 0.325 m/s instead of 0.5 m/s",
        "“lower your hips” → 7.5 cm below standing",
    ]
    assert proposal.not_understood == []


def test_the_checks_follow_the_change() -> None:
    speed = next(
        check for check in generate_followup(["trot forward"], "slower", GO1).candidates[0].checks
        if check.quantity == "forward_speed"
    )  # fmt: skip
    assert speed.at_most is not None
    assert speed.at_most < 0.5


@pytest.mark.parametrize("words", ["bumble", "langsamer bitte", "do a backflip"])
def test_what_changes_nothing_is_declined(words: str) -> None:
    with pytest.raises(Invalid) as error:
        generate_followup(["trot forward"], words, GO1)
    assert error.value.code == "task_not_understood"


def test_an_earlier_sentence_that_was_not_understood_is_left_aside() -> None:
    assert "swaying" in idea("mumble grumble", "sway your hips")


def motion_of(sentence: str) -> MotionSpec:
    motion = generate(sentence, GO1).candidates[0].motion
    assert motion is not None
    return motion


def edited(motion: MotionSpec, quantity: str, shape: Shape) -> MotionSpec:
    """With another shape of a quantity, as the page's form sends it and a task then trains."""
    phases = [
        phase.model_copy(
            update={
                "targets": tuple(
                    one.model_copy(update={"shape": shape}) if one.quantity == quantity else one
                    for one in phase.targets
                )
            }
        )
        for phase in motion.phases
    ]
    asked = candidates_of(motion.model_copy(update={"phases": tuple(phases)}), GO1)[0].motion
    assert asked is not None
    return asked


def followed(motion: MotionSpec, words: str, earlier: str = "mumble grumble") -> MotionSpec:
    asked = generate_followup([earlier], words, GO1, motion).candidates[0].motion
    assert asked is not None
    return asked


@pytest.mark.parametrize(("earlier", "words", "expected"), CHANGES)
def test_the_motion_of_the_sentences_is_gone_on_from_alike(
    earlier: str, words: str, expected: str
) -> None:
    *before, last = earlier.split("|")
    begun = generate_followup(before, last, GO1) if before else generate(last, GO1)
    motion = begun.candidates[0].motion
    told = generate_followup(earlier.split("|"), words, GO1)
    trained = generate_followup(earlier.split("|"), words, GO1, motion)
    assert trained.candidates == told.candidates, expected
    assert trained.not_understood == told.not_understood
    assert trained.understood[0].startswith("so far → ")


def test_an_edited_number_is_still_there_after_a_follow_up() -> None:
    motion = edited(motion_of("trot and sway"), "forward_speed", Constant(value=0.62))
    motion = edited(motion, "roll", Sinusoid(amplitude=0.11, hz=1.3))
    (phase,) = followed(motion, "and crouch", "trot and sway").phases
    assert phase.gait == "trot"
    assert phase.find("forward_speed") == motion.phases[0].find("forward_speed")
    assert phase.find("roll") == motion.phases[0].find("roll")
    (slower,) = followed(motion, "half as fast", "trot and sway").phases
    speed = slower.find("forward_speed")
    assert speed is not None
    assert speed.shape == Constant(value=0.31)


def test_an_edited_turn_is_followed_phase_by_phase() -> None:
    motion = edited(motion_of("turn round, then sway"), "yaw_rate", Constant(value=0.5))
    turn, sway = followed(motion, "sway less", "turn round, then sway").phases
    assert turn == motion.phases[0]
    swing = sway.find("roll")
    assert swing is not None
    assert swing.shape == Sinusoid(amplitude=0.12, hz=1.0)


def test_what_a_language_model_said_is_gone_on_from() -> None:
    """No sentence of it is understood; its motion is."""
    motion = MotionSpec(
        phases=(
            Phase(
                targets=(Target(quantity="forward_speed", shape=Constant(value=0.7)),),
                gait="trot",
                until=Reached(quantity="way", by=2.0),
            ),
            Phase(
                targets=(Target(quantity="pitch", shape=Constant(value=0.2)),),
                until=Duration(seconds=3.0),
            ),
        ),
        repeat=True,
    )
    asked = followed(motion, "0.5 m/s", "pretend to fetch my slippers")
    assert asked.repeat
    fetch, bow = asked.phases
    assert fetch == motion.phases[0].model_copy(
        update={"targets": asking(forward_speed=Constant(value=0.5)).phases[0].targets}
    )
    assert bow == motion.phases[1]


def test_tolerances_phases_and_the_tempo_outlive_a_follow_up() -> None:
    motion = MotionSpec(
        phases=(
            Phase(
                targets=(
                    Target(quantity="yaw_rate", shape=Constant(value=0.5), tolerance=0.1),
                    Target(quantity="roll", shape=Sinusoid(amplitude=0.2)),
                    Target(quantity="height", shape=Sinusoid(mean=0.26, amplitude=0.02, hz=1.6)),
                    Target(quantity="pitch", shape=Sinusoid(amplitude=0.1, phase=1.0)),
                )
            ),
        ),
        tempo_hz=0.8,
    )
    less = followed(motion, "turn slower, and sway less")
    assert less.tempo_hz == 0.8
    turn, *swings = less.phases[0].targets
    assert turn == motion.phases[0].targets[0].model_copy(update={"shape": Constant(value=0.325)})
    assert [one.shape for one in swings] == [
        Sinusoid(amplitude=0.12),
        Sinusoid(mean=0.26, amplitude=0.02, hz=1.6),
        Sinusoid(amplitude=0.1, phase=1.0),
    ]
    faster = followed(motion, "faster beat")
    assert faster.tempo_hz == 1.2
    assert [
        one.shape.hz for one in faster.phases[0].targets if isinstance(one.shape, Sinusoid)
    ] == [1.2, 2.4, 1.2]


def test_sentences_are_read_where_the_motion_is_none_of_this_robot() -> None:
    strange = asking(wings=Constant(value=1.0))
    asked = generate_followup(["trot"], "slower", GO1, strange).candidates
    assert asked == generate_followup(["trot"], "slower", GO1).candidates


def test_what_was_unclear_before_is_left_aside() -> None:
    asked = generate_followup(["trot", "smoother"], "slower", GO1)
    assert asked.candidates == generate_followup(["trot"], "slower", GO1).candidates
    assert asked.understood[0] == "“trot” → forward at 0.5 m/s"
