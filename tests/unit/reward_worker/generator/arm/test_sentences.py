"""Sentences about an arm: what each asks for, how it is told, and what is not understood."""

from __future__ import annotations

import tomllib
from pathlib import Path as File

import pytest

from tabrl.contracts.motion import (
    Constant,
    Duration,
    Importance,
    MotionSpec,
    Phase,
    Sinusoid,
    Target,
    fault_of,
)
from tabrl.contracts.path import Path
from tabrl.embodiments.lookup import askables_of
from tabrl.robots import Robot
from tabrl_reward_worker.candidates import Proposal
from tabrl_reward_worker.generator.arm.amounts import ArmAmounts
from tabrl_reward_worker.generator.arm.limits import beyond, faults_of
from tabrl_reward_worker.generator.generate import NotUnderstoodError, generate

TABLE = tomllib.loads(File(__file__).with_name("sentences.toml").read_text("utf-8"))["sentence"]


def motion_of(proposal: Proposal) -> MotionSpec:
    motion = proposal.candidates[0].motion
    assert motion is not None
    return motion


def told(target: Target) -> str:
    name, shape = " ".join(filter(None, (target.quantity, target.part))), target.shape
    if isinstance(shape, Path):
        return f"{name} path{' round' if shape.repeat else ''}"
    if isinstance(shape, Sinusoid):
        return f"{name} ±{shape.amplitude:g} {shape.hz:g}Hz"
    assert isinstance(shape, Constant)
    return f"{name} ={shape.value:g}"


def asked(phase: Phase) -> list[str]:
    return sorted(told(one) for one in phase.targets if one.importance is not Importance.KEPT)


def alike(found: list[str], wanted: list[str]) -> bool:
    """Whether all are there; those that say no amount have any."""
    pairs = zip(found, sorted(wanted), strict=False)
    return len(found) == len(wanted) and all(
        one == other or one.startswith(f"{other} =") for one, other in pairs
    )


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["text"])
def test_a_sentence_asks_for_what_it_says(row: dict[str, object], ur5e: Robot) -> None:
    proposal = generate(str(row["text"]), ur5e)
    motion = motion_of(proposal)
    wanted = row["asks"]
    assert isinstance(wanted, list)
    found = [asked(phase) for phase in motion.phases]
    assert len(found) == len(wanted), found
    assert all(map(alike, found, wanted)), found
    assert proposal.not_understood == row.get("left", [])
    if "lasts" in row:
        untils = [phase.until for phase in motion.phases]
        assert row["lasts"] == [
            until.seconds if isinstance(until, Duration) else 0 for until in untils
        ]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["text"])
def test_what_is_asked_is_within_what_the_robot_does(row: dict[str, object], ur5e: Robot) -> None:
    motion = motion_of(generate(str(row["text"]), ur5e))
    assert fault_of(motion, askables_of(ur5e)) is None
    assert list(faults_of(motion)) == []
    assert beyond(motion, ArmAmounts.of(ur5e)) == []
    assert MotionSpec.model_validate_json(motion.model_dump_json()) == motion


def test_examples_of_the_robot_are_understood(ur5e: Robot) -> None:
    for example in ur5e.examples:
        assert generate(example, ur5e).not_understood == [], example


def test_a_text_is_told_as_it_was_written(ur5e: Robot) -> None:
    understood = generate("write Hello, then nod", ur5e).understood
    assert any("“write Hello”" in line for line in understood)
    assert not any("inscribed" in line for line in understood)


def test_a_text_without_room_is_cut_and_that_is_said(ur5e: Robot) -> None:
    proposal = generate("write “incomprehensibilities”", ur5e)
    assert any("there is room for “" in line for line in proposal.not_understood)
    assert len(motion_of(proposal).phases) == 2


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("pick up the cup", "knows of no things around it"),
        ("walk to the door", "its base is fixed"),
        ("blah blah", "blah"),
    ],
)
def test_what_an_arm_cannot_do_is_declined(sentence: str, reason: str, ur5e: Robot) -> None:
    with pytest.raises(NotUnderstoodError) as error:
        generate(sentence, ur5e)
    assert error.value.code == "task_not_understood"
    assert reason in " ".join(error.value.not_understood)
    assert "draw a circle" in error.value.hint


def test_only_english_is_read(ur5e: Robot) -> None:
    with pytest.raises(NotUnderstoodError) as error:
        generate("bewege den Stift langsam nach links und dann nach rechts", ur5e)
    assert "German" in error.value.message


def test_dances_are_other_ones_with_every_seed(ur5e: Robot) -> None:
    first, other = (generate("dance", ur5e, seed) for seed in (0, 7))
    names = [{one.name for one in proposal.candidates} for proposal in (first, other)]
    assert all(len(some) == 3 for some in names)
    assert names[0] != names[1]
    for candidate in first.candidates:
        assert candidate.motion is not None
        assert candidate.motion.repeat
        assert len(candidate.motion.phases) == 3
        assert candidate.phases_s == tuple(
            phase.until.seconds
            for phase in candidate.motion.phases
            if isinstance(phase.until, Duration)
        )


def test_what_takes_too_long_is_shortened_and_that_is_said(ur5e: Robot) -> None:
    proposal = generate("wave for 15 seconds, then draw a circle, then reach left for 9 s", ur5e)
    assert any("all of it would take" in line for line in proposal.not_understood)
    lasting = [
        one.until.seconds for one in motion_of(proposal).phases if isinstance(one.until, Duration)
    ]
    assert sum(lasting) <= 20.0
    assert not generate("wave for 5 seconds, then reach left", ur5e).not_understood
