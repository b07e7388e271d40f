"""Sentences for a kind of robot that this service knows nothing of: no legs, no falls, no words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tabrl.contracts.checks import CheckSpec
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import catalogue_of, state_methods_of
from tabrl.robots import Robot, get_robot
from tabrl.sim.motion_library import MotionLibrary, record_motion_library
from tabrl_reward_worker.building import BuiltCandidate, CandidateBuilder
from tabrl_reward_worker.generation import GenerationResult, RuleBasedGenerator
from tabrl_reward_worker.generator.followup.generate import generate_followup
from tabrl_reward_worker.llm import LlmGenerator, LlmOptions
from tabrl_reward_worker.llm.kind_words import examples
from tabrl_reward_worker.llm.prompt import opening, styles
from tabrl_reward_worker.llm.schema import answer_schema
from tabrl_reward_worker.report import report_on
from tabrl_reward_worker.report.preview import preview_of
from tabrl_reward_worker.sandbox import Sandbox
from tests.support.generators import FakeRewardBuilder, Model, candidate
from tests.unit.reward_worker.test_generation import HISTORY

LIFTED = {"id": "up", "quantity": "get_joint_angle", "part": "pointer_tilt", "statistic": "mean"}
CALM = {"id": "calm", "quantity": "joint_speed", "statistic": "mean", "at_most": 0.5}


@pytest.fixture(scope="module")
def pointer() -> Robot:
    """A robot on a table, of a kind that only tests know."""
    return get_robot("pointer")


@pytest.fixture(scope="module")
def own_sandbox(pointer: Robot) -> Iterator[Sandbox]:
    with Sandbox(deadline_s=15.0) as warm:
        yield warm


@pytest.fixture(scope="module")
def library(pointer: Robot) -> MotionLibrary:
    embodiment = embodiment_of(pointer)

    def follow(observation: np.ndarray) -> np.ndarray:
        command = observation[:, embodiment.observation["command"]]
        return np.asarray(command / embodiment.joints.scale)

    return record_motion_library(pointer, follow)


def written(robot: Robot, *answers: dict[str, Any]) -> tuple[GenerationResult, Model]:
    model = Model(*answers)
    builder = CandidateBuilder(FakeRewardBuilder())
    return LlmGenerator(LlmOptions("openai/test"), builder, model).generate("tilt", robot), model


def test_the_rule_based_generator_declines(pointer: Robot) -> None:
    generator = RuleBasedGenerator(CandidateBuilder(FakeRewardBuilder()))
    for history in (None, HISTORY):
        with pytest.raises(Invalid) as error:
            generator.generate("trot forward", pointer, history)
        assert error.value.code == "task_not_understood"
        assert "need a language model" in error.value.message
        assert "TABRL_LLM_MODEL" in error.value.hint


def test_legged_robots_without_a_foot_in_each_corner_are_declined_too() -> None:
    go1 = get_robot("go1")
    biped = go1.model_copy(update={"limbs": go1.limbs[:2]})
    with pytest.raises(Invalid) as error:
        generate_followup(["trot"], "faster", biped)
    assert error.value.code == "task_not_understood"


def test_the_prompt_speaks_of_no_legs_and_no_falls(pointer: Robot) -> None:
    for style in styles():
        system, user = opening("tilt up", pointer, style, HISTORY)
        text = system["content"] + user["content"].replace(HISTORY.name, "")
        for part in (pointer.description, "pointer_tilt from home, rad: -0.8 to 0.8"):
            assert part in text, part
        for word in ("leg", "foot", "feet", "trunk", "Falls", "Falling", "walk", "$"):
            assert word not in text, word
        methods = set(re.findall(r"\bstate\.(\w+)", text))
        assert methods <= state_methods_of(pointer).keys()


def test_the_schema_holds_the_robots_own_quantities(pointer: Robot) -> None:
    for robot in (pointer, get_robot("go1")):
        check = answer_schema(robot)["$defs"]["CheckSpec"]
        assert check["properties"]["quantity"] == {
            "type": "string",
            "enum": list(catalogue_of(robot).entries),
        }
    assert "fallen" not in catalogue_of(pointer)


def test_checks_are_taken_over_by_their_own_names_and_none_is_added(pointer: Robot) -> None:
    result, _ = written(pointer, candidate(success_checks=[{**LIFTED, "at_least": 0.6}, CALM]))
    checks = result.candidates[0].candidate.checks
    assert [(check.id, check.quantity) for check in checks] == [
        ("up", "joint_position"),
        ("calm", "joint_speed"),
    ]


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ({**CALM, "quantity": "fallen"}, "no quantity 'fallen'"),
        ({**CALM, "quantity": "joint_position"}, "needs in part"),
        ({**CALM, "quantity": "joint_position", "part": "knee"}, "no part 'knee'"),
    ],
)
def test_what_cannot_be_measured_goes_back_with_the_checks_id(
    pointer: Robot, check: dict[str, Any], fault: str
) -> None:
    good = candidate(success_checks=[CALM])
    _, model = written(pointer, candidate(success_checks=[check]), good)
    message = model.asked["direct"][1].messages[-1]["content"]
    assert "success_checks, calm: " in message
    assert fault in message


def test_the_examples_work(pointer: Robot, own_sandbox: Sandbox, library: MotionLibrary) -> None:
    assert {example.style for example in examples(pointer)} == {"direct", "rhythmic"}
    for example in examples(pointer):
        (built,) = CandidateBuilder(own_sandbox).build(
            [example.to_candidate(catalogue_of(pointer))], pointer
        )
        assert isinstance(built, BuiltCandidate), built
        assert built.reward.weights == built.candidate.weights
        report, preview = report_on(built, library)
        assert not report.failures
        assert report.rank.keys() == {"home", "random"}
        assert len(preview.qpos[0]) == pointer.nu


def test_keeping_still_must_not_pay(
    pointer: Robot, own_sandbox: Sandbox, library: MotionLibrary
) -> None:
    code = "def reward(state, action):\n    return -rl.norm(state.joint_velocity())\n"
    written = examples(pointer)[0].to_candidate(catalogue_of(pointer))
    lifted = CheckSpec.model_validate({**LIFTED, "quantity": "joint_position", "at_least": 0.6})
    (built,) = CandidateBuilder(own_sandbox).build(
        [type(written)("Still", "", code, {"reward": 1.0}, (lifted,))], pointer
    )
    assert isinstance(built, BuiltCandidate), built
    report, _ = report_on(built, library)
    assert report.meets == ("pointer_tilt forth",)
    assert "stand_pays" in [warning.code for warning in report.warnings]


def test_a_fixed_robots_clips_are_played_as_they_are(library: MotionLibrary) -> None:
    preview = preview_of(["pointer_turn forth", "pointer_tilt forth"], 1.0, library)
    steps = library.qpos.shape[0]
    np.testing.assert_allclose(
        preview.qpos[steps:], library.qpos[:, library.clips.index("pointer_tilt forth")], atol=1e-4
    )
