"""What words mean in numbers: as large as the robot, and as far as it was measured to go."""

from __future__ import annotations

from typing import Any

import pytest

from tabrl.embodiments import reach
from tabrl.robots import Robot, get_robot
from tabrl_reward_worker.generator.followup.generate import generate_followup
from tabrl_reward_worker.generator.generate import NotUnderstoodError, generate
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.interpret import interpret
from tabrl_reward_worker.generator.goal.plan import Plan
from tabrl_reward_worker.generator.reading.parser import parse

GO1 = get_robot("go1")


def plan(sentence: str, robot: Robot) -> Plan:
    amounts = Amounts.of(robot)
    return interpret(parse(sentence, amounts.top_speed), amounts)


def goal(sentence: str, robot: Robot) -> Goal:
    (only,) = plan(sentence, robot).parts
    return only


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Robot:
    """A robot of nearly twice the size that nobody has measured."""
    monkeypatch.setattr(reach, "abilities_of", lambda robot_id: None)
    changed = {"characteristic_length": 0.54, "description": "Twice as large."}
    return GO1.model_copy(update=changed)


@pytest.mark.parametrize(
    ("sentence", "asked"),
    [
        ("walk forward", {"vx": 0.69}),
        ("run as fast as you can", {"vx": 2.1}),
        ("at a third of your top speed, walk forward", {"vx": 0.7}),
        ("crouch", {"height": -0.14}),
        ("crouch to a height of 45 cm", {"height": -0.09}),
        ("spin", {"yaw": 0.72}),
        ("bow", {"pitch": 0.28}),
        ("lift your left paw", {"lift": 0.17}),
        ("hop", {"hop.height": 0.096, "hop.hz": 1.4}),
        ("march with high knees", {"steps": 0.23}),
        ("run at 2.4 m/s", {"vx": 2.4}),
        ("run at 4 m/s", {"vx": 2.8}),
    ],
)
def test_amounts_grow_with_the_robot(large: Robot, sentence: str, asked: dict[str, float]) -> None:
    found = goal(sentence, large)
    for path, amount in asked.items():
        value: Any = found
        for name in path.split("."):
            value = getattr(value, name)
        assert value == pytest.approx(amount, rel=0.02), path


def test_rewards_and_checks_are_as_wide_as_the_robot_is_large(large: Robot) -> None:
    (small, _, _), (other, _, _) = (
        generate("walk forward", robot).candidates for robot in (GO1, large)
    )
    assert "rl.gaussian(velocity[0] - 0.5, 0.3)" in small.code
    assert "rl.gaussian(velocity[0] - 0.69, 0.414)" in other.code
    assert "state.base_height() - 0.28, 0.05" in small.code
    assert "state.base_height() - 0.54, 0.096" in other.code
    speed, drift = other.checks[:2]
    assert speed.at_least == pytest.approx(0.69 * 0.6, rel=0.01)
    assert drift.at_most == pytest.approx(0.21)


def test_a_follow_up_is_as_large(large: Robot) -> None:
    proposal = generate_followup(["crouch"], "lower", large)
    assert proposal.understood[-1] == "“lower” → 19.0 cm below standing"


def test_limits_are_those_that_were_measured() -> None:
    assert goal("run at 2 m/s", GO1).vx == 2.0
    assert plan("run at 2 m/s", GO1).not_understood == []
    assert goal("run at 9 m/s", GO1).vx == 2.444
    assert goal("walk backwards at 2 m/s", GO1).vx == -1.0


def test_what_a_robot_cannot_do_is_declined() -> None:
    lame = GO1.model_copy(update={"without": ("jump", "rear")})
    with pytest.raises(NotUnderstoodError) as declined:
        generate("hop", lame)
    assert declined.value.not_understood == ["“hop”: this robot cannot"]
    both = generate("walk forward and rear up", lame)
    assert any("this robot cannot" in words for words in both.not_understood)
    assert both.candidates
