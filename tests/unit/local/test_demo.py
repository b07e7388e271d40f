"""When the demo counts as a success."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tabrl.contracts.training import CheckResult, RunReport
from tabrl_local.client import Api
from tabrl_local.demo import DemoOptions, shortcomings
from tabrl_local.errors import CommandError
from tests.support.robots import PACKAGED

ROOT = Path(__file__).parents[3]

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


def test_a_robot_that_is_not_there_is_refused_before_anything_is_started() -> None:
    DemoOptions().check_robot()
    for robot in PACKAGED:
        DemoOptions(robot=robot.id).check_robot()
    with pytest.raises(CommandError, match="choose one of: ") as refused:
        DemoOptions(robot="r2d2").check_robot()
    assert refused.value.code == "unknown_robot"


def test_make_takes_the_robot_by_name() -> None:
    def command(*arguments: str) -> str:
        done = subprocess.run(
            ["make", "--dry-run", "--old-file=setup", *arguments],
            cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return next(line for line in done.stdout.splitlines() if "tabrl_local.demo" in line)

    assert "--robot" not in command("demo")
    assert command("demo", "ROBOT=anymal_c").split()[-2:] == ["--robot", "anymal_c"]
    once = command("demo-once", "ROBOT=go1", "DEMO_ARGS=--candidate 2")
    assert once.split()[-5:] == ["--once", "--robot", "go1", "--candidate", "2"]


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
