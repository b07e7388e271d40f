"""litellm against a local server that speaks OpenAI's protocol; rewards built in the real jail."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tabrl.adapters.settings import Settings
from tabrl.robots import get_robot
from tabrl_reward_worker.authors import Author
from tabrl_reward_worker.bootstrap import RewardSettings, author_of
from tabrl_reward_worker.building import Builder
from tabrl_reward_worker.jail import Jail
from tests.support.llm import LlmStub, llm_stub

GO1 = get_robot("go1")
KEY = "sk-very-secret"
PROMPT = "prance like a proud horse of the marshes"
SPEED = (
    'WEIGHTS = {"speed": 2.0}\ndef reward(state, action):\n'
    '    return {"speed": rl.gaussian(state.base_linear_velocity()[0] - 0.5, 0.3)}\n'
)
BRANCH = SPEED.replace("    return", "    if state.roll() > 0:\n        return {}\n    return")
TYPO = SPEED.replace("base_linear_velocity", "base_linear_velosity")


def candidate(name: str, code: str) -> dict[str, Any]:
    check = {"id": "forward", "quantity": "forward_speed", "statistic": "mean", "at_least": 0.2}
    return {
        "name": name,
        "idea": "Be quick",
        "code": code,
        "weights": {"speed": 2.0},
        "checks": [check],
    }


def answer(*candidates: dict[str, Any]) -> str:
    return json.dumps({"candidates": candidates})


@pytest.fixture(scope="module")
def jail() -> Iterator[Jail]:
    with Jail() as warm:
        yield warm


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LlmStub]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with llm_stub() as server:
        yield server


@pytest.fixture
def author(jail: Jail, stub: LlmStub) -> Author:
    settings = Settings(llm_model="openai/stub", llm_api_base=stub.url)
    return author_of(settings, RewardSettings(llm_timeout=5.0), Builder(jail))


def test_a_good_answer_becomes_built_candidates(author: Author, stub: LlmStub) -> None:
    stub.answers = [answer(candidate("One", SPEED), candidate("Two", SPEED))]
    written = author.write(PROMPT, GO1)
    assert [built.draft.name for built in written.drafts] == ["One", "Two"]
    assert written.author == "llm:openai/stub"
    assert written.drafts[0].reward.terms == ("speed",)
    (request,) = stub.requests
    assert request["messages"][-1]["content"].endswith(PROMPT)
    assert request["response_format"]["type"] in ("json_schema", "json_object")


@pytest.mark.parametrize("broken", [BRANCH, TYPO, "import os\n" + SPEED])
def test_a_mistake_is_sent_back_with_its_line(author: Author, stub: LlmStub, broken: str) -> None:
    stub.answers = [answer(candidate("One", broken)), answer(candidate("Better", SPEED))]
    written = author.write(PROMPT, GO1)
    assert [built.draft.name for built in written.drafts] == ["Better"]
    complaint = stub.requests[1]["messages"][-1]["content"]
    assert "line " in complaint
    assert " | " in complaint


def test_broken_json_is_sent_back(author: Author, stub: LlmStub) -> None:
    stub.answers = ["Sure! Here is your reward:", answer(candidate("One", SPEED))]
    assert len(author.write(PROMPT, GO1).drafts) == 1
    assert "not the JSON" in stub.requests[1]["messages"][-1]["content"]


@pytest.mark.parametrize("failure", [401, 429, 500])
def test_the_composer_takes_over_when_the_model_does_not_answer(
    author: Author, stub: LlmStub, failure: int, caplog: pytest.LogCaptureFixture
) -> None:
    stub.answers = [failure]
    with caplog.at_level(logging.DEBUG, logger="tabrl"):
        written = author.write("trot forward slowly", GO1)
    assert written.author == "composer"
    assert written.notices[0].code == "llm_unavailable"
    assert KEY not in caplog.text + written.notices[0].message


def test_a_server_that_is_not_there_is_no_hang(jail: Jail) -> None:
    settings = Settings(llm_model="openai/stub", llm_api_base="http://127.0.0.1:9/v1")
    author = author_of(settings, RewardSettings(llm_timeout=3.0), Builder(jail))
    assert author.write("bow", GO1).author == "composer"


def test_neither_key_nor_prompt_is_logged(
    author: Author, stub: LlmStub, capfd: pytest.CaptureFixture[str], caplog: Any
) -> None:
    stub.answers = [500]
    with caplog.at_level(logging.INFO):
        author.write("bow like a proud horse", GO1)
    captured = capfd.readouterr()
    everything = captured.out + captured.err + caplog.text
    assert KEY not in everything
    assert "proud horse" not in everything
