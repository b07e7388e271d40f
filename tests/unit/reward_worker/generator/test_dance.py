"""Dances: moves on one beat, other ones with every seed, and all of them can be danced."""

from __future__ import annotations

import pytest

from tabrl.contracts.motion import Constant, Duration, MotionSpec, Sinusoid
from tabrl.robots import Robot, get_robot
from tabrl_reward_worker.generator import candidates_of, generate, has_words_for
from tabrl_reward_worker.generator.dance.choreography import choreography, moves
from tests.support.robots import LEGGED

GO1 = get_robot("go1")
DANCERS = [robot for robot in LEGGED if has_words_for(robot)]
BEATS = (0.45, 0.6, 1.0, 1.6, 2.13, 2.5)


def motions(sentence: str, seed: int = 0, robot: Robot = GO1) -> list[MotionSpec]:
    candidates = generate(sentence, robot, seed).candidates
    return [one.motion for one in candidates if one.motion is not None]


def hertz(motion: MotionSpec) -> set[float]:
    shapes = (target.shape for phase in motion.phases for target in phase.targets)
    return {shape.hz for shape in shapes if isinstance(shape, Sinusoid)}


@pytest.mark.parametrize("robot", DANCERS, ids=lambda robot: robot.id)
def test_every_move_can_be_danced_to_every_beat(robot: Robot) -> None:
    seen = set()
    for seed in range(40):
        for beat in BEATS:
            motion, chosen = choreography(beat, 1.0, seed, robot)
            seen |= {move.name for move in chosen}
            assert candidates_of(motion, robot)[0].repeat
    assert seen == {move.name for move in moves()}


def test_a_section_is_a_number_of_bars_and_a_cycle_a_number_of_beats() -> None:
    for beat in BEATS:
        motion, _ = choreography(beat, 1.0, 3, GO1)
        for phase in motion.phases:
            assert isinstance(phase.until, Duration)
            bars = phase.until.seconds * beat / 4.0
            assert bars == pytest.approx(round(bars), abs=0.01)
        assert all(beat / hz == pytest.approx(round(beat / hz), abs=0.02) for hz in hertz(motion))


def test_a_dance_is_another_one_every_time() -> None:
    dances = [motions("dance", seed) for seed in (1, 100, 10_000)]
    assert dances[0] == motions("dance", 1)
    every = [motion.model_dump_json() for offered in dances for motion in offered]
    assert len(set(every)) == len(every) == 9


def test_how_it_is_danced_is_kept() -> None:
    assert hertz(motions("dance at 120 bpm")[0]) <= {1.0, 2.0}
    assert max(hertz(motions("dance quickly")[0])) > max(hertz(motions("dance slowly")[0]))
    little, large = (motions(f"do a {size} dance", 2)[0] for size in ("little", "big"))
    sizes = [
        [t.shape.amplitude for p in one.phases for t in p.targets if isinstance(t.shape, Sinusoid)]
        for one in (little, large)
    ]
    assert all(small < big for small, big in zip(*sizes, strict=True))


@pytest.mark.parametrize(
    "sentence",
    ["dance in circles", "dance while walking backward", "sway and dance", "bob to the music"],
)
def test_a_dance_beside_something_else_is_its_rhythm(sentence: str) -> None:
    for motion in motions(sentence):
        (phase,) = motion.phases
        assert any(isinstance(target.shape, Sinusoid) for target in phase.targets)


def test_no_move_is_danced_that_was_denied() -> None:
    for motion in motions("dance without swaying"):
        for phase in motion.phases:
            sway = phase.find("roll")
            assert sway is None or isinstance(sway.shape, Constant)
