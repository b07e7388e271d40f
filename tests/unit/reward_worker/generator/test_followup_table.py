"""Follow-ups and what each must come to, from `followups.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tabrl.domain.errors import Invalid
from tabrl.robots import get_robot
from tabrl_reward_worker.generator.followup.generate import generate_followup
from tabrl_reward_worker.generator.goal.spec import plan_of
from tests.unit.reward_worker.generator.sentences import fields

GO1 = get_robot("go1")
ROWS: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("followups.toml").read_text("utf-8")
)["followup"]
PLACED = [row for row in ROWS if "gives" in row]
ASKED_BACK = [row for row in ROWS if "asks_back" in row]


def named(row: dict[str, Any]) -> str:
    return f"{row['task']} -> {row['words']}"


def test_the_table_is_large() -> None:
    assert len({named(row) for row in ROWS}) == len(ROWS) >= 120


@pytest.mark.parametrize("row", PLACED, ids=named)
def test_a_follow_up_comes_to_its_numbers(row: dict[str, Any]) -> None:
    proposal = generate_followup([row["task"]], row["words"], GO1)
    expected = {name: value for name, value in row["gives"].items() if name != "not_understood"}
    motion = proposal.candidates[0].motion
    assert motion is not None
    assert fields(plan_of(motion, GO1)) == expected
    assert proposal.not_understood == row["gives"].get("not_understood", [])


@pytest.mark.parametrize("row", ASKED_BACK, ids=named)
def test_what_cannot_be_placed_is_asked_back(row: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as error:
        generate_followup([row["task"]], row["words"], GO1)
    assert row["asks_back"] in error.value.message
    assert row["words"] not in error.value.message
