"""Authors: the composer, the language model with its repairs, and one behind the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tabrl.domain.errors import Invalid, Unavailable
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot, get_robot
from tabrl_reward_worker.authors import ComposerAuthor, FallbackAuthor, Written
from tabrl_reward_worker.building import Builder
from tabrl_reward_worker.jail import BuiltReward
from tabrl_reward_worker.llm import LlmAuthor, LlmOptions
from tabrl_reward_worker.llm.prompt import Message, opening

GO1 = get_robot("go1")
CHECK = {"id": "forward", "quantity": "forward_speed", "statistic": "mean", "at_least": 0.2}


class Workshop:
    """Builds what says `good`, faults what says `bad`, in the way a jail would."""

    def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
        if "slow" in source:
            raise RewardError("too slow", code="reward_timeout")
        if "bad" in source:
            raise RewardError.at(source, 1, "this is bad", code="reward_failed")
        return BuiltReward(b"blob", ("good",), {"good": 1.0})


def candidate(code: str = "good", **changes: Any) -> dict[str, Any]:
    return {
        "name": f"Named {code}",
        "idea": "An idea",
        "code": code,
        "weights": {"good": 1.0},
        "checks": [CHECK],
    } | changes


def answering(*answers: Any) -> tuple[LlmAuthor, list[list[Message]]]:
    """An author whose model gives these answers in turn; and what it was asked."""
    asked: list[list[Message]] = []
    left = iter(answers)

    def ask(messages: list[Message]) -> str:
        asked.append(messages)
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, str) else json.dumps({"candidates": answer})

    author = LlmAuthor(LlmOptions("openai/test"), Builder(Workshop()), ask)
    return author, asked


def names(written: Written) -> Sequence[str]:
    return [built.draft.name for built in written.drafts]


def test_good_answers_need_one_question() -> None:
    author, asked = answering([candidate("good 1"), candidate("good 2")])
    written = author.write("trot", GO1)
    assert names(written) == ["Named good 1", "Named good 2"]
    assert written.author == "llm:openai/test"
    assert len(asked) == 1
    assert not written.notices


def test_a_fall_check_is_always_there_and_always_ours() -> None:
    lenient = {"id": "f", "quantity": "fallen", "statistic": "any", "at_most": 1.0}
    author, _ = answering([candidate(checks=[CHECK, lenient])])
    checks = author.write("trot", GO1).drafts[0].draft.checks
    assert [check.id for check in checks] == ["forward", "falls"]
    assert checks[-1].at_most == 0.02


def test_faults_go_back_with_the_authors_line() -> None:
    author, asked = answering([candidate("good 1"), candidate("bad idea")], [candidate("good 2")])
    written = author.write("trot", GO1)
    assert names(written) == ["Named good 1", "Named good 2"]
    repair = asked[1][-1]["content"]
    assert "this is bad" in repair
    assert "    1 | bad idea" in repair
    assert "Named good 1" not in repair
    assert asked[1][-2]["role"] == "assistant"


@pytest.mark.parametrize(
    "broken",
    [
        "no json at all",
        '{"candidates": "many"}',
        "[]",
        json.dumps({"candidates": [candidate(extra=1)]}),
        json.dumps({"candidates": [candidate(checks=[{**CHECK, "quantity": "joy"}])]}),
        json.dumps({"candidates": [candidate(checks=[{**CHECK, "at_least": None}])]}),
        json.dumps({"candidates": [candidate(weights={"other": 1.0})]}),
        json.dumps({"candidates": [candidate(weights={"a b": 1.0})]}),
        json.dumps({"candidates": [candidate()] * 4}),
    ],
)
def test_malformed_answers_are_repaired(broken: str) -> None:
    author, asked = answering(broken, [candidate("good")])
    assert names(author.write("trot", GO1)) == ["Named good"]
    assert len(asked) == 2


def test_a_fence_around_the_json_is_no_fault() -> None:
    fenced = "```json\n" + json.dumps({"candidates": [candidate("good")]}) + "\n```"
    author, asked = answering(fenced)
    assert names(author.write("trot", GO1)) == ["Named good"]
    assert len(asked) == 1


def test_what_stays_broken_is_dropped_and_said() -> None:
    author, asked = answering([candidate("good"), candidate("bad")], *[[candidate("bad")]] * 5)
    written = author.write("trot", GO1)
    assert names(written) == ["Named good"]
    assert len(asked) == 3
    assert [notice.code for notice in written.notices] == ["llm_reward_dropped"]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([[candidate("bad")]] * 5, "llm_no_reward"),
        (["nonsense"] * 5, "llm_no_reward"),
        ([[]], "llm_declined"),
        ([Unavailable("gone", code="llm_unavailable")], "llm_unavailable"),
    ],
)
def test_nothing_that_works_is_an_error(answers: list[Any], code: str) -> None:
    author, _ = answering(*answers)
    with pytest.raises(Unavailable) as error:
        author.write("trot", GO1)
    assert error.value.code == code


def test_what_was_built_survives_a_model_that_goes_away() -> None:
    gone = Unavailable("gone", code="llm_unavailable")
    author, _ = answering([candidate("good"), candidate("bad")], gone)
    assert names(author.write("trot", GO1)) == ["Named good"]


def test_the_composer_takes_over_and_says_so() -> None:
    author, _ = answering(Unavailable("The model is gone.", code="llm_unavailable"))
    fallback = FallbackAuthor(author, ComposerAuthor(Builder(Workshop())))
    written = fallback.write("trot forward", GO1)
    assert written.author == "composer"
    assert [notice.code for notice in written.notices] == ["llm_unavailable"]
    assert "composer" in written.notices[0].message
    assert written.understood


def test_the_composers_own_refusal_is_passed_on() -> None:
    author, _ = answering([])
    with pytest.raises(Invalid) as error:
        FallbackAuthor(author, ComposerAuthor(Builder(Workshop()))).write("asdf", GO1)
    assert error.value.code == "task_not_understood"
    assert "language model found nothing" in error.value.message


@pytest.mark.parametrize(("fault", "expected"), [("slow", Unavailable), ("bad", RewardError)])
def test_a_template_that_fails_is_our_fault(
    fault: str, expected: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Workshop):
        def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
            return super().build(fault, robot, trusted)

    with pytest.raises(expected):
        ComposerAuthor(Builder(Broken())).write("bow", GO1)


def test_the_prompt_holds_robot_contract_and_task() -> None:
    system, user = opening("trot, $name", GO1)
    for part in ("FL_hip", "state.foot_air_time", "rl.gaussian", "forward_speed", "rhythm", "0.28"):
        assert part in system["content"]
    assert "$" not in system["content"]
    assert user["content"].endswith("trot, $name")


def test_builders_keep_the_order() -> None:
    author, _ = answering([candidate(f"good {n}") for n in range(3)])
    build: Callable[[str, Robot], Written] = author.write
    assert names(build("x", GO1)) == [f"Named good {n}" for n in range(3)]
