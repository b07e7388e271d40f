"""Sentences about robots that move in one plane."""

from __future__ import annotations

import pytest

from tabrl.contracts.checks import CheckSpec, fault_of
from tabrl.embodiments.lookup import catalogue_of
from tabrl.robots import get_robot
from tabrl.sim.reward.function import export_reward
from tabrl_reward_worker.generator import generate
from tabrl_reward_worker.generator.followup.generate import generate_followup
from tabrl_reward_worker.generator.generate import NotUnderstoodError
from tabrl_reward_worker.generator.planar.asked import RUN, TOP, WALK, speed_unit

ROBOT = get_robot("strider")
UNIT = speed_unit(ROBOT.characteristic_length)
UNDERSTOOD = (
    "run forward fast", "run as fast as you can", "walk forward", "walk backward slowly",
    "run backwards at 2 m/s", "hop", "hop forward", "jump as high as you can", "stand still",
    "crouch and walk slowly", "lean forward", "bow",
)  # fmt: skip


def _checks(sentence: str) -> dict[str, CheckSpec]:
    (first, *_) = generate(sentence, ROBOT).candidates
    return {check.id: check for check in first.checks}


@pytest.mark.parametrize("sentence", UNDERSTOOD)
def test_every_candidate_is_a_reward_of_this_robot(sentence: str) -> None:
    proposal = generate(sentence, ROBOT)
    assert proposal.understood
    assert len({candidate.code for candidate in proposal.candidates}) == len(proposal.candidates)
    for candidate in proposal.candidates:
        assert set(export_reward(candidate.code, ROBOT).terms) == set(candidate.weights)
        for check in candidate.checks:
            assert fault_of(check, catalogue_of(ROBOT), 10.0) is None


@pytest.mark.parametrize(
    ("sentence", "low", "high"),
    [
        ("walk forward", 0.75 * WALK * UNIT, 1.25 * WALK * UNIT),
        ("walk backward", -1.25 * WALK * UNIT, -0.75 * WALK * UNIT),
        ("run", 0.75 * RUN * UNIT, 1.25 * RUN * UNIT),
        ("run forward fast", RUN * UNIT, None),
        ("run backwards as fast as you can", None, -RUN * UNIT),
        ("walk at 0.5 m/s", 0.375, 0.625),
    ],
)
def test_speeds_are_in_the_robots_size(
    sentence: str, low: float | None, high: float | None
) -> None:
    speed = _checks(sentence)["speed"]
    assert speed.at_least == (None if low is None else pytest.approx(low, abs=2e-3))
    assert speed.at_most == (None if high is None else pytest.approx(high, abs=2e-3))


def test_the_fastest_is_paid_in_full_far_above_what_is_checked() -> None:
    code = generate("run forward fast", ROBOT).candidates[0].code
    assert f"state.forward_speed() / {TOP * UNIT:.4g}" in code


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("turn left", "turn left"), ("walk to the left", "walk to the left"),
        ("do a backflip", "backflip"), ("first hop, then walk", ""),
        ("geh vorwärts und dreh dich", ""),
    ],
)  # fmt: skip
def test_what_leads_out_of_the_plane_is_not_understood(sentence: str, said: str) -> None:
    with pytest.raises(NotUnderstoodError) as caught:
        generate(sentence, ROBOT)
    assert said in " ".join(caught.value.not_understood)


def test_what_is_said_next_takes_the_place_of_what_was() -> None:
    after = generate_followup(["walk forward"], "hop", ROBOT)
    assert after.candidates == generate("hop", ROBOT).candidates
