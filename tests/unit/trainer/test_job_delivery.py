"""What a training job delivers once it has been evaluated."""

from __future__ import annotations

import pytest

from tabrl.contracts.events import ProgressEvent, SnapshotEvent
from tabrl.control.policy import load_policy
from tabrl_trainer.context import TrainingContext
from tests.support.training_job import Control, Rows, World

pytestmark = pytest.mark.usefixtures("told_time")


def test_all_snapshots_but_a_withdrawn_result_differ(judged: TrainingContext) -> None:
    # More and more reward for less and less speed.
    rows = Rows(0.1, 0.5, 0.9, measured=(0.0, 0.4, 0.1))
    judged.evaluator = judged.quick_evaluator = rows  # type: ignore[assignment]
    world = World(judged, ppo_s=6.0)
    job = world.claim()
    control = Control(job.fence)
    result = world.handler(job, control)
    assert result.delivered == "result"
    assert result.note == ""
    assert [flag.code for flag in result.flags] == ["reward_up_checks_down"]
    assert len(set(world.params())) == len(world.params()) == len(control.of(SnapshotEvent))
    last = load_policy(world.blobs.get(world.model.params_key))
    assert result.schedule is not None
    assert last.header.step == result.schedule.kept > 0
    assert result.schedule.updates == control.of(ProgressEvent)[-1].update


def test_a_result_that_is_worse_is_not_delivered(judged: TrainingContext) -> None:
    rows = Rows(base=0.1, program=0.9, result=0.5)
    judged.evaluator = judged.quick_evaluator = rows  # type: ignore[assignment]
    world = World(judged, ppo_s=6.0)
    job = world.claim()
    result = world.handler(job, Control(job.fence))
    assert result.delivered == "program"
    assert "0.500 against 0.900" in result.note
    assert result.flags == ()
    assert result.result == result.program
    delivered = load_policy(world.blobs.get(world.model.params_key))
    kernel = delivered.weights.layers[0].kernel
    assert (kernel == judged.base_weights.layers[0].kernel).all()
    assert delivered.schedule == rows.seen[1].schedule
    assert rows.seen[0].schedule.in_words() == "stand"
    assert world.model.params_sha256 == result.params_sha256
