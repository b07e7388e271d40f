"""What is kept of an evaluation: its episodes step by step, in the weights of the reward."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.control.rollout import Rollout
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.episode_scores import EpisodeScores
from tabrl_trainer.evaluation import Candidate
from tabrl_trainer.recording.episode import Recording, ranked
from tabrl_trainer.recording.file import FORMAT, episodes_file
from tabrl_trainer.rollout_reward import RolloutReward
from tests.support.training_context import some_schedule
from tests.support.training_job import MOVES

STILL = CheckSpec(id="still", quantity="joint_speed", statistic=Statistic.MAX, at_most=1e-3,
                  start_s=0.0, end_s=1.0)  # fmt: skip
CHECKS = (MOVES, STILL)
SECONDS, STEPS = 2.5, 125


@pytest.fixture
def rollout(context: TrainingContext) -> Rollout:
    candidate = Candidate(context.pretrained_weights, some_schedule(context))
    return candidate.rollout(context.small_simulator, SECONDS)


@pytest.fixture
def recording(context: TrainingContext, rollout: Rollout, moving: RolloutReward) -> Recording:
    recorded = EpisodeScores.of(rollout, moving, CHECKS, context.embodiment).recording
    assert recorded is not None
    return recorded


def header_of(data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    index = json.loads(data[8 : 8 + length])
    header: dict[str, Any] = json.loads(index["__metadata__"]["header"])
    return header


def test_an_episode_is_kept_step_by_step(
    context: TrainingContext, rollout: Rollout, moving: RolloutReward, recording: Recording
) -> None:
    terms, qpos = moving.terms_of(rollout), context.embodiment.qpos_of(rollout)
    earned = moving.total(rollout).mean(0, dtype=np.float64)
    failed = context.embodiment.failures(rollout).max(0) > 0.5
    order = ranked(failed, earned)
    for kept, index in ((recording.typical, order[len(order) // 2]), (recording.worst, order[0])):
        assert kept.qpos.shape == (STEPS, context.embodiment.nq)
        assert (kept.qpos == qpos[:, index]).all()
        assert (kept.terms == terms[:, index]).all()
        assert np.abs(kept.terms.sum(1) - kept.reward).max() < 1e-6
        assert kept.reward.mean(dtype=np.float64) == pytest.approx(earned[index])
        assert kept.time[0] == pytest.approx(0.02)
        assert kept.time[-1] == pytest.approx(SECONDS, abs=1e-4)
        speed = np.abs(rollout.joint_velocity[:, index]).mean(-1)
        assert np.allclose(kept.checks, [speed, speed], atol=1e-5)
        assert kept.values[1] == pytest.approx(speed[:50].max(), rel=1e-5)
        assert (kept.failed is None) == (not failed[index])
    assert earned[order[0]] <= earned[order[-1]] or failed[order[0]]


def test_their_file_is_read_by_any_reader_of_safetensors(
    context: TrainingContext, moving: RolloutReward, recording: Recording
) -> None:
    catalogue = context.embodiment.catalogue
    data = episodes_file(recording, context.robot.id, 4, moving, CHECKS, catalogue)
    tensors, header = load(data), header_of(data)
    assert header["format"] == FORMAT
    assert header["terms"] == [*moving.terms]
    assert (header["robot"], header["hz"], header["evaluated"]) == (context.robot.id, 50.0, 4)
    assert [check["target"] for check in header["checks"]] == ["≥ 0.3 rad/s", "≤ 0.001 rad/s"]
    assert [one["kind"] for one in header["episodes"]] == ["typical", "worst"]
    for one in header["episodes"]:
        kept = getattr(recording, one["kind"])
        assert one["reward"] == pytest.approx(tensors[f"{one['kind']}/reward"].mean(), rel=1e-5)
        assert not one["passed"][1]
        assert (tensors[f"{one['kind']}/qpos"] == kept.qpos).all()
        touches = tensors[f"{one['kind']}/touches"]
        assert touches.shape == (STEPS, len(header["touches"]))
        assert set(np.unique(touches)) <= {0.0, 1.0}
    assert {str(tensor.dtype) for tensor in tensors.values()} == {"float32"}
    assert len(data) < 200_000


def test_the_same_episode_is_kept_once(
    context: TrainingContext, rollout: Rollout, moving: RolloutReward
) -> None:
    alone = rollout.robots(slice(0, 1))
    one = EpisodeScores.of(alone, moving, CHECKS, context.embodiment).recording
    assert one is not None
    data = episodes_file(one, context.robot.id, 1, moving, CHECKS, context.embodiment.catalogue)
    assert [shown["kind"] for shown in header_of(data)["episodes"]] == ["typical"]


def test_the_moment_of_a_failure_is_told(
    context: TrainingContext, rollout: Rollout, moving: RolloutReward
) -> None:
    field = context.embodiment.failure
    assert field is not None
    failures = np.zeros_like(rollout.fields[field])
    failures[60:, 1] = 1.0
    failed = Rollout({**rollout.fields, field: failures})
    recording = EpisodeScores.of(failed, moving, CHECKS, context.embodiment).recording
    assert recording is not None
    assert (recording.typical.failed, recording.worst.failed) == (None, 60)
    catalogue = context.embodiment.catalogue
    data = episodes_file(recording, context.robot.id, 4, moving, CHECKS, catalogue)
    typical, worst = header_of(data)["episodes"]
    assert typical["failed_s"] is None
    assert worst["failed_s"] == pytest.approx(61 * 0.02, abs=1e-5)


def test_a_fall_is_worse_than_any_reward() -> None:
    failed, earned = np.array([False, True, False, True]), np.array([0.1, 9.0, 3.0, 8.0])
    assert ranked(failed, earned).tolist() == [3, 1, 0, 2]


def test_of_two_rounds_the_worse_worst_is_kept(
    context: TrainingContext, rollout: Rollout, moving: RolloutReward
) -> None:
    half = rollout.shape[1] // 2
    halves = [
        EpisodeScores.of(rollout.robots(part), moving, CHECKS, context.embodiment)
        for part in (slice(0, half), slice(half, None))
    ]
    both = halves[0].joined(halves[1]).recording
    first, second = halves[0].recording, halves[1].recording
    assert both is not None
    assert first is not None
    assert second is not None
    assert both.typical is first.typical
    assert both.worst.rank == min(first.worst.rank, second.worst.rank)
