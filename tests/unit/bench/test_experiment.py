"""The bookkeeping around trainings: what is stored, what is run again, and what the tables say."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import bench.tasks.abilities
import bench.tasks.experiment
import numpy as np
import pytest
from bench.robot import ROBOT, legged_robot
from bench.tasks import check, render
from bench.tasks.abilities import write_learnt
from bench.tasks.body import body_of
from bench.tasks.experiment import RESULT, Experiment
from bench.tasks.harness import budget_of
from bench.tasks.motion import read_rollout
from bench.tasks.report import markdown, summarize
from bench.tasks.run_result import Interval, PolicyName, PolicyScore, RunResult
from bench.tasks.scoring import motions_of, rollout_of
from bench.tasks.suite import suite_of
from bench.tasks.task import Bound, Task

from tabrl.contracts.comparison import Comparison
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.policy import Layer, PolicyHeader, PolicyWeights, dump_policy
from tabrl.robots import scene_sha256
from tabrl.robots.abilities import Abilities
from tabrl_trainer.comparison import half_width
from tabrl_trainer.pretrained import PretrainedPolicy
from tests.unit.bench.synthetic_motion import MotionSpec, derived_rollout, synthesize

BODY = body_of(ROBOT)
SUITE = suite_of(BODY)
WALK, CREEP, REAR = (SUITE.find([name])[0] for name in ("walk", "creep", "rear"))
BASE = PretrainedPolicy(policy=b"policy", train_state=b"", library=b"")
BASE_SHA256 = hashlib.sha256(BASE.policy).hexdigest()


def score(reward: float, fall_rate: float = 0.0) -> PolicyScore:
    values = (Interval(mean=1.0, ci95=0.01), Interval(mean=0.1, ci95=0.01))
    return PolicyScore(
        reward=Interval(mean=reward, ci95=0.05),
        values=values,
        success=1.0,
        fall_rate=fall_rate,
        episodes=128,
    )


def run_result(seed: int, speed: float, *, result: float = 1.5, falls: float = 0.0) -> RunResult:
    rows: dict[PolicyName, PolicyScore] = {
        "base": score(0.0), "program": score(1.0), "result": score(result, falls)
    }  # fmt: skip
    return RunResult(
        task="walk",
        task_sha256=WALK.sha256,
        seed=seed,
        budget_s=60.0,
        success=0.85 <= speed <= 1.15,
        fell=False,
        values=(speed, 0.1),
        rows=rows,
        program_words="forward 1.00 m/s",
        delivered="result",
        note="",
        samples=400_000,
        samples_per_s=7000.0,
        fine_tuning_s=58.0,
        job_s=70.0,
        stages_s={"search": 13.0, "ppo": 45.0},
        checks_passed=3,
        checks=3,
        params_sha256="c" * 64,
        base_sha256=BASE_SHA256,
        versions={},
    )


def test_a_bound_knows_how_far_inside_a_value_is() -> None:
    both = Bound("speed", "m/s", lambda _: 0.0, at_least=0.85, at_most=1.15)
    assert both.margin(1.0) == pytest.approx(0.15)
    assert both.margin(1.2) == pytest.approx(-0.05)
    assert both.target == "0.85 … 1.15 m/s"
    assert not both.holds(float("nan"))


def test_the_table_gives_median_worst_and_who_beats_the_schedule() -> None:
    results = [run_result(0, 1.0), run_result(1, 0.8, result=1.05), run_result(2, 0.9, falls=0.03)]
    (summary,) = summarize([WALK, CREEP], results)
    assert (summary.successes, summary.succeeded) == (2, True)
    assert summary.spread(0) == (0.9, 0.8)
    assert summary.median.seed == 2
    assert summary.beats_program  # two of three; 1.05 ± 0.05 is not apart from 1.00 ± 0.05
    assert summary.max_fall_rate == 0.03
    text = markdown(ROBOT, SUITE, [summary])
    assert "1 of 1 tasks succeed in the median seed; in 0 of 1" in text
    assert "| 0.9 | 0.8 | 2/3 | 3.0% | yes: better by 50 % (43…57) | 58 | 400 k |" in text
    assert "- walk, seed 1: forward speed is 0.8, wanted 0.85 … 1.15 m/s" in text
    assert "0.000 ± 0.050 | 1.000 ± 0.050 | 1.500 ± 0.050" in text


def test_how_fast_it_moves_is_written_for_those_who_read_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.tasks.abilities, "abilities_path", lambda robot_id: tmp_path / "new")
    known = Abilities(commanded={"vx": (-1.0, 1.8)}, learnt={"yaw": (0.0, 2.2)})
    monkeypatch.setattr(bench.tasks.abilities, "abilities_of", lambda robot_id: known)
    results = [run_result(0, 1.0)]
    assert write_learnt(ROBOT, summarize([WALK], results)) is None  # as fast as it was asked to
    for task, seed, speed in (("run", 0, 2.5), ("run", 1, 2.71234), ("run", 2, 2.9),
                              ("backwards", 0, -0.6), ("sideways", 0, 0.1)):  # fmt: skip
        result = run_result(seed, speed).model_copy(update={"task": task})
        missed = {"success": task != "sideways", "values": (speed, 0.1)}
        results.append(result.model_copy(update=missed))
    summaries = summarize(SUITE.tasks, results)
    assert write_learnt(ROBOT, summaries) == tmp_path / "new"
    written = Abilities.model_validate_json((tmp_path / "new").read_text())
    assert written.commanded == known.commanded
    assert written.learnt == {"yaw": (0.0, 2.2), "vx": (-0.6, 2.712)}


def test_less_than_one_per_cent_is_not_better() -> None:
    paired = Comparison.of(1.0, 0.009, 0.001, 128)
    result = run_result(0, 1.0).model_copy(update={"comparison": paired})
    assert not result.beats_program
    clear = Comparison.of(1.0, 0.02, 0.001, 128)  # though the rows' own intervals overlap
    close = run_result(0, 1.0, result=1.02)
    assert not close.beats_program
    assert close.model_copy(update={"comparison": clear}).beats_program


def test_a_seed_of_two_that_misses_is_the_median() -> None:
    (summary,) = summarize([WALK], [run_result(0, 1.0), run_result(1, 0.5)])
    assert not summary.succeeded
    assert summary.median.seed == 1


def test_stored_results_are_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    experiment = Experiment(BODY, tmp_path, None, 60.0, 128, messages.append, film_strips=False)
    monkeypatch.setattr(bench.tasks.experiment, "read_base", lambda robot, folder: BASE)
    tried: list[tuple[str, int]] = []

    def train(_: object, base: PretrainedPolicy, missing: list[tuple[Task, int]]) -> None:
        tried.extend((task.name, seed) for task, seed in missing)

    monkeypatch.setattr(Experiment, "_train", train)
    others = run_result(1, 1.0).model_copy(update={"budget_s": 30.0})
    changed = run_result(2, 1.0).model_copy(update={"task_sha256": "d" * 64})
    for stored in (run_result(0, 1.0), others, changed, run_result(4, 1.0)):
        folder = tmp_path / "walk" / f"seed{stored.seed}"
        folder.mkdir(parents=True)
        (folder / RESULT).write_text(stored.model_dump_json())
    (summary,) = experiment.run([WALK], [0, 1, 2])
    assert [r.seed for r in summary.results] == [0, 4]  # all that the folder holds
    assert tried == [("walk", 1), ("walk", 2)]  # another time, another reward
    assert "forward speed" in (tmp_path / "tasks.md").read_text()
    assert messages == ["3 trainings, 1 of them done before"]


def test_a_minute_is_the_products_own_and_five_go_into_learning() -> None:
    minute, short, five = budget_of(WALK, 60.0), budget_of(WALK, 6.0), budget_of(REAR, 60.0)
    assert (minute.search_s, minute.ppo_s) == (12.0, 42.0)
    assert (short.search_s, short.ppo_s) == pytest.approx((1.2, 4.2))
    assert five.search_s + five.ppo_s == pytest.approx(270.0)
    assert five.search_s == pytest.approx(18.0)


def test_half_the_width_of_an_interval() -> None:
    assert half_width(np.array([1.0, 3.0, 1.0, 3.0])) == pytest.approx(1.96 * 1.1547 / 2, rel=1e-4)
    assert half_width(np.array([5.0])) == 0.0


def still_params() -> bytes:
    size = len(legged_robot().observation)
    zeros = Layer(np.zeros((size, ROBOT.nu), np.float32), np.zeros(ROBOT.nu, np.float32))
    weights = PolicyWeights(np.zeros(size, np.float32), np.ones(size, np.float32), (zeros,))
    neutral = CommandSchedule.neutral(legged_robot().commands)
    header = PolicyHeader(
        robot=ROBOT.id, scene_sha256=scene_sha256(ROBOT.id), program=ScheduleDocument.of(neutral)
    )
    return dump_policy(header, weights)


def test_a_rollout_is_read_back_as_it_was_driven(tmp_path: Path) -> None:
    recording = rollout_of(still_params(), ROBOT, 3.0)
    recording.save(tmp_path / "rollout.npz")
    motion = read_rollout(tmp_path / "rollout.npz", BODY)
    assert len(motion) == 150
    np.testing.assert_allclose(motion.feet, recording.end_position, atol=1e-9)
    assert not motion.fell
    assert 0.2 < motion.height[-1] < 0.3
    assert motion.grounded[-1].all()


def test_a_file_is_scored_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, spec in (
        ("good", MotionSpec(vx=1.0, gait="trot")),
        ("bad", MotionSpec(vx=0.5, gait="trot")),
    ):
        motion = synthesize(BODY, spec)
        np.savez(tmp_path / name, time=motion.time, qpos=motion.qpos, qvel=motion.qvel)

    def run(*files: str) -> int:
        paths = [str(tmp_path / f"{file}.npz") for file in files]
        monkeypatch.setattr(sys, "argv", ["check", "walk", *paths])
        return check.main()

    assert run("good") == 0
    assert "walk: success" in capsys.readouterr().out
    assert run("good", "bad") == 1
    assert "NOT  forward speed 0.5, wanted 0.85 … 1.15 m/s" in capsys.readouterr().out
    assert run("none") == 2


def test_a_rollout_holds_the_same_motion() -> None:
    motion = synthesize(BODY, MotionSpec(vx=0.5, yaw=0.4, pitch=0.2, roll=0.1, gait="trot"), 3.0)
    (again,) = motions_of(BODY, derived_rollout(motion))
    np.testing.assert_allclose(again.velocity, motion.velocity, atol=1e-4)
    np.testing.assert_allclose(again.heading, motion.heading, atol=1e-5)
    np.testing.assert_allclose(again.clearance, motion.clearance, atol=1e-5)
    np.testing.assert_allclose(again.trunk_gap, motion.trunk_gap, atol=1e-5)


def test_a_strip_has_eight_frames_and_the_overview_all_strips(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = np.zeros((render.FRAME[1], render.FRAME[0], 3), np.uint8)
    monkeypatch.setattr(render, "_render_frames", lambda motion, rows: [frame] * len(rows))
    motion = synthesize(BODY, MotionSpec(), 12.0)
    rows = render.frame_steps(motion)
    assert len(rows) == render.FRAMES
    assert motion.time[rows[0]] == render.BEGIN_S
    assert motion.time[rows[-1]] - motion.time[rows[0]] == pytest.approx(render.LENGTH_S, abs=0.03)
    strip = render.render_strip(motion, "stand")
    assert strip.width == render.FRAMES * render.FRAME[0]
    overview = render.overview([strip, strip, strip])  # two rows of two columns
    assert overview.height == pytest.approx(2 * 0.45 * strip.height, abs=2)
    assert overview.width > 2 * 0.45 * strip.width


def test_frames_of_a_short_recording_stay_inside() -> None:
    assert render.frame_steps(synthesize(BODY, MotionSpec(), 1.5))[-1] == 74
