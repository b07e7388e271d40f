"""Example sentences of robots that were imported: all of them are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tabrl.domain.errors import Invalid
from tabrl.robot_import.importing import import_robot
from tabrl.robot_import.options import ImportOptions
from tabrl.robot_import.output.folder import write_folder
from tabrl.robots import Robot, get_robot
from tabrl.robots.registry import forget
from tabrl_reward_worker.generator import generate
from tests.support.models.arm import arm
from tests.support.models.dog import LEGS, Dog

TWO = (("l", 0.0, 0.1), ("r", 0.0, -0.1))
THREE = (*LEGS[:2], ("m", 0.2, 0.0))
SIX = (*LEGS, ("mid_l", 0.0, 0.1), ("mid_r", 0.0, -0.1))


def added(place: Path, own: Path) -> tuple[Robot, str]:
    """The robot as the registry reads it, and what there is to know of it."""
    found = import_robot(ImportOptions(place, robot_id="stray"))
    write_folder(found.files, own / "stray", replace=False)
    forget()
    return get_robot("stray"), " ".join(found.report.notes)


@pytest.mark.parametrize("legs", [None, LEGS, SIX], ids=["arm", "four legs", "six legs"])
def test_examples_are_read_without_a_language_model(
    tmp_path: Path, own: Path, legs: tuple[tuple[str, float, float], ...] | None
) -> None:
    place = arm(tmp_path / "new") if legs is None else Dog(legs=legs).write(tmp_path / "new")
    robot, notes = added(place, own)
    assert len(robot.examples) >= 3
    assert all(generate(sentence, robot).candidates for sentence in robot.examples)
    assert "example sentences" not in notes


@pytest.mark.parametrize("legs", [TWO, THREE], ids=["two legs", "three legs"])
def test_where_no_sentence_is_read_there_is_no_example(
    tmp_path: Path, own: Path, legs: tuple[tuple[str, float, float], ...]
) -> None:
    robot, notes = added(Dog(legs=legs).write(tmp_path / "new"), own)
    assert robot.examples == ()
    assert "without a language model (TABRL_LLM_MODEL) only those of robots with legs" in notes
    with pytest.raises(Invalid, match="need a language model"):
        generate("walk forward slowly", robot)
