"""When the demo counts as a success."""

from __future__ import annotations

from typing import Any

import pytest

from tabrl.contracts.training import CheckResult, RunReport
from tabrl_local.client import Api
from tabrl_local.demo import DemoOptions, shortcomings
from tabrl_local.errors import CommandError

CHECK = CheckResult(
    id="speed",
    name="mean forward speed",
    target="≥ 0.3 m/s",
    base=0.0,
    program=0.35,
    result=0.41,
    passed=True,
)


def report(**changes: Any) -> RunReport:
    known: dict[str, Any] = {
        "task_id": "tsk_1",
        "job_id": "job_1",
        "model_id": "mdl_1",
        "stages_s": {},
        "candidates": 2,
        "chosen": 1,
        "samples": 1,
        "samples_per_s": 1.0,
        "checks": [CHECK],
        "reward_base": 0.1,
        "reward_program": 0.2,
        "reward_result": 0.3,
        "fall_rate_base": 0.0,
        "fall_rate_result": 0.0,
        "params_sha256": "a" * 64,
        "reward_sha256": "b" * 64,
        "snapshots": 1,
        "versions": {},
    }
    return RunReport.model_validate(known | changes)


def test_a_demo_shows_the_first_example_of_the_first_robot_that_can_learn(api: Any) -> None:
    with Api(api.url) as client:
        chosen = DemoOptions().for_run(client)
        assert (chosen.prompt, chosen.robot) == ("go", "go1")
        asked = DemoOptions(task="creep", robot="crawler", candidate=2).for_run(client)
        assert (asked.prompt, asked.robot, asked.candidate) == ("creep", "crawler", 2)
        for robot, code in (("crawler", "no_task"), ("r2d2", "unknown_robot")):
            with pytest.raises(CommandError) as refused:
                DemoOptions(robot=robot).for_run(client)
            assert refused.value.code == code


def test_all_checks_met_and_a_better_reward_is_a_success() -> None:
    assert shortcomings(report()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"checks": [CHECK.model_copy(update={"passed": False})]}, "mean forward speed is 0.41"),
        (
            {"checks": [CHECK.model_copy(update={"passed": False, "result": None})]},
            "mean forward speed is not measured",
        ),
        ({"checks": []}, "nothing was checked"),
        ({"reward_result": 0.1}, "not above the base's 0.1"),
        ({"reward_result": float("nan")}, "not above"),
    ],
)
def test_anything_less_is_none_and_named(changes: dict[str, Any], said: str) -> None:
    (only,) = shortcomings(report(**changes))
    assert said in only
