"""What every pretrained policy holds, and what the shipped one was measured to do."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tabrl.control.command_schedule import CommandSchedule
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import Robot, scene_sha256
from tabrl.robots.abilities import abilities_of
from tabrl.sim.learning.checkpoint import load_tree
from tabrl.sim.learning.networks import policy_weights
from tabrl.sim.motion_library import NEGATIVE_REFERENCES, load_motion_library
from tabrl_trainer.pretrained import PretrainedPolicy, packaged_folder
from tabrl_trainer.pretraining.model_card import ModelCard
from tabrl_trainer.pretraining.pretraining import pretraining_of
from tests.support.engine import GO1
from tests.support.training_context import learner_of, trained_robots


@pytest.fixture(scope="session", params=trained_robots(), ids=lambda robot: robot.id)
def trained_robot(request: pytest.FixtureRequest) -> Robot:
    """Every robot that has a pretrained policy."""
    robot: Robot = request.param
    return robot


def test_a_policy_is_for_the_scene_as_it_is(
    trained_robot: Robot, pretrained: PretrainedPolicy
) -> None:
    policy = load_policy(pretrained.policy)
    assert policy.header.robot == trained_robot.id
    assert policy.header.scene_sha256 == scene_sha256(trained_robot.id)
    assert policy.schedule == CommandSchedule.neutral(embodiment_of(trained_robot).commands)


def test_policy_and_training_state_ship_within_two_megabytes(
    pretrained: PretrainedPolicy,
) -> None:
    assert len(pretrained.policy) + len(pretrained.train_state) <= 2_000_000


def test_the_training_state_is_the_one_behind_the_policy(
    trained_robot: Robot, pretrained: PretrainedPolicy
) -> None:
    state = load_tree(pretrained.train_state, learner_of(trained_robot).init(0))
    weights = load_policy(pretrained.policy).weights
    trained = policy_weights(state.params.policy, state.normalizer)
    np.testing.assert_array_equal(trained.mean, weights.mean)
    for ours, theirs in zip(trained.layers, weights.layers, strict=True):
        np.testing.assert_array_equal(ours.kernel, theirs.kernel)


def test_in_the_library_falls_fall_and_nothing_else_does(
    trained_robot: Robot, pretrained: PretrainedPolicy
) -> None:
    library, embodiment = load_motion_library(pretrained.library), embodiment_of(trained_robot)
    assert library.robot == trained_robot.id
    failed = embodiment.failures(library.rollout)
    failing = {name for i, name in enumerate(library.clips) if failed[:, i].any()}
    assert failing <= set(NEGATIVE_REFERENCES)
    if embodiment.failing_action is not None:
        assert failed[-1, library.clips.index("fall")] == 1.0


def test_the_shipped_library_walks(shipped: PretrainedPolicy) -> None:
    library = load_motion_library(shipped.library)
    walk = library.clip("walk").base_linear_velocity[:, 0, 0]
    assert 0.3 < float(walk.mean()) < 0.7


def test_the_shipped_card_reaches_what_the_product_promises_and_names_what_it_misses() -> None:
    folder, pretraining = packaged_folder(GO1.id), pretraining_of(GO1)
    card = ModelCard.model_validate(json.loads(folder.joinpath("card.json").read_text()))
    assert card.robot == GO1.id
    assert [row.command for row in card.rows] == [row.command for row in pretraining.benchmarks]
    assert [row.must for row in card.rows] == [row.must for row in pretraining.benchmarks]
    text = folder.joinpath("card.md").read_text()
    assert text == card.markdown(pretraining.words)
    missed = [row.command for row in card.rows if not row.passed]
    cannot = text.partition("## What it cannot do")[2].partition("## Curriculum")[0]
    assert cannot.count("\n- ") == len(missed)
    assert all(f"- {command}: " in cannot for command in missed)
    promised = ("velocity", "stand", "height -", "pitch -", "roll ±", "trot", "hop", "right front")
    assert [command for command in missed if command.startswith(promised)] == []


def test_the_shipped_abilities_are_those_of_the_shipped_card() -> None:
    folder, pretraining = packaged_folder(GO1.id), pretraining_of(GO1)
    card = ModelCard.model_validate(json.loads(folder.joinpath("card.json").read_text()))
    reaches = {row.command: dict(row.reaches) for row in pretraining.benchmarks}
    rows = [row.model_copy(update={"reaches": reaches[row.command]}) for row in card.rows]
    measured = abilities_of(GO1.id)
    assert measured is not None
    assert measured.commanded == card.model_copy(update={"rows": rows}).abilities.commanded
    missed = [row.model_copy(update={"fall_rate": 1.0}) for row in rows]
    assert card.model_copy(update={"rows": missed}).abilities.commanded == {}


def test_the_stages_of_a_card_keep_their_keys() -> None:
    card = json.loads(packaged_folder(GO1.id).joinpath("card.json").read_text())
    stages = [json.loads(json.dumps(stage.document())) for stage in pretraining_of(GO1).curriculum]
    by_name = {stage["name"]: stage for stage in stages}  # others may have come since
    for stage in card["stages"]:
        written = by_name[stage["name"]]
        assert written.keys() == stage.keys()
        assert written["mix"].keys() == stage["mix"].keys()
        assert written["weights"].keys() == stage["weights"].keys()
