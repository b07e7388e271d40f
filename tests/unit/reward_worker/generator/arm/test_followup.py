"""Going on from what an arm was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.contracts.motion import Constant, MotionSpec, Sinusoid, Target
from tabrl.contracts.path import Path
from tabrl.robots import Robot
from tabrl_reward_worker.generator.followup.generate import generate_followup
from tabrl_reward_worker.generator.generate import NotUnderstoodError, generate


def first(earlier: str, words: str, robot: Robot, *, trained: bool = False) -> Target:
    """The first target of what comes of it, gone on from the sentence or from its motion."""
    motion = generate(earlier, robot).candidates[0].motion if trained else None
    proposal = generate_followup([earlier], words, robot, motion)
    assert proposal.not_understood == []
    found = proposal.candidates[0].motion
    assert isinstance(found, MotionSpec)
    return found.phases[0].targets[0]


@pytest.mark.parametrize("trained", [False, True])
def test_swings_become_slower_and_larger(trained: bool, ur5e: Robot) -> None:
    shape = first("sway", "slower and bigger", ur5e, trained=trained).shape
    assert isinstance(shape, Sinusoid)
    assert shape.hz == pytest.approx(0.42)
    assert shape.amplitude == pytest.approx(0.196)


def test_a_circle_becomes_smaller_and_faster(ur5e: Robot) -> None:
    shape = first("draw a circle of 20 cm", "half as big and twice as fast", ur5e).shape
    before = first("draw a circle of 20 cm", "draw a circle of 20 cm", ur5e).shape
    assert isinstance(shape, Path)
    assert isinstance(before, Path)
    assert shape.period_s == pytest.approx(0.5 * before.period_s, rel=0.01)
    assert np.ptp(np.array(shape.points)[:, 2]) == pytest.approx(0.1, abs=2e-3)


def test_places_move_by_as_much_as_is_said(ur5e: Robot) -> None:
    shape = first("reach left", "10 cm further to the left", ur5e).shape
    assert isinstance(shape, Constant)
    assert shape.value == pytest.approx(0.3925)


def test_another_sentence_takes_the_place_of_the_first(ur5e: Robot) -> None:
    assert first("wave", "nod", ur5e).quantity == "tool_elevation"


def test_what_is_no_change_is_declined(ur5e: Robot) -> None:
    with pytest.raises(NotUnderstoodError) as error:
        generate_followup(["wave"], "flubber", ur5e)
    assert "twice as fast" in error.value.hint


@pytest.mark.parametrize(
    ("words", "hz", "amplitude"),
    [
        ("20 % faster", 0.72, 0.14),
        ("20 percent slower", 0.48, 0.14),
        ("a bit slower", 0.502, 0.14),
        ("1.5 times slower", 0.4, 0.14),
        ("5 cm wider", 0.6, 0.165),
        ("sway 4 cm less", 0.6, 0.12),
        ("smaller by half", 0.6, 0.07),
        ("half the size, and 10 % faster", 0.66, 0.07),
        ("1.5 times as large, but half as fast", 0.3, 0.21),
    ],
)
def test_a_swing_changes_by_as_much_as_is_said(
    words: str, hz: float, amplitude: float, ur5e: Robot
) -> None:
    shape = first("sway", words, ur5e).shape
    assert isinstance(shape, Sinusoid)
    assert (shape.hz, shape.amplitude) == pytest.approx((hz, amplitude), abs=2e-3)


@pytest.mark.parametrize(
    ("words", "wide", "share"),
    [
        ("5 cm wider", 0.25, 1.0),
        ("1.5 times the size", 0.3, 1.0),
        ("draw the circle 10 % smaller", 0.18, 1.0),
        ("a third faster", 0.2, 0.75),
    ],
)
def test_a_circle_changes_by_as_much_as_is_said(
    words: str, wide: float, share: float, ur5e: Robot
) -> None:
    shapes = [first("draw a circle of 20 cm", said, ur5e).shape for said in (words, "20 % faster")]
    changed, faster = shapes
    assert isinstance(changed, Path)
    assert isinstance(faster, Path)
    assert np.ptp(np.array(changed.points)[:, 2]) == pytest.approx(wide, abs=2e-3)
    assert changed.period_s == pytest.approx(share * 1.2 * faster.period_s, rel=0.01)


@pytest.mark.parametrize(
    ("earlier", "words", "missed"),
    [
        ("sway", "20 faster", "“20”: that is no amount of this change"),
        ("sway", "0.5 Hz faster", "“0.5 hz”: that is no amount of this change"),
        ("sway", "faster and nod", "“nod”: say that by itself"),
        ("sway", "draw a bigger circle", "“circle”: say that by itself"),
        ("sway", "10 times as fast", "6 times a second cannot be done: 2.5"),
        ("nod", "5 cm bigger", "it goes to and fro in degrees: say so many"),
        ("draw a circle", "5 times as fast", "it can be 4.4 times as fast only"),
        ("draw a circle", "9 times bigger", "there is room for 2.5 times as large only"),
        ("draw a circle", "2 m higher", "there is room for 0.4 m that way only"),
        ("reach left", "2 m further left", "it can go 0.16 m that way only"),
    ],
)
def test_what_cannot_change_so_is_said(earlier: str, words: str, missed: str, ur5e: Robot) -> None:
    assert missed in generate_followup([earlier], words, ur5e).not_understood
