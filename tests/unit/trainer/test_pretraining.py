"""Pretraining as it is for all kinds of robot: how it is found, goes on, and is written down."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tabrl_trainer.pretraining.cli
import tabrl_trainer.pretraining.pretraining
import tabrl_trainer.pretraining.train
from tabrl.control.command_space import MODULATION_RANGE
from tabrl.control.rollout import Rollout
from tabrl.domain.errors import Invalid
from tabrl.robots import list_robots
from tabrl.robots.kinds import KINDS_VARIABLE, kind_package
from tabrl.sim.learning.networks import policy_weights
from tabrl_trainer.pretrained import OWN_FOLDER
from tabrl_trainer.pretraining.benchmark import Benchmark, Bound, at_most
from tabrl_trainer.pretraining.cli import default_output, main, progress_line
from tabrl_trainer.pretraining.model_card import SETTLE, ModelCard, row_of
from tabrl_trainer.pretraining.pretraining import Pretraining, pretraining_of
from tabrl_trainer.pretraining.train import PretrainingProgress, PretrainingRun
from tabrl_trainer.sizes import Batch
from tests.support.engine import GO1, ROBOTS, SMALL
from tests.support.robots import OF_EACH_KIND, PACKAGED
from tests.support.training_context import learner_of

CHUNK = SMALL.unroll * ROBOTS
BATCH = Batch(ROBOTS, SMALL)


@pytest.fixture(params=list_robots(), ids=lambda robot: robot.id)
def pretraining(request: pytest.FixtureRequest) -> Pretraining[Any]:
    """How every robot is pretrained."""
    return pretraining_of(request.param)


@pytest.mark.parametrize(
    ("bound", "value", "holds"),
    [
        (Bound(limit=0.1), 0.1, True),
        (Bound(limit=0.1), 0.11, False),
        (Bound(limit=0.1), float("nan"), False),
        (Bound(limit=0.9, at_least=True), 0.9, True),
        (Bound(limit=0.9, at_least=True), 0.89, False),
        (Bound(limit=0.9, at_least=True), float("nan"), False),
    ],
)
def test_a_bound_holds_on_its_own_side(bound: Bound, value: float, holds: bool) -> None:
    assert bound.holds(value) is holds


def test_every_robot_has_a_curriculum_and_a_card(pretraining: Pretraining[Any]) -> None:
    names = [stage.name for stage in pretraining.curriculum]
    assert len(set(names)) == len(names) > 0
    assert pretraining.samples == sum(stage.samples for stage in pretraining.curriculum) > 0
    commands = [row.command for row in pretraining.benchmarks]
    assert len(set(commands)) == len(commands) > 0
    # An exploration floor or an entropy bonus to the end would leave a noisy policy.
    last = pretraining.curriculum[-1]
    assert (last.min_action_std, last.entropy) == (0.0, 0.0)


def test_every_row_asks_for_what_is_trained(pretraining: Pretraining[Any]) -> None:
    rng, space = np.random.default_rng(0), pretraining.embodiment.commands
    for row in pretraining.benchmarks:
        schedules = row.schedules(rng, 8)
        assert len(schedules) == 8
        assert np.all(schedules.constant >= space.lower.astype(np.float32)), row.command
        assert np.all(schedules.constant <= space.upper.astype(np.float32)), row.command
        assert np.all(np.abs(schedules.amplitude) <= space.amplitude.astype(np.float32))
        assert np.all(schedules.modulation_frequency >= MODULATION_RANGE[0]), row.command
        assert np.all(schedules.modulation_frequency <= MODULATION_RANGE[1]), row.command


def test_a_kind_that_nobody_trains_is_refused_with_a_sentence(
    pretraining: Pretraining[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = tabrl_trainer.pretraining.pretraining
    monkeypatch.setattr(found, "kind_package", lambda kind: f"tabrl.embodiments.{kind}")
    robot = pretraining.robot.model_copy(update={"embodiment": "swimmer"})
    with pytest.raises(Invalid) as caught:
        pretraining_of(robot)
    assert caught.value.code == "no_pretraining"
    assert "'swimmer' cannot be pretrained" in caught.value.message
    assert robot.id in caught.value.hint


def test_a_kind_of_ones_own_brings_its_own_pretraining(
    pretraining: Pretraining[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "ours" / "swimmer"
    package.mkdir(parents=True)
    for name in ("../__init__.py", "__init__.py", "catalogue.py"):
        (package / name).touch()
    (package / "pretraining.py").write_text("def pretraining(embodiment):\n    return embodiment\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv(KINDS_VARIABLE, "ours.swimmer")
    found = tabrl_trainer.pretraining.pretraining
    monkeypatch.setattr(found, "embodiment_of", lambda robot: robot.id)
    robot = pretraining.robot.model_copy(update={"embodiment": "swimmer"})
    kind_package.cache_clear()
    try:
        assert pretraining_of(robot) == robot.id
    finally:
        kind_package.cache_clear()
        for name in [name for name in sys.modules if name.partition(".")[0] == "ours"]:
            del sys.modules[name]


@pytest.fixture(params=OF_EACH_KIND, ids=lambda robot: robot.id)
def short(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Pretraining[Any]:
    """Two short stages of a robot of every kind: the first one, and the same with disturbances."""
    train = tabrl_trainer.pretraining.train
    monkeypatch.setattr(train, "Learner", lambda robot, _: learner_of(robot))
    pretraining = pretraining_of(request.param)
    first = replace(pretraining.curriculum[0], name="first", samples=2 * CHUNK)
    second = replace(first, name="second", samples=4 * CHUNK, randomise=1.0, push_speed=0.3)
    pretraining.curriculum = (first, second)
    return pretraining


def test_pretraining_goes_on_exactly_where_it_stopped(
    short: Pretraining[Any], tmp_path: Path
) -> None:
    run = PretrainingRun(short, tmp_path, seed=0, batch=BATCH)
    seen = []
    for progress in run.run(save_every_s=-1.0):
        seen.append((progress.stage, progress.samples))
        if progress.samples == 4 * CHUNK:  # killed before this chunk was saved
            break
    assert seen == [("first", CHUNK), ("first", 2 * CHUNK), ("second", 3 * CHUNK),
                    ("second", 4 * CHUNK)]  # fmt: skip
    again = PretrainingRun(short, tmp_path, seed=0, batch=BATCH)
    assert again.samples == 3 * CHUNK
    rest = [(progress.stage, progress.samples) for progress in again.run()]
    assert rest == [("second", n * CHUNK) for n in (4, 5, 6)]
    done = PretrainingRun(short, tmp_path, seed=0, batch=BATCH)
    assert done.samples == done.total == 6 * CHUNK
    assert list(done.run()) == []
    weights = policy_weights(done.state.params.policy, done.state.normalizer)
    trained = policy_weights(again.state.params.policy, again.state.normalizer)
    np.testing.assert_array_equal(weights.layers[0].kernel, trained.layers[0].kernel)


@pytest.mark.timeout(900)  # compiles the physics
@pytest.mark.parametrize("short", [GO1], ids=lambda robot: robot.id, indirect=True)
def test_pretraining_runs_on_mjx(short: Pretraining[Any], tmp_path: Path) -> None:
    """Two updates in a stage that asks all of a simulator: robots that differ, start poses."""
    curriculum = pretraining_of(short.robot).curriculum
    stage = next(s for s in curriculum if s.randomise and short.start(s) is not None)
    short.curriculum = (replace(stage, samples=2 * CHUNK),)
    run = PretrainingRun(short, tmp_path, seed=0, simulator="mjx", batch=BATCH)
    before = policy_weights(run.state.params.policy, run.state.normalizer).layers[0].kernel
    seen = list(run.run())
    assert [progress.samples for progress in seen] == [CHUNK, 2 * CHUNK]
    assert all(np.isfinite(list(progress.metrics.values())).all() for progress in seen)
    after = policy_weights(run.state.params.policy, run.state.normalizer).layers[0].kernel
    assert np.isfinite(after).all()
    assert not np.array_equal(before, after)


@pytest.mark.parametrize("short", [GO1], ids=lambda robot: robot.id, indirect=True)
def test_exploration_has_a_floor(short: Pretraining[Any], tmp_path: Path) -> None:
    first, _ = short.curriculum
    short.curriculum = (replace(first, samples=CHUNK, min_action_std=0.9),)
    (progress,) = PretrainingRun(short, tmp_path, seed=0, batch=BATCH).run()
    assert progress.metrics["policy_dist_mean_std"] > 0.8


def test_a_progress_line_names_stage_terms_and_failures(pretraining: Pretraining[Any]) -> None:
    terms = dict.fromkeys(pretraining.reported_terms, 0.5)
    progress = PretrainingProgress("walk", 1_500_000, 4_000_000, 1e4, 2.0, terms, 3.25, {})
    line = progress_line(progress, 10_000.0, pretraining)
    assert line.startswith("  1.50 of 4 M  walk ")
    assert all(f"{name} 0.50" in line for name in pretraining.reported_terms)
    assert f"{pretraining.words.failures}/min 3.25" in line
    assert line.endswith("10.0 k/s  4 min left")


def test_only_episodes_that_did_not_fail_are_measured(pretraining: Pretraining[Any]) -> None:
    embodiment, schedules = pretraining.embodiment, pretraining.benchmarks[0].schedules
    benchmark = Benchmark(
        "stay", schedules,
        lambda settled, asked: {"robots": float(settled.shape[1] + len(asked))},
        at_most(robots=5.0),
    )  # fmt: skip
    rollout = Rollout(
        {name: np.zeros((SETTLE + 5, 4, *shape)) for name, shape in embodiment.schema.items()}
    )
    asked = schedules(np.random.default_rng(0), 4)
    row = row_of(benchmark, asked, rollout, embodiment)
    assert (row.measured, row.fall_rate) == ({"robots": 8.0}, 0.0)
    marks = {
        row_of(replace(benchmark, must=must), asked, rollout, embodiment).mark
        for must in (at_most(robots=5.0), at_most(robots=8.0), {})
    }
    assert marks == {"missed", "reached", "no bound"}
    if embodiment.failure is None:
        return
    rollout.fields[embodiment.failure][3, 1] = 1.0
    row = row_of(benchmark, asked, rollout, embodiment)
    assert (row.measured, row.fall_rate, row.passed) == ({"robots": 6.0}, 0.25, False)
    rollout.fields[embodiment.failure][:] = 1.0
    row = row_of(benchmark, asked, rollout, embodiment)
    assert np.isnan(row.measured["robots"])
    card = ModelCard(robot="toy", seed=0, samples=1, stages=[], episodes=4, rows=[row])
    text = card.markdown(pretraining.words)
    assert "- stay: robots nan instead of ≤ 5, " in text
    assert f"{pretraining.words.failures} in 100.0% of the episodes" in text


def test_the_files_of_a_users_own_robot_go_where_the_trainer_finds_them(
    pretraining: Pretraining[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot, work = pretraining.robot, tmp_path / "work"
    if robot in PACKAGED:
        assert default_output(robot.id, work) == work / "shipped"
    own = tmp_path / "robots" / robot.id
    own.mkdir(parents=True)
    monkeypatch.setattr(tabrl_trainer.pretraining.cli, "robot_folder", lambda _: own)
    assert default_output(robot.id, work) == own / OWN_FOLDER
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert default_output(robot.id, work) == work / "shipped"


def test_the_command_says_which_robots_there_are_and_where_the_files_go(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["rex"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("tabrl-train-base: there is no robot 'rex'; choose one of")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert f"{OWN_FOLDER}/ in its own folder" in " ".join(capsys.readouterr().out.split())
