"""What sentences say of the ground: what it comes to, and what is left to be read."""

from __future__ import annotations

import pytest

from tabrl.contracts.ground import FLAT, Ground
from tabrl.contracts.motion import MotionSpec
from tabrl.domain.errors import Invalid
from tabrl.robots import get_robot
from tabrl_reward_worker.generator.followup.generate import generate_followup
from tabrl_reward_worker.generator.generate import candidates_of, generate
from tabrl_reward_worker.generator.reading.grounds import SLIPPERY, read_ground

ROBOT, LARGE, ARM = get_robot("go1"), get_robot("anymal_c"), get_robot("ur5e")


def slope(degrees: float, friction: float | None = None) -> Ground:
    return Ground(shape="slope", angle_deg=degrees, friction=friction)


def rough(height: float) -> Ground:
    return Ground(shape="rough", height_m=height)


def steps(height: float) -> Ground:
    return Ground(shape="steps", height_m=height)


ICE, WET = Ground(friction=0.15), Ground(friction=SLIPPERY)
SAID: dict[str, tuple[str, Ground | None]] = {
    "walk forward over rough ground": ("walk forward", rough(0.035)),
    "trot over very rough terrain and sway": ("trot and sway", rough(0.0525)),
    "walk on slightly uneven ground": ("walk", rough(0.021)),
    "walk on uneven ground with bumps of 5 cm": ("walk", rough(0.05)),
    "walk over 5 cm bumps": ("walk", rough(0.05)),
    "walk off-road": ("walk", rough(0.035)),
    "walk on ice": ("walk", ICE),
    "tiptoe across the frozen lake": ("tiptoe", ICE),
    "walk on a slippery floor": ("walk", WET),
    "walk on a wet floor": ("walk", WET),
    "walk on a surface with friction 0.2": ("walk", Ground(friction=0.2)),
    "trot uphill": ("trot", slope(10.0)),
    "walk up the hill slowly": ("walk slowly", slope(10.0)),
    "walk up the ramp": ("walk", slope(10.0)),
    "walk up a ramp of 15 degrees": ("walk", slope(15.0)),
    "walk up a 12 degree slope": ("walk", slope(12.0)),
    "walk up a 20 percent gradient": ("walk", slope(11.3)),
    "climb a steep hill": ("walk", slope(15.0)),
    "climb a 40 degree hill": ("walk", slope(25.0)),
    "go down a gentle slope": ("go", slope(-6.0)),
    "run downhill at 1 m/s": ("run at 1 m/s", slope(-10.0)),
    "walk uphill on ice": ("walk", slope(10.0, 0.15)),
    "walk on ice uphill": ("walk", slope(10.0, 0.15)),
    "climb the stairs": ("walk", steps(0.035)),
    "walk up the stairs": ("walk", steps(0.035)),
    "go up the stairs with high knees": ("go with high knees", steps(0.035)),
    "walk up stairs of 6 cm": ("walk", steps(0.06)),
    "walk down the staircase": ("walk", steps(-0.035)),
    "walk down 3 steps": ("walk", steps(-0.035)),
    "walk on flat ground": ("walk", FLAT),
    "walk, but not on ice": ("walk, but", FLAT),
    # Nothing of the ground: likened to one, or other words that sound like it.
    "walk as if you were on ice": ("walk as if you were on ice", None),
    "walk like a penguin on ice": ("walk like a penguin on ice", None),
    "walk up and down": ("walk up and down", None),
    "take high steps": ("take high steps", None),
    "walk in small steps": ("walk in small steps", None),
    "walk with steps of 5 cm": ("walk with steps of 5 cm", None),
    "step over things": ("step over things", None),
    "climb a ladder slowly": ("climb a ladder slowly", None),
    "climb onto the box": ("climb onto the box", None),
    "jump over the fence": ("jump over the fence", None),
}


@pytest.mark.parametrize(("sentence", "expected"), SAID.items(), ids=SAID)
def test_a_sentence_says_its_ground(sentence: str, expected: tuple[str, Ground | None]) -> None:
    said = read_ground(sentence, ROBOT)
    assert (said.rest, said.ground) == expected
    assert (said.understood == []) == (said.ground is None)


def test_heights_go_by_the_size_of_the_robot() -> None:
    small, large = (read_ground("walk up the stairs", one).ground for one in (ROBOT, LARGE))
    assert small is not None
    assert large is not None
    share = LARGE.characteristic_length / ROBOT.characteristic_length
    assert large.height_m == pytest.approx(share * small.height_m, rel=0.03)


def test_what_there_is_no_ground_for_is_said() -> None:
    assert read_ground("climb a 40 degree hill", ROBOT).not_understood == [
        "40°: no ground here has more than 25°"
    ]
    both = read_ground("walk up the hill and then down the stairs", ROBOT)
    assert both.ground == steps(-0.035)
    assert len(both.not_understood) == 1
    assert "only one ground at a time" in both.not_understood[0]


def test_a_proposal_stands_on_the_ground_and_says_what_the_policy_knows() -> None:
    proposal = generate("walk forward over rough ground", ROBOT)
    assert len(proposal.candidates) > 1
    for one in proposal.candidates:
        assert one.motion is not None
        assert one.ground == one.motion.ground == rough(0.035)
    assert proposal.understood == [
        "“walk forward” → forward at 0.5 m/s",
        "“over rough ground” → rough ground, bumps up to 3.5 cm; "
        "the pretrained policy was trained on flat ground alone",
    ]
    assert not proposal.not_understood
    plain = generate("walk forward", ROBOT)
    assert [one.code for one in plain.candidates] == [one.code for one in proposal.candidates]
    assert {one.ground for one in plain.candidates} == {FLAT}


@pytest.mark.parametrize("trained", [True, False], ids=["from its motion", "from its words"])
@pytest.mark.parametrize(
    ("before", "words", "expected"),
    [
        ("walk forward over rough ground", "faster", rough(0.035)),
        ("walk forward", "now on ice", ICE),
        ("walk forward uphill", "not uphill, but slower", FLAT),
        ("walk forward uphill", "on flat ground please", FLAT),
        ("walk forward", "faster and downhill", slope(-10.0)),
    ],
)
def test_what_goes_on_stays_on_its_ground_until_it_says_another(
    before: str, words: str, expected: Ground, trained: bool
) -> None:
    motion: MotionSpec | None = generate(before, ROBOT).candidates[0].motion
    proposal = generate_followup([before], words, ROBOT, motion if trained else None)
    assert {one.ground for one in proposal.candidates} == {expected}
    if "er" not in words.split()[0] and "slower" not in words:
        code = generate("walk forward", ROBOT).candidates[0].code
        assert proposal.candidates[0].code == code


def test_an_edited_motion_keeps_its_ground() -> None:
    motion = generate("trot uphill", ROBOT).candidates[0].motion
    assert motion is not None
    assert {one.ground for one in candidates_of(motion, ROBOT)} == {slope(10.0)}


def test_an_arm_is_put_on_no_ground() -> None:
    assert read_ground("wave on rough ground", ARM).ground is None
    motion = generate("wave", ARM).candidates[0].motion
    assert motion is not None
    with pytest.raises(Invalid, match="it is fixed") as refused:
        candidates_of(motion.model_copy(update={"ground": ICE}), ARM)
    assert refused.value.code == "bad_ground"
