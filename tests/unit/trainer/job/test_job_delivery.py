"""What a training job delivers once it has been evaluated."""

from __future__ import annotations

from tabrl.contracts.events import EvaluationEvent, ProgressEvent, SnapshotEvent
from tabrl.embodiments.load import load_policy
from tabrl_trainer.context import TrainingContext
from tests.support.training_job import Control, FixedEvaluator, World


def test_all_snapshots_but_a_withdrawn_result_differ(scored_context: TrainingContext) -> None:
    # More and more reward for less and less speed.
    evaluator = FixedEvaluator(0.1, 0.5, 0.9, measured=(0.0, 0.4, 0.1))
    scored_context.evaluator = scored_context.quick_evaluator = evaluator  # type: ignore[assignment]
    world = World(scored_context, ppo_s=6.0)
    job = world.claim()
    control = Control(job.fence)
    result = world.handler(job, control)
    assert result.delivered == "result"
    assert result.note == ""
    assert result.comparison is not None
    assert result.comparison.words == "better by 80 % (78…82)"
    assert control.of(EvaluationEvent)[-1].comparison == result.comparison
    assert [flag.code for flag in result.flags] == ["reward_up_checks_down"]
    assert len(set(world.params())) == len(world.params()) == len(control.of(SnapshotEvent))
    last = load_policy(world.blobs.get(world.model.params_key))
    assert result.schedule is not None
    assert last.header.step == result.schedule.kept > 0
    assert result.schedule.updates == control.of(ProgressEvent)[-1].update


def test_a_result_that_is_worse_is_not_delivered(scored_context: TrainingContext) -> None:
    evaluator = FixedEvaluator(base=0.1, program=0.9, result=0.5)
    scored_context.evaluator = scored_context.quick_evaluator = evaluator  # type: ignore[assignment]
    world = World(scored_context, ppo_s=6.0)
    job = world.claim()
    result = world.handler(job, Control(job.fence))
    assert result.delivered == "program"
    assert "0.500 against 0.900" in result.note
    assert result.flags == ()
    assert result.result == result.program
    delivered = load_policy(world.blobs.get(world.model.params_key))
    kernel = delivered.weights.layers[0].kernel
    assert (kernel == scored_context.pretrained_weights.layers[0].kernel).all()
    assert result.comparison is None
    assert delivered.schedule == evaluator.seen[0].schedule == evaluator.seen[1].schedule
    assert world.model.params_sha256 == result.params_sha256
