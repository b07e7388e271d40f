"""Motions that a language model says as data: what is written for them, repaired and told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tabrl.contracts.motion import MotionSpec
from tabrl.domain.errors import Unavailable
from tabrl.domain.report import CandidateReport, Finding
from tabrl.robots import Robot, get_robot
from tabrl_reward_worker.building import BuiltCandidate, CandidateBuilder, ValidationReport
from tabrl_reward_worker.generation import GenerationResult, NoRewardError
from tabrl_reward_worker.generator import candidates_of
from tabrl_reward_worker.llm import LlmGenerator, LlmOptions
from tabrl_reward_worker.llm.motions.prompt import speaks_motion
from tabrl_reward_worker.llm.provider import CallFailure, Reply
from tabrl_reward_worker.sandbox import BuiltReward
from tests.support.generators import FakeRewardBuilder, Given, Model, candidate
from tests.unit.reward_worker.llm.motions import (
    MARCH,
    ROLLING,
    RUSH,
    STROLL,
    WINGS,
    held,
    motion,
    phase,
    said,
    swung,
)

GO1 = get_robot("go1")
STYLES = ("direct", "rhythmic", "reference")


def generate(model: Model, robot: Robot = GO1, **more: Any) -> GenerationResult:
    builder = CandidateBuilder(more.pop("reward_builder", FakeRewardBuilder()))
    writer = LlmGenerator(LlmOptions("openai/test"), builder, model, more.pop("validate", None))
    return writer.generate("go for a walk", robot, **more)


def names(result: GenerationResult) -> list[str]:
    return [built.candidate.name for built in result.candidates]


def calls(model: Model) -> tuple[int, int]:
    """Questions for motions, and for code."""
    return len(model.asked["motion"]), sum(len(model.asked[style]) for style in STYLES)


def test_one_call_and_no_code() -> None:
    model = Model(motion=[said(STROLL, ROLLING)])
    result = generate(model)
    assert calls(model) == (1, 0)
    assert names(result) == ["Stroll", "Rolling"]
    assert result.generator == "llm:openai/test"
    assert not result.notices
    assert not result.rejected
    assert result.usage is not None
    assert (result.usage.calls, result.usage.prompt_tokens) == (1, 100)
    assert result.usage.cost_usd == pytest.approx(0.001)
    stroll = result.candidates[0].candidate
    assert isinstance(stroll.motion, MotionSpec)
    assert stroll.idea == "Stroll, as it was asked"
    assert stroll.code == candidates_of(stroll.motion, GO1)[0].code
    assert "falls" in {check.id for check in stroll.checks}


def test_nothing_of_it_needs_a_sandbox_for_strangers() -> None:
    class Ours(FakeRewardBuilder):
        def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
            assert trusted
            return super().build(source, robot, trusted)

    assert len(generate(Model(motion=[said(STROLL, MARCH)]), reward_builder=Ours()).candidates) == 2


def test_motions_that_are_alike_are_written_in_different_ways() -> None:
    result = generate(Model(motion=[said(STROLL, MARCH, ROLLING)]))
    stroll, march, rolling = (built.candidate for built in result.candidates)
    assert march.motion is not None
    assert march.code == candidates_of(march.motion, GO1)[1].code
    assert stroll.weights.keys() != march.weights.keys()
    assert rolling.motion is not None
    assert rolling.code == candidates_of(rolling.motion, GO1)[0].code


def test_a_single_motion_is_written_in_every_way() -> None:
    result = generate(Model(motion=[said(STROLL)]))
    assert names(result) == ["Stroll", "Stroll, smooth", "Stroll, all at once"]
    assert len({built.candidate.code for built in result.candidates}) == 3


@pytest.mark.parametrize(
    ("wrong", "code", "told"),
    [
        (RUSH, "motion_beyond", "forward speed of 7.5 m/s: this robot does"),
        (WINGS, "bad_motion", "there is no wings; there are forward_speed"),
        (
            motion("Tap", phase(foot_height__FR=held(0.1), forward_speed=held(0.5))),
            "motion_beyond",
            "on three legs it stays in place",
        ),
        (motion("Shift", phase(planar_speed=held(0.5))), "bad_motion", "planar_speed can only be"),
        (motion("Wade", phase(way=held(2.0))), "bad_motion", "way can only end a phase"),
        (motion("Canter", phase(gait="canter", forward_speed=held(1.0))), "bad_motion", "gait"),
        (
            motion("Off beat", phase(roll=swung(0.1, 1.0), pitch=swung(0.1, 2.0))),
            "bad_motion",
            "one hz for all",
        ),
        (
            motion("Two", phase(forward_speed=held(0.3)), phase(pitch=held(0.2))),
            "llm_bad_answer",
            "phase 1 is held for ever",
        ),
        (motion("Empty"), "llm_bad_answer", "motion.phases"),
        (motion("Odd", phase(roll={"kind": "spiral"})), "llm_bad_answer", "shape"),
        (
            motion(
                "Late",
                phase(
                    {"kind": "reached", "quantity": "heading", "by": 90.0, "within_s": 4.0},
                    yaw_rate=held(0.7),
                ),
                phase(planar_speed=held(0.0)),
            ),
            "bad_motion",
            "takes 129 s for 90 rad",
        ),
        (
            motion("Torn", phase(planar_speed=held(0.0), forward_speed=held(0.5))),
            "bad_motion",
            "stands still by planar_speed and has a speed",
        ),
        (
            motion(
                "Wrong way round",
                phase({"kind": "reached", "quantity": "heading", "by": 1.5}, yaw_rate=held(-0.6)),
                phase(planar_speed=held(0.0)),
            ),
            "bad_motion",
            "yaw_rate of the same sign",
        ),
        (
            motion(
                "Up to a height",
                phase({"kind": "reached", "quantity": "height", "by": 0.1}, roll=held(0.1)),
                phase(planar_speed=held(0.0)),
            ),
            "bad_motion",
            "no phase ends by height",
        ),
        (
            motion(
                "Long",
                phase({"kind": "duration", "seconds": 15.0}, forward_speed=held(0.3)),
                phase({"kind": "duration", "seconds": 15.0}, planar_speed=held(0.0)),
                repeat=True,
            ),
            "bad_motion",
            "its phases take 30 s",
        ),
    ],
)
def test_what_cannot_be_asked_goes_back_once_with_the_reason(
    wrong: dict[str, Any], code: str, told: str
) -> None:
    model = Model(motion=[said(STROLL, wrong), said(STROLL, ROLLING)])
    assert names(generate(model)) == ["Stroll", "Rolling"]
    assert calls(model) == (2, 0)
    *_, answer, repair = model.asked["motion"][1].messages
    assert f"{wrong['name']}: " in repair["content"]
    assert told in repair["content"]
    assert answer["role"] == "assistant"
    stubborn = Model(motion=[said(STROLL, wrong)])
    result = generate(stubborn)
    assert calls(stubborn) == (2, 0)
    assert [(one.name, one.code) for one in result.rejected] == [(wrong["name"], code)]
    assert [notice.code for notice in result.notices] == ["llm_reward_dropped"]


def test_a_repair_that_is_worse_or_never_comes_loses_nothing() -> None:
    for second in ("no json", said(WINGS), said(declined=True), CallFailure.TIMEOUT):
        result = generate(Model(motion=[said(STROLL, MARCH, RUSH), second]))
        assert names(result) == ["Stroll", "March"]
        assert [one.name for one in result.rejected] == ["Rush"]


@pytest.mark.parametrize(
    ("first", "second", "expected", "unsaid"),
    [
        (said(STROLL, MARCH, RUSH), said(ROLLING), ["Stroll", "March", "Rolling"], False),
        (said(STROLL, RUSH), said(ROLLING | {"name": "Rush"}), ["Stroll", "Rush"], False),
        (said(STROLL, RUSH), said(MARCH, ROLLING), ["March", "Rolling"], False),
        (said(STROLL, MARCH, RUSH), said(STROLL), ["March", "Stroll"], False),
        (said(STROLL, RUSH, unsaid="the tail"), said(ROLLING), ["Stroll", "Rolling"], True),
    ],
)
def test_a_repair_that_repeats_only_what_was_wrong_keeps_the_rest(
    first: dict[str, Any], second: dict[str, Any], expected: list[str], unsaid: bool
) -> None:
    result = generate(Model(candidate("good"), motion=[first, second]))
    assert [name for name in names(result) if name != "Named good"] == expected
    assert not result.rejected
    assert ("llm_motion_unsaid" in [notice.code for notice in result.notices]) == unsaid


def test_nothing_unsaid_asks_for_no_code() -> None:
    for nothing in ("None", "nothing", "-"):
        model = Model(candidate("good"), motion=[said(STROLL, MARCH, unsaid=nothing)])
        result = generate(model)
        assert calls(model) == (1, 0)
        assert not result.notices


def test_a_draft_in_thoughts_that_were_cut_off_is_asked_for_again() -> None:
    cut = Reply(f"<think>Perhaps {json.dumps(said(RUSH, MARCH))}? Or", cut_off=True)
    model = Model(motion=[cut, said(STROLL, ROLLING)])
    assert names(generate(model)) == ["Stroll", "Rolling"]
    assert "be much shorter" in model.asked["motion"][1].messages[-1]["content"]


@pytest.mark.parametrize("answer", [said(RUSH), "no json", "", candidate("good"), "{}", said()])
def test_without_a_motion_that_can_be_asked_code_is_written(answer: Given) -> None:
    model = Model(candidate("good"), motion=[answer])
    result = generate(model)
    assert calls(model) == (2, 3)
    assert len(result.candidates) == 3
    assert [built.candidate.motion for built in result.candidates] == [None] * 3
    assert len(result.rejected) == 1
    assert [notice.code for notice in result.notices] == ["llm_reward_dropped"]


def test_what_a_motion_cannot_say_is_written_as_code() -> None:
    model = Model(candidate("good"), motion=[said(unsaid="the tail")])
    result = generate(model)
    assert calls(model) == (1, 3)
    assert len(result.candidates) == 3
    assert not result.notices


def test_motions_that_say_a_part_stand_beside_code_for_all_of_it() -> None:
    model = Model(candidate("good"), motion=[said(STROLL, MARCH, ROLLING, unsaid="the tail\n.")])
    result = generate(model)
    assert calls(model) == (1, 1)
    assert names(result) == ["Named good", "Stroll", "March"]
    assert [notice.code for notice in result.notices] == ["llm_motion_unsaid"]
    assert "“Stroll” and “March” leave something out: the tail" in result.notices[0].message
    model = Model(candidate("good"), motion=[said(STROLL, unsaid="the tail")])
    assert names(generate(model)) == ["Named good", "Named good 2", "Stroll"]
    assert calls(model) == (1, 2)


def test_a_part_is_offered_where_code_cannot_be() -> None:
    class Unlockable(FakeRewardBuilder):
        def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
            if not trusted:
                raise Unavailable("This cannot be locked up.", code="jail_no_seccomp")
            return super().build(source, robot, trusted)

    model = Model(candidate("good"), motion=[said(STROLL, unsaid="the tail")])
    result = generate(model, reward_builder=Unlockable())
    assert names(result) == ["Stroll"]
    assert [one.code for one in result.rejected] == ["jail_no_seccomp"]
    assert {notice.code for notice in result.notices} == {"llm_motion_unsaid", "llm_reward_dropped"}


def test_of_a_motion_the_first_way_that_recorded_motion_allows_is_offered() -> None:
    def validate(built: BuiltCandidate, robot: Robot) -> BuiltCandidate:
        motion = built.candidate.motion
        assert motion is not None
        found = (Finding(code="fall_pays_best", message="Falling pays."),)
        bad = built.candidate.code == candidates_of(motion, robot)[0].code
        swings = len(motion.phases[0].targets) > 1
        report = CandidateReport(failures=found if bad or swings else ())
        return replace(built, validation=ValidationReport(report, None))

    result = generate(Model(motion=[said(STROLL, ROLLING)]), validate=validate)
    (stroll,) = (built.candidate for built in result.candidates)
    assert stroll.motion is not None
    assert stroll.code == candidates_of(stroll.motion, GO1)[1].code
    assert [(one.name, one.code) for one in result.rejected] == [("Rolling", "reward_not_valid")]
    assert result.rejected[0].message == "Falling pays."


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (said(declined=True), "llm_declined"),
        (Reply("", refused=True), "llm_declined"),
        (CallFailure.KEY, "llm_unavailable"),
    ],
)
def test_one_call_is_enough_to_know_that_there_will_be_nothing(answer: Given, code: str) -> None:
    model = Model(candidate("good"), motion=[answer])
    with pytest.raises(NoRewardError) as error:
        generate(model)
    assert error.value.code == code
    assert calls(model) == (1, 0)
    assert error.value.usage is not None
    assert error.value.usage.calls == 1
    assert len(error.value.rejected) == 1


def test_robots_that_can_be_asked_for_nothing_have_code_alone() -> None:
    pointer = get_robot("pointer")
    assert not speaks_motion(pointer)
    check = {"id": "calm", "quantity": "joint_speed", "statistic": "mean", "at_most": 0.5}
    model = Model(candidate("good", success_checks=[check]))
    assert len(generate(model, pointer).candidates) == 3
    assert calls(model) == (0, 3)
