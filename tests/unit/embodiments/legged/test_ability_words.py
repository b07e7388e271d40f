"""What is said of a legged robot where people choose one."""

from __future__ import annotations

import pytest

from tabrl.embodiments.legged.askable import ability_words
from tabrl.embodiments.lookup import page_of
from tabrl.robots.abilities import abilities_of
from tests.support.robots import LEGGED


@pytest.mark.parametrize("robot", LEGGED, ids=lambda robot: robot.id)
def test_it_says_what_the_robot_has_and_how_fast_it_was_seen(robot) -> None:
    said = ability_words(robot)
    assert page_of(robot).abilities == said
    measured = abilities_of(robot.id)
    if measured is None:
        assert said[0] == "walks"
    else:
        assert said[0] == f"walks up to {measured.reach('vx')[1]:.1f} m/s"
    assert ("rears up" in said) == ("rear" not in robot.without)
    assert ("hops" in said) == ("jump" not in robot.without)
    assert max(map(len, said)) < 25
