"""Hostile rewards one after another through the whole worker: it serves on, and is as it was."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest

from tabrl.domain.jobs import JobState
from tabrl.ports import JobFailedError
from tabrl_reward_worker.sandbox import Sandbox
from tests.unit.reward_worker.test_handler import CODE, Control, World, revise, written
from tests.unit.reward_worker.test_sandbox_hostile import CORPUS

# As a user would send them: with every layer on. The slow ones are among the sandbox's tests.
SENT = [entry for entry in CORPUS if not (entry.slow or entry.off)]
TWENTY = [
    *[entry for entry in SENT if entry.layer == "static"][::20],
    *[entry for entry in SENT if entry.layer == "namespace"][::3],
    *[entry for entry in SENT if entry.layer == "jaxpr"][::5],
    *[entry for entry in SENT if entry.layer == "sandbox"],
]


def belongings(sandbox: Sandbox) -> tuple[int, int, int, set[str]]:
    """Processes, descriptors (the worker's, the zygote's) and files that could be left behind."""
    assert sandbox.supervisor.zygote is not None
    worker, zygote = psutil.Process(), psutil.Process(sandbox.supervisor.zygote.pid)
    children = len(worker.children(recursive=True))  # a zygote may have made room for another
    memory = {entry.name for entry in Path("/dev/shm").iterdir()}
    return children, worker.num_fds(), zygote.num_fds(), memory


def test_twenty_hostile_edits_leave_nothing_behind(sandbox: Sandbox) -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("only Linux counts these")
    assert len(TWENTY) >= 20
    world = World(sandbox, None)
    written(world)
    before = belongings(sandbox)
    for entry in TWENTY:
        job = revise(world, code=entry.source)
        with pytest.raises(JobFailedError) as error:
            world.handler(job, Control(job.fence))
        failure = error.value.failure
        assert failure.code.startswith("reward_"), entry.name
        world.jobs.finish(job.id, job.fence, JobState.FAILED, failure=failure)
    job = revise(world, code=CODE)
    world.handler(job, Control(job.fence))
    assert len(world.tasks.candidates("tsk_a")) == 4
    patience = time.monotonic() + 20.0  # the zygote collects a child a moment after its answer
    while belongings(sandbox) != before and time.monotonic() < patience:
        time.sleep(0.05)
    assert belongings(sandbox) == before
