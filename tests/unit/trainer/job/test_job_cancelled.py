"""A training that its user cancels."""

from __future__ import annotations

import pytest

from tabrl.contracts.events import ProgressEvent
from tabrl.ports import JobStoppedError, StopReason
from tests.support.training_job import Control, World


def test_a_cancelled_training_leaves_its_snapshot(world: World) -> None:
    job = world.claim()
    control = Control(job.fence, stop_at=7, reason=StopReason.CANCELLED)
    with pytest.raises(JobStoppedError):
        world.handler(job, control)
    assert world.model.step == len(control.of(ProgressEvent)) == 7
