"""What the prompt says of a robot's size, limbs and abilities is that robot's."""

from __future__ import annotations

import pytest

from tabrl.robots import Robot, get_robot
from tabrl_reward_worker.limbs import folding
from tabrl_reward_worker.llm.kind_words import as_large, examples
from tabrl_reward_worker.llm.prompt import system_message
from tests.support.robots import LEGGED

GO1 = get_robot("go1")
LARGE = GO1.model_copy(update={"characteristic_length": 0.54})


def told(robot: Robot) -> str:
    content = system_message(robot)["content"]
    assert isinstance(content, str)
    return content


def test_amounts_are_as_large_as_the_robot() -> None:
    text = "{{0.3 m/s}} and {{0.25 m}}, {{4.5 cm}}, {{-0.3 /m2}}"
    assert as_large(text, GO1) == "0.3 and 0.25, 4.5, -0.3"
    assert as_large(text, LARGE) == "0.417 and 0.482, 8.68, -0.0807"
    assert "velocity[0] - 0.3, 0.18" in examples(GO1)[0].code
    assert "velocity[0] - 0.417, 0.25" in examples(LARGE)[0].code
    assert "base_linear_velocity()[0] - 1.0, 0.5" in told(GO1)
    assert "base_linear_velocity()[0] - 1.39, 0.694" in told(LARGE)


@pytest.mark.parametrize("robot", LEGGED, ids=lambda robot: robot.id)
def test_nothing_is_left_to_fill_in(robot: Robot) -> None:
    text = told(robot)
    assert "{{" not in text
    assert "$" not in text


def test_abilities_that_a_robot_lacks_are_not_mentioned() -> None:
    words = ("hop", "hind legs without", "rearing", "jump")
    text = told(GO1).lower()
    assert all(word in text for word in words[:3])
    lame = told(GO1.model_copy(update={"without": ("jump", "rear")})).lower()
    assert [word for word in words if word in lame] == []


def test_a_bow_folds_the_front_knees_whichever_way_they_turn() -> None:
    assert folding(GO1).count("FR_calf") == 1
    bow = examples(GO1)[-1].code
    assert "jnp.array([0, 0.2, -0.4, 0, 0.2, -0.4, 0, -0.125, 0.25, 0, -0.125, 0.25])" in bow
    assert 'state.joint_position("FR_calf") - (-2.2), 0.4' in bow
    limbs = tuple(limb.model_copy(update={"signs": (1.0, 1.0, -1.0)}) for limb in GO1.limbs)
    mirrored = GO1.model_copy(update={"limbs": limbs})
    assert "a more positive angle of FR_calf" in folding(mirrored)
    assert "jnp.array([0, 0.2, 0.4, 0, 0.2, 0.4, 0, -0.125, -0.25" in examples(mirrored)[-1].code


def test_feet_are_compared_by_their_corners() -> None:
    limbs = tuple(GO1.limbs[place] for place in (1, 0, 3, 2))
    other = GO1.model_copy(update={"limbs": limbs})
    assert "contact[0] + contact[3] - contact[1] - contact[2]" in examples(GO1)[0].code
    assert "contact[1] + contact[2] - contact[0] - contact[3]" in examples(other)[0].code
