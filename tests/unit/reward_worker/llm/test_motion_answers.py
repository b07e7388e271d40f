"""Motions as data: what is asked for, how answers are read, and what becomes of them."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from tabrl.contracts.ground import FLAT, Ground
from tabrl.domain.errors import Invalid
from tabrl.embodiments.lookup import askables_of
from tabrl.robots import Robot, get_robot
from tabrl_reward_worker.generator import candidates_of
from tabrl_reward_worker.llm.answers import AnswerError
from tabrl_reward_worker.llm.motions.answers import read_motions
from tabrl_reward_worker.llm.motions.prompt import motion_opening, motion_words, speaks_motion
from tabrl_reward_worker.llm.motions.schema import LlmMotion, motion_schema
from tests.support.robots import LEGGED
from tests.unit.reward_worker.llm.motions import MARCH, STROLL, held, motion, said, swung
from tests.unit.reward_worker.test_generation import HISTORY

GO1 = get_robot("go1")
SPOKEN = [robot for robot in LEGGED if speaks_motion(robot)]


@pytest.mark.parametrize("robot", SPOKEN, ids=lambda robot: robot.id)
def test_the_worked_examples_can_be_asked_of_every_legged_robot(robot: Robot) -> None:
    for example in motion_words(robot).example:
        answer = read_motions(example.answer(), robot)
        assert answer.unsaid == example.unsaid
        assert answer.motions
        for one in answer.motions:
            assert isinstance(one, LlmMotion)
            assert candidates_of(one.to_spec(), robot)


def test_the_prompt_holds_units_signs_ranges_and_the_sentence_last() -> None:
    system, user = motion_opening("walk, $name", GO1, None)
    for part in (
        "- forward_speed, m/s: forward (backward): -1 to 2.444; or extreme",
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
    stroll = read_motions(json.dumps(said(STROLL)), GO1).motions[0]
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
    able = [one for one in askables_of(GO1) if one.shapes]
    for one in chance.sample(able, chance.randint(1, 3)):
        kind = chance.choice(one.shapes)
        size = chance.choice((-0.3, 0.0, 0.1, 0.3, 2.0))
        shape = {"sinusoid": swung(0.1, 1.0, size), "constant": held(size)}.get(kind)
        part = chance.choice(one.parts) if one.parts else None
        shape = shape or {"kind": "extreme", "sense": chance.choice(("most", "least"))}
        targets.append({"quantity": one.name, "part": part, "shape": shape})
    gait = chance.choice((None, "trot", "pace", "bound"))
    return {"targets": targets, "gait": gait, "until": until}


def outcome_of(one: LlmMotion) -> str:
    try:
        candidates = candidates_of(one.to_spec(), GO1)
    except Invalid as error:
        return error.code
    return "written" if all(each.checks for each in candidates) else "unchecked"


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
        (one,) = read_motions(json.dumps(said(given)), GO1).motions
        assert isinstance(one, LlmMotion)
        outcome = outcome_of(one)
        refused += outcome in ("bad_motion", "motion_beyond")
        written += outcome == "written"
    assert refused + written == 150
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
    (stroll,) = read_motions(answer, GO1).motions
    assert isinstance(stroll, LlmMotion)
    assert stroll.name == "Stroll"
    assert stroll.to_spec().phases[0].targets[0].shape.model_dump() == held(0.3)


def test_what_stands_in_a_wrapper_is_read_too() -> None:
    assert read_motions('{"answer": {"declined": True}}', GO1).declined
    answer = read_motions('{"result": {"unsaid": "a tail that wags", "motions": None}}', GO1)
    assert (answer.unsaid, answer.motions, answer.declined) == ("a tail that wags", [], False)


def test_an_answer_without_motions_says_what_it_lacks() -> None:
    for answer in ("nothing", "{}", json.dumps(said()), '{"motions": 3}', '{"motions": ['):
        with pytest.raises(AnswerError):
            read_motions(answer, GO1)


def test_a_motion_stands_on_the_ground_that_it_names() -> None:
    (example, *_) = motion_words(GO1).example
    stroll = example.motions[0]
    plain = stroll.to_spec(GO1)
    assert plain.ground == FLAT
    uphill = stroll.model_copy(
        update={"motion": stroll.motion.model_copy(update={"ground": "uphill"})}
    )
    assert uphill.to_spec(GO1) == plain.model_copy(
        update={"ground": Ground(shape="slope", angle_deg=10.0)}
    )
    nowhere = stroll.model_copy(
        update={"motion": stroll.motion.model_copy(update={"ground": "lava"})}
    )
    with pytest.raises(ValidationError, match="upstairs"):
        nowhere.to_spec(GO1)
    properties = motion_schema(GO1)["$defs"]["LlmSpec"]["properties"]
    assert properties["ground"]["anyOf"][0]["enum"][:2] == ["flat", "ice"]
