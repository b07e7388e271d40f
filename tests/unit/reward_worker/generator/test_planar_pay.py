"""What rewards of robots in a plane pay: more for going than for standing, nothing for kneeling."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tabrl.control.arrays import Floats
from tabrl.control.checks import evaluate_checks
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl.sim.reward.function import RewardFunction, export_reward, load_reward
from tabrl_reward_worker.generator import generate

ROBOT = get_robot("strider")
EMBODIMENT = embodiment_of(ROBOT)
QUICK = {"xla_backend_optimization_level": 0}
SPEEDS = (0.0, 0.1, 0.2, 0.4)  # m/s
KNEE = ROBOT.body_names.index("strider_fore_upper")
FEET = [ROBOT.body_names.index(f"strider_{leg}_lower") for leg in ("fore", "hind")]


@cache
def _reward(sentence: str) -> tuple[RewardFunction, Floats]:
    candidate = generate(sentence, ROBOT).candidates[0]
    reward = load_reward(export_reward(candidate.code, ROBOT).blob, QUICK)
    return reward, reward.vector(candidate.weights)


def _still(rows: int) -> dict[str, Floats]:
    """So many steps of a robot that stands on its feet."""
    fields = {
        name: np.zeros((rows, *shape), np.float32) for name, shape in EMBODIMENT.schema.items()
    }
    fields["base_position"][:, 2] = ROBOT.characteristic_length
    fields["foot_contact"][:] = 1.0
    fields["body_contact"][:, FEET] = 1.0
    return fields


def _paid(sentence: str, fields: dict[str, Floats]) -> Floats:
    reward, weights = _reward(sentence)
    return np.asarray(reward(fields)) @ weights


@pytest.mark.parametrize(
    ("sentence", "way"),
    [("hop forward", 1.0), ("walk forward", 1.0), ("run forward fast", 1.0), ("walk back", -1.0)],
)
def test_every_bit_of_speed_from_standing_on_pays(sentence: str, way: float) -> None:
    fields = _still(len(SPEEDS))
    fields["forward_speed"][:] = way * np.array(SPEEDS)
    paid = _paid(sentence, fields)
    steps = np.diff(paid) / np.diff(SPEEDS)
    assert steps.min() > 0.2, "a reward a m/s"
    assert steps == pytest.approx(steps[0], rel=1e-3), "and the first bit as much as the next"


@pytest.mark.parametrize("sentence", ["hop", "hop forward", "jump as high as you can"])
def test_a_foot_that_is_lifted_from_the_knees_is_no_hop(sentence: str) -> None:
    fields = _still(3)  # stands, flies, kneels with its feet up
    fields["foot_contact"][1:] = 0.0
    fields["body_contact"][1:] = 0.0
    fields["foot_height"][1:] = 0.1
    fields["body_contact"][2, KNEE] = 1.0
    stands, flies, kneels = _paid(sentence, fields)
    assert flies > stands + 0.5
    assert kneels < stands - 0.5


@pytest.mark.parametrize("sentence", ["walk forward", "run forward fast", "stand still"])
def test_kneeling_pays_less_than_standing(sentence: str) -> None:
    fields = _still(2)
    fields["body_contact"][1, KNEE] = 1.0
    stands, kneels = _paid(sentence, fields)
    assert kneels < stands - 0.5


def test_the_checks_see_what_kneels() -> None:
    flown, knelt = _still(500), _still(500)
    for fields in (flown, knelt):
        fields["foot_contact"][::2] = 0.0
        fields["body_contact"][::2] = 0.0
    knelt["body_contact"][:, KNEE] = 1.0
    checks = {check.id: check for check in generate("hop", ROBOT).candidates[0].checks}
    for fields, hops in ((flown, True), (knelt, False)):
        episode = {name: values[:, None] for name, values in fields.items()}
        measured = evaluate_checks(list(checks.values()), episode, EMBODIMENT)
        values = dict(zip(checks, measured, strict=True))
        assert checks["hop"].passed(values["hop"]) == hops
        assert checks["feet"].passed(values["feet"]) == hops
