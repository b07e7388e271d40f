"""The sinusoids by which a schedule answers what a reward listens to."""

from __future__ import annotations

import pytest

from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl_trainer.search.beats import Beat, audible, beats

LEGS, ARM = (embodiment_of(get_robot(name)).commands for name in ("go1", "ur5e"))


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ([1.3], [Beat(1.3), Beat(1.3, 0.5)]),
        ([1.2, 0.6, 2.4], [Beat(1.2), Beat(1.2, 0.5), Beat(1.2, 2.0)]),
        ([0.6, 1.195], [Beat(0.6), Beat(0.6, 0.5), Beat(0.6, 2.0)]),
        ([0.2546], [Beat(0.5092, 0.5)]),
        ([0.51, 0.2546], [Beat(0.51), Beat(0.51, 0.5)]),
        ([1.2, 2.4], [Beat(1.2), Beat(1.2, 0.5), Beat(1.2, 2.0)]),
        ([4.0], [Beat(2.0, 2.0), Beat(2.0)]),
        ([1.0, 1.7], [Beat(1.0), Beat(1.0, 0.5), Beat(1.7)]),
        ([], []),
    ],
)
def test_an_arm_swings_at_multiples_of_one_frequency(
    heard: list[float], wanted: list[Beat]
) -> None:
    assert beats(heard, ARM) == wanted


def test_legs_swing_at_what_is_heard() -> None:
    assert beats([1.2, 0.6, 0.3], LEGS) == [Beat(1.2), Beat(0.6)]
    assert audible(LEGS) == (0.4, 2.5)
    assert audible(ARM) == (0.2, 5.0)
