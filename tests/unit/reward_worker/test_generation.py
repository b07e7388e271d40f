"""Generators: rule-based, a language model with its repairs, and a fallback."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tabrl.contracts.motion import Constant, Sinusoid
from tabrl.contracts.training import CheckResult
from tabrl.domain.errors import Invalid, Unavailable
from tabrl.domain.report import CandidateReport, Finding
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot, get_robot
from tabrl_reward_worker.building import BuiltCandidate, CandidateBuilder, ValidationReport
from tabrl_reward_worker.generation import (
    AllGeneratorsFailedError,
    FallbackGenerator,
    GenerationResult,
    History,
    NoRewardError,
    RuleBasedGenerator,
)
from tabrl_reward_worker.llm import LlmGenerator, LlmOptions
from tabrl_reward_worker.llm.prompt import opening, prompt_version, styles
from tabrl_reward_worker.llm.provider import CallFailure, Reply
from tabrl_reward_worker.llm.schema import answer_schema
from tabrl_reward_worker.sandbox import BuiltReward
from tests.support.factories import asking
from tests.support.generators import CHECK, FakeRewardBuilder, Model, candidate

GO1 = get_robot("go1")
ALL = ("direct", "rhythmic", "reference")
DECLINED = {
    "declined": True,
    "name": "",
    "idea": "",
    "code": "",
    "weights": [],
    "success_checks": [],
    "phases_s": [],
}
HISTORY = History(
    sentences=("trot forward", "and sway"),
    name="Swaying trot",
    idea="Trots and sways",
    code="def reward(state, action): return {'trot': 1.0}",
    weights={"trot": 1.5},
    curves={"trot": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]},
    checks=[
        CheckResult(
            id="speed",
            name="mean forward speed",
            target="≥ 0.4 m/s",
            base=0.01,
            program=0.3,
            result=0.52,
            passed=True,
        )
    ],
    fall_rate_base=0.1,
    fall_rate_result=0.25,
)


def generator_with(model: Model, validate: Any = None) -> LlmGenerator:
    return LlmGenerator(
        LlmOptions("openai/test"), CandidateBuilder(FakeRewardBuilder()), model, validate
    )


def names(result: GenerationResult) -> Sequence[str]:
    return [built.candidate.name for built in result.candidates]


def codes(result: GenerationResult | NoRewardError) -> list[str]:
    return [one.code for one in result.rejected]


def test_one_candidate_of_each_style_is_written() -> None:
    model = Model(**{style: [candidate(f"good {style}")] for style in ALL})
    result = generator_with(model).generate("trot", GO1)
    assert names(result) == [f"Named good {style}" for style in ALL]
    assert result.generator == "llm:openai/test"
    assert {style: len(model.asked[style]) for style in ALL} == dict.fromkeys(ALL, 1)
    assert not result.notices
    assert not result.rejected


def test_the_usage_is_kept() -> None:
    model = Model(candidate("good"), rhythmic=[candidate("bad"), candidate("good")])
    usage = generator_with(model).generate("trot", GO1).usage
    assert usage is not None
    assert (usage.model, usage.prompt_version) == ("openai/test", prompt_version())
    assert (usage.calls, usage.prompt_tokens, usage.completion_tokens) == (5, 500, 50)
    assert usage.cost_usd == pytest.approx(0.005)


def test_a_cost_that_is_partly_unknown_is_unknown() -> None:
    free = Reply(json.dumps(candidate("good")), prompt_tokens=5, completion_tokens=1)
    usage = generator_with(Model(candidate("good"), direct=[free])).generate("trot", GO1).usage
    assert usage is not None
    assert usage.cost_usd is None
    assert usage.prompt_tokens == 305


def test_a_fall_check_is_always_there_and_always_ours() -> None:
    lenient = {"id": "f", "quantity": "fallen", "statistic": "any", "at_most": 1.0}
    model = Model(candidate(success_checks=[CHECK, lenient]))
    checks = generator_with(model).generate("trot", GO1).candidates[0].candidate.checks
    assert [check.id for check in checks] == ["forward", "falls"]
    assert checks[-1].at_most == 0.02


def test_parts_that_follow_each_other_have_their_times() -> None:
    late = {**CHECK, "start_s": 9.0, "end_s": 13.5}
    model = Model(candidate(phases_s=[8.0, 6.0], success_checks=[late]))
    written = generator_with(model).generate("trot, then bow", GO1).candidates[0].candidate
    assert written.phases_s == (8.0, 6.0)
    assert written.checks[-1].end_s == 14.0, "a fall counts to the end of the last part"
    assert "phases_s" in answer_schema(GO1)["required"]


def test_a_name_can_be_shown_and_stored() -> None:
    model = Model({**candidate(), "name": "Trot\x00 \x1b on\nand on"})
    assert (
        generator_with(model).generate("trot", GO1).candidates[0].candidate.name == "Trot on and on"
    )


def test_faults_go_back_with_the_authors_line() -> None:
    model = Model(candidate("good"), direct=[candidate("bad idea"), candidate("good 2")])
    result = generator_with(model).generate("trot", GO1)
    assert names(result)[0] == "Named good 2"
    *_, answer, repair = model.asked["direct"][1].messages
    assert "this is bad" in repair["content"]
    assert "    1 | bad idea" in repair["content"]
    assert answer["role"] == "assistant"
    assert json.loads(answer["content"])["code"] == "bad idea"
    assert len(model.asked["rhythmic"]) == 1


BROKEN = {
    "prose": "no json at all",
    "nothing": "",
    "cut off": '{"name": "Trot", "idea": "x", "code": "good',
    "a list": "[]",
    "candidates in words": '{"candidates": "many"}',
    "a missing field": {"name": "Trot"},
    "an unknown quantity": candidate(success_checks=[{**CHECK, "quantity": "joy"}]),
    "an unknown foot": candidate(
        success_checks=[{**CHECK, "quantity": "foot_height", "part": "FX"}]
    ),
    "a check without a bound": candidate(success_checks=[{**CHECK, "at_least": None}]),
    "a check without a value": candidate(success_checks=[{**CHECK, "at_least": float("nan")}]),
    "the same check twice": candidate(success_checks=[CHECK, CHECK]),
    "no checks": candidate(success_checks=[]),
    "parts too long for an episode": candidate(phases_s=[15.0, 6.0]),
    "weights of other terms": candidate(weights={"other": 1.0}),
    "a weight that is no number": candidate(weights={"good": float("inf")}),
    "a term that is no name": candidate(weights={"a b": 1.0}),
    "too deep": '{"a":' * 5000,
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_malformed_answers_are_repaired(broken: Any) -> None:
    model = Model(broken, candidate("good"))
    assert len(generator_with(model).generate("trot", GO1).candidates) == 3
    assert all(len(model.asked[style]) == 2 for style in ALL)


WELL = json.dumps(candidate("good\nline"))
READABLE = {
    "fenced": f"```json\n{WELL}\n```",
    "in prose": f"Sure {{happily}}! Here it is:\n{WELL}\nHave fun.",
    "after thoughts": f'<think>{{"code": "no"}}</think>{WELL}',
    "with line breaks in strings": WELL.replace("\\n", "\n"),
    "with weights as an object": candidate(weights={"good": 1.0}),
    "with checks by their short name": {
        **{key: value for key, value in candidate().items() if key != "success_checks"},
        "checks": [CHECK],
    },
    "with something more": candidate(thoughts="many"),
    "without saying that it did not decline": {
        key: value for key, value in candidate().items() if key != "declined"
    },
}


@pytest.mark.parametrize("answer", READABLE.values(), ids=READABLE.keys())
def test_what_can_be_read_is_no_fault(answer: Any) -> None:
    model = Model(answer)
    assert len(generator_with(model).generate("trot", GO1).candidates) == 3
    assert all(len(model.asked[style]) == 1 for style in ALL)


def test_of_a_list_each_writer_takes_another() -> None:
    model = Model({"candidates": [candidate(f"good {n}") for n in range(3)]})
    result = generator_with(model).generate("trot", GO1)
    assert names(result) == [f"Named good {n}" for n in range(3)]


def test_what_stays_broken_is_dropped_with_its_reason() -> None:
    model = Model(candidate("good"), rhythmic=[candidate("bad secret source")])
    result = generator_with(model).generate("trot", GO1)
    assert len(result.candidates) == 2
    assert len(model.asked["rhythmic"]) == 3
    (rejected,) = result.rejected
    assert (rejected.name, rejected.code) == ("Rhythmic", "reward_failed")
    assert "this is bad" in rejected.message
    assert "secret" not in rejected.message
    assert [notice.code for notice in result.notices] == ["llm_reward_dropped"]


def test_an_answer_that_was_cut_off_is_told_to_be_shorter() -> None:
    cut = Reply('{"name": "Trot", "code": "goo', prompt_tokens=1, cut_off=True)
    model = Model(candidate("good"), direct=[cut, candidate("good")])
    generator_with(model).generate("trot", GO1)
    assert "shorter" in model.asked["direct"][1].messages[-1]["content"]


def test_what_recorded_motion_says_goes_back_too() -> None:
    def validate(built: BuiltCandidate, robot: Robot) -> BuiltCandidate:
        found = (Finding(code="fall_pays_best", message="Falling pays."),)
        failures = found if built.candidate.code == "good but" else ()
        return replace(built, validation=ValidationReport(CandidateReport(failures=failures), None))

    model = Model(candidate("good but"), direct=[candidate("good but"), candidate("good 2")])
    result = generator_with(model, validate).generate("trot", GO1)
    assert names(result) == ["Named good 2"]
    assert "Falling pays." in model.asked["direct"][1].messages[-1]["content"]
    assert codes(result) == ["reward_not_valid"] * 2
    assert result.rejected[0].message == "Falling pays."


def test_equal_names_are_told_apart() -> None:
    result = generator_with(Model(candidate("good"))).generate("trot", GO1)
    assert names(result) == ["Named good", "Named good 2", "Named good 3"]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([candidate("bad")], "llm_no_reward"),
        (["nonsense"], "llm_no_reward"),
        ([DECLINED], "llm_declined"),
        ([{"candidates": []}], "llm_declined"),
        ([Reply("", refused=True)], "llm_declined"),
        ([CallFailure.TIMEOUT], "llm_unavailable"),
    ],
)
def test_nothing_that_works_is_an_error_with_its_usage(answers: list[Any], code: str) -> None:
    with pytest.raises(NoRewardError) as error:
        generator_with(Model(*answers)).generate("trot", GO1)
    assert error.value.code == code
    assert len(error.value.rejected) == 3
    assert error.value.usage is not None
    assert error.value.usage.calls >= 3


def test_a_model_may_decline_one_style() -> None:
    result = generator_with(Model(candidate("good"), reference=[DECLINED])).generate("trot", GO1)
    assert len(result.candidates) == 2
    assert codes(result) == ["llm_declined"]


def test_what_was_built_survives_a_model_that_goes_away() -> None:
    model = Model(candidate("good"), direct=[candidate("bad"), CallFailure.TIMEOUT])
    result = generator_with(model).generate("trot", GO1)
    assert len(result.candidates) == 2
    assert "took too long" in result.rejected[0].message
    assert result.rejected[0].code == "reward_failed"


def test_the_fallback_takes_over_and_says_so() -> None:
    fallback = FallbackGenerator(
        generator_with(Model(CallFailure.TIMEOUT)),
        RuleBasedGenerator(CandidateBuilder(FakeRewardBuilder())),
    )
    result = fallback.generate("trot forward", GO1)
    assert result.generator == "composer"
    assert [notice.code for notice in result.notices] == ["llm_unavailable"]
    assert "took too long" in result.notices[0].message
    assert "offline generator" in result.notices[0].message
    assert result.understood
    assert codes(result) == ["llm_unavailable"] * 3
    assert result.usage is not None


def test_where_strangers_code_may_not_run_the_fallback_writes_and_the_usage_is_kept() -> None:
    class Unlockable(FakeRewardBuilder):
        def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
            if not trusted:
                raise Unavailable("This cannot be locked up.", code="jail_no_seccomp")
            return super().build(source, robot, trusted)

    builder = CandidateBuilder(Unlockable())
    writer = LlmGenerator(LlmOptions("openai/test"), builder, Model(candidate("good")))
    result = FallbackGenerator(writer, RuleBasedGenerator(builder)).generate("bow", GO1)
    assert result.generator == "composer"
    assert result.notices[0].code == "jail_no_seccomp"
    assert result.usage is not None
    assert result.usage.calls == 4


def test_the_rule_based_generators_refusal_is_passed_on() -> None:
    with pytest.raises(Invalid) as error:
        FallbackGenerator(
            generator_with(Model(DECLINED)),
            RuleBasedGenerator(CandidateBuilder(FakeRewardBuilder())),
        ).generate("asdf", GO1)
    assert isinstance(error.value, AllGeneratorsFailedError)
    assert error.value.code == "task_not_understood"
    assert "language model found nothing" in error.value.message
    assert error.value.not_understood == ["asdf"]
    assert error.value.usage is not None
    assert error.value.usage.calls == 4


def test_a_follow_up_goes_on_from_what_was_trained() -> None:
    """And not from what its sentences would come to: numbers may have been edited since."""
    motion = asking(forward_speed=Constant(value=0.6), roll=Sinusoid(amplitude=0.1, hz=1.3))
    generator = RuleBasedGenerator(CandidateBuilder(FakeRewardBuilder()))
    result = generator.generate("and crouch", GO1, replace(HISTORY, motion=motion))
    asked = result.candidates[0].candidate.motion
    assert asked is not None
    (phase,) = asked.phases
    assert phase.find("forward_speed") == motion.phases[0].find("forward_speed")
    assert phase.find("roll") == motion.phases[0].find("roll")
    assert phase.find("height") is not None
    assert result.understood[0] == "so far → forward at 0.6 m/s, swaying at 1.3 Hz"


@pytest.mark.parametrize(("fault", "expected"), [("slow", Unavailable), ("bad", RewardError)])
def test_a_template_that_fails_is_our_fault(fault: str, expected: type[Exception]) -> None:
    class Broken(FakeRewardBuilder):
        def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
            return super().build(fault, robot, trusted)

    with pytest.raises(expected):
        RuleBasedGenerator(CandidateBuilder(Broken())).generate("bow", GO1)


def test_the_prompt_holds_robot_abilities_contract_and_task() -> None:
    system, user = opening("trot, $name", GO1, styles()[0], None)
    for part in (
        "FL_hip (0; -0.863 to 0.863)",
        "state.foot_air_time",
        "rl.gaussian",
        "forward_speed",
        "rhythm",
        "0.28",
        "-1.1 to 2",
        "0.4 to 2.5 Hz",
        "Folded front legs",
    ):
        assert part in system["content"], part
    assert "$" not in system["content"]
    assert "DIRECT" in user["content"]
    assert user["content"].endswith("trot, $name")


def test_a_reflection_tells_what_went_before() -> None:
    model = Model(candidate("good"))
    generator_with(model).generate("lower, and slower", GO1, HISTORY)
    content = model.asked["direct"][0].messages[1]["content"]
    for part in (
        "1. trot forward",
        "2. and sway",
        HISTORY.code,
        '{"trot": 1.5}',
        "0.1 → 0.3 → 0.4 → 0.6 → 0.7 → 0.9",
        "mean forward speed, target ≥ 0.4 m/s: 0.52 (met; before learning 0.01",
        "Falls: 25% of episodes, before 10%.",
    ):
        assert part in content, part
    assert content.endswith("lower, and slower")
