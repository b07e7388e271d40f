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
