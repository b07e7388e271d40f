"""Motions that a language model says as data: what is written for them, repaired and told."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from tabrl.contracts.motion import MotionSpec
from tabrl.domain.errors import Invalid, Unavailable
from tabrl.domain.report import CandidateReport, Finding
from tabrl.embodiments.lookup import askables_of
from tabrl.robots import Robot, get_robot
from tabrl_reward_worker.building import BuiltCandidate, CandidateBuilder, ValidationReport
from tabrl_reward_worker.generation import GenerationResult, NoRewardError
from tabrl_reward_worker.generator import candidates_of
from tabrl_reward_worker.llm import LlmGenerator, LlmOptions
from tabrl_reward_worker.llm.answers import AnswerError
from tabrl_reward_worker.llm.motion_faults import written_for
from tabrl_reward_worker.llm.motion_prompt import motion_opening, motion_words, speaks_motion
from tabrl_reward_worker.llm.motion_schema import LlmMotion, motion_schema, read_motions
from tabrl_reward_worker.llm.provider import CallFailure, Reply
from tabrl_reward_worker.sandbox import BuiltReward
from tests.support.generators import FakeRewardBuilder, Given, Model, candidate
from tests.support.robots import LEGGED
from tests.unit.reward_worker.test_generation import HISTORY

GO1 = get_robot("go1")
SPOKEN = [robot for robot in LEGGED if speaks_motion(robot)]
STYLES = ("direct", "rhythmic", "reference")


def held(value: float) -> dict[str, Any]:
    return {"kind": "constant", "value": value}


def swung(amplitude: float, hz: float, mean: float = 0.0) -> dict[str, Any]:
    return {"kind": "sinusoid", "mean": mean, "amplitude": amplitude, "hz": hz}


def phase(until: Any = None, gait: str | None = None, **shapes: Any) -> dict[str, Any]:
    """A double underscore separates a quantity from its part."""
    named = [(*name.partition("__"), shape) for name, shape in shapes.items()]
    targets = [
        {"quantity": quantity, "part": part or None, "shape": shape}
        for quantity, _, part, shape in named
    ]
    return {"targets": targets, "gait": gait, "until": until or {"kind": "hold"}}


def motion(name: str, *phases: dict[str, Any], repeat: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "idea": f"{name}, as it was asked",
        "motion": {"phases": list(phases), "repeat": repeat},
    }


def said(*motions: dict[str, Any], unsaid: str = "", declined: bool = False) -> dict[str, Any]:
    return {"declined": declined, "unsaid": unsaid, "motions": list(motions)}


STROLL = motion("Stroll", phase(forward_speed=held(0.3)))
MARCH = motion("March", phase(forward_speed=held(0.8)))
ROLLING = motion("Rolling", phase(forward_speed=held(0.4), roll=swung(0.15, 1.0)))
RUSH = motion("Rush", phase(forward_speed=held(7.5)))
WINGS = motion("Flutter", phase(wings=held(1.0)))


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
        (motion("Wade", phase(way=held(2.0))), "bad_motion", "asks for nothing"),
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
                phase({"kind": "reached", "quantity": "way", "by": 2.0}, forward_speed=held(0.5)),
            ),
            "bad_motion",
            "add one that is held",
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
            "all phases last 30 s",
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


@pytest.mark.parametrize("robot", SPOKEN, ids=lambda robot: robot.id)
def test_the_worked_examples_can_be_asked_of_every_legged_robot(robot: Robot) -> None:
    for example in motion_words(robot).example:
        answer = read_motions(example.answer())
        assert answer.unsaid == example.unsaid
        assert answer.motions
        for one in answer.motions:
            assert isinstance(one, LlmMotion)
            assert written_for(one.to_spec(), robot)


def test_the_prompt_holds_units_signs_ranges_and_the_sentence_last() -> None:
    system, user = motion_opening("walk, $name", GO1, None)
    for part in (
        "- forward_speed, m/s: forward (backward): -1 to 2.9; or extreme",
        "- roll, rad: leaning right (leaning left): -0.3 to 0.3; swings by ±0.25",
        "- height, m: trunk above the floor: 0.18 to 0.31",
        "part: FR, FL, RR, RL",
        "0.4 to 2.5 Hz",
        "trot, pace, bound",
        "Two worked examples",
        "there is no tail to wag",
    ):
        assert part in system["content"], part
    assert "- way" not in system["content"]
    assert "$" not in system["content"]
    assert "{{" not in system["content"]
    assert len(system["content"]) < 8000
    assert user["content"].endswith("walk, $name")
    lame = GO1.model_copy(update={"without": ("jump", "rear")})
    assert "hop_height" not in motion_opening("walk", lame, None)[0]["content"]


def test_a_follow_up_goes_on_from_the_motion() -> None:
    stroll = read_motions(json.dumps(said(STROLL))).motions[0]
    assert isinstance(stroll, LlmMotion)
    history = replace(HISTORY, motion=stroll.to_spec())
    content = motion_opening("faster", GO1, history)[1]["content"]
    assert '"shape": {"kind": "constant", "value": 0.3}' in content
    assert HISTORY.code not in content
    assert "1. trot forward" in content
    assert HISTORY.code in motion_opening("faster", GO1, HISTORY)[1]["content"]


def test_the_schema_is_strict_and_holds_the_robots_own_names() -> None:
    schema = motion_schema(GO1)
    definitions = schema["$defs"]
    target = definitions["LlmTarget"]["properties"]
    assert "roll" in target["quantity"]["enum"]
    assert "way" not in target["quantity"]["enum"]
    assert target["part"]["anyOf"][0]["enum"] == list(GO1.end_effectors)
    assert definitions["Reached"]["properties"]["quantity"]["enum"] == ["heading", "way"]
    assert [node["$ref"].split("/")[-1] for node in target["shape"]["anyOf"]] == [
        "Constant",
        "Sinusoid",
        "Extreme",
    ]
    for node in (schema, *definitions.values()):
        assert node["additionalProperties"] is False
        assert node["required"] == list(node["properties"])
    assert "oneOf" not in json.dumps(schema)
    assert "phase" not in definitions["Sinusoid"]["properties"]


def any_phase(chance: random.Random, until: Any) -> dict[str, Any]:
    """Whatever the schema allows, sensible or not."""
    targets = []
    for one in chance.sample(askables_of(GO1), chance.randint(1, 3)):
        kind = chance.choice(one.shapes)
        size = chance.choice((-0.3, 0.0, 0.1, 0.3, 2.0))
        shape = {"sinusoid": swung(0.1, 1.0, size), "constant": held(size)}.get(kind)
        part = chance.choice(one.parts) if one.parts else None
        shape = shape or {"kind": "extreme", "sense": chance.choice(("most", "least"))}
        targets.append({"quantity": one.name, "part": part, "shape": shape})
    gait = chance.choice((None, "trot", "pace", "bound"))
    return {"targets": targets, "gait": gait, "until": until}


def test_whatever_is_asked_is_written_for_or_refused() -> None:
    chance, refused, written = random.Random(7), 0, 0
    for _ in range(150):
        quantity = chance.choice(("heading", "way"))
        ends = (
            {"kind": "duration", "seconds": chance.choice((0.5, 3.0))},
            {"kind": "reached", "quantity": quantity, "by": chance.choice((-1.0, 2.0))},
        )
        phases = [any_phase(chance, chance.choice(ends)) for _ in range(chance.randint(0, 2))]
        given = motion("Any", *phases, any_phase(chance, {"kind": "hold"}))
        (one,) = read_motions(json.dumps(said(given))).motions
        assert isinstance(one, LlmMotion)
        try:
            candidates = written_for(one.to_spec(), GO1)
        except Invalid as error:
            assert error.code in ("bad_motion", "motion_beyond")
            refused += 1
        else:
            assert len(candidates) >= 2
            assert all(candidate.checks for candidate in candidates)
            written += 1
    assert min(refused, written) > 10


def bare(**shapes: Any) -> dict[str, Any]:
    targets = [{"quantity": name, "shape": shape} for name, shape in shapes.items()]
    return {"name": "Stroll", "idea": "x", "motion": {"phases": [{"targets": targets}]}}


@pytest.mark.parametrize(
    "answer",
    [
        f"<think>{json.dumps(said(MARCH))}</think>{json.dumps(said(STROLL))}",
        f"maybe {json.dumps(said(MARCH))} no\n</think>\n{json.dumps(said(STROLL))}",
        json.dumps({"answer": said(STROLL)}),
        json.dumps(STROLL),
        json.dumps({"motions": {"first": STROLL}}),
        json.dumps(said(bare(forward_speed=0.3))),
        json.dumps(said(bare(forward_speed={"value": 0.3}))),
        json.dumps(said(STROLL)).replace("false", "False").replace("null", "None") + " // done",
        f"```json\n{json.dumps(said(STROLL), indent=1)[:-2]},\n}}\n```",
    ],
)
def test_motions_are_read_the_way_they_were_meant(answer: str) -> None:
    (stroll,) = read_motions(answer).motions
    assert isinstance(stroll, LlmMotion)
    assert stroll.name == "Stroll"
    assert stroll.to_spec().phases[0].targets[0].shape.model_dump() == held(0.3)


def test_an_answer_without_motions_says_what_it_lacks() -> None:
    for answer in ("nothing", "{}", json.dumps(said()), '{"motions": 3}', '{"motions": ['):
        with pytest.raises(AnswerError):
            read_motions(answer)
