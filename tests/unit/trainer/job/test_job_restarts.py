"""A training job whose worker is shut down or dies."""

from __future__ import annotations

import pytest

from tabrl.contracts.events import (
    NoticeEvent,
    ProgressEvent,
    SearchEvent,
    SnapshotEvent,
    StageEvent,
)
from tabrl.ports import JobStoppedError, StopReason
from tabrl.ports.blobs import CHECKPOINTS
from tests.support.training_job import Control, DiedError, World


def test_a_shutdown_leaves_a_checkpoint_and_the_next_attempt_goes_on(world: World) -> None:
    job = world.claim()
    first = Control(job.fence, stop_at=7)
    with pytest.raises(JobStoppedError) as stopped:
        world.handler(job, first)
    assert stopped.value.reason is StopReason.SHUTDOWN
    kept = first.of(ProgressEvent)[-1]
    assert first.of(SnapshotEvent)[-1].update == kept.update
    assert world.blobs.list(CHECKPOINTS) != []

    job = world.claim()
    assert job.fence == 2
    second = Control(job.fence)
    result = world.handler(job, second)
    (notice,) = [event for event in second.of(NoticeEvent) if event.code == "resumed"]
    assert f"{kept.samples:,} samples kept" in notice.message
    assert "search" not in [event.stage for event in second.of(StageEvent)]
    progress = second.of(ProgressEvent)
    block = progress[1].samples - progress[0].samples
    assert progress[0].update == kept.update + 1
    assert progress[0].samples == kept.samples + block
    assert result.samples == progress[-1].samples
    versions = [e.version for c in (first, second) for e in c.of(SnapshotEvent)]
    assert versions == list(range(1, len(versions) + 1))
    assert result.snapshots == len(versions)


def test_after_a_death_the_last_checkpoint_counts(world: World) -> None:
    job = world.claim()
    dying = Control(job.fence, die_at=10)
    with pytest.raises(DiedError):
        world.handler(job, dying)
    saved = dying.of(SnapshotEvent)[-1]
    assert 0 < saved.update < 10
    (kept,) = [e for e in dying.of(ProgressEvent) if e.update == saved.update]

    job = world.claim()
    second = Control(job.fence)
    world.handler(job, second)
    assert second.of(NoticeEvent)[0].code == "resumed"
    assert second.of(ProgressEvent)[0].update == kept.update + 1
    assert second.of(ProgressEvent)[0].samples > kept.samples


def test_a_death_before_the_first_checkpoint_begins_anew(world: World) -> None:
    job = world.claim()
    with pytest.raises(DiedError):
        world.handler(job, Control(job.fence, die_at=1))
    job = world.claim()
    second = Control(job.fence, stop_at=1)
    with pytest.raises(JobStoppedError):
        world.handler(job, second)
    assert second.of(NoticeEvent) == []
    assert second.of(SearchEvent) != []
    assert second.of(SnapshotEvent)[0].version == 2  # counting on, whatever it holds
