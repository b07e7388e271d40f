"""Hostile rewards one after another through the whole worker: it serves on, and is as it was."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tabrl.domain.jobs import JobState
from tabrl.ports import JobFailedError
from tabrl_reward_worker.sandbox import Sandbox
from tabrl_reward_worker.sandbox.wire import ZYGOTE_MODULE
from tests.unit.reward_worker.sandbox.test_sandbox_hostile import CORPUS
from tests.unit.reward_worker.test_handler import CODE, Control, World, revise, written

# As a user would send them: with every layer on. The slow ones are among the sandbox's tests.
SENT = [entry for entry in CORPUS if not (entry.slow or entry.off)]
TWENTY = [
    *[entry for entry in SENT if entry.layer == "static"][::20],
    *[entry for entry in SENT if entry.layer == "namespace"][::3],
    *[entry for entry in SENT if entry.layer == "jaxpr"][::5],
    *[entry for entry in SENT if entry.layer == "sandbox"],
]


@dataclass(frozen=True)
class Belongings:
    """What the sandbox has of its own; whatever else lives on this machine is not looked at."""

    zygotes: int
    working: int  # the zygotes' children, also those that have ended but were not collected
    zygote_descriptors: int
    pipes: frozenset[str]  # the worker's, to its children, and files without a name

    @classmethod
    def of(cls, sandbox: Sandbox) -> Belongings:
        zygotes = [child for child in psutil.Process().children() if _is_zygote(child)]
        assert sandbox.supervisor.zygote is not None
        return cls(
            zygotes=len(zygotes),
            working=sum(len(zygote.children(recursive=True)) for zygote in zygotes),
            zygote_descriptors=psutil.Process(sandbox.supervisor.zygote.pid).num_fds(),
            pipes=frozenset(_pipes()),
        )

    def leaks_beside(self, before: Belongings) -> bool:
        """Whether anything has come to what there was before; less is no leak."""
        return (
            self.zygotes > before.zygotes
            or self.working > before.working
            or self.zygote_descriptors > before.zygote_descriptors
            or not self.pipes <= before.pipes
        )


def _is_zygote(child: psutil.Process) -> bool:
    try:
        return ZYGOTE_MODULE in child.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


def _pipes() -> Iterator[str]:
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = os.readlink(descriptor)
        except FileNotFoundError:  # the one that lists the folder
            continue
        if target.startswith(("pipe:", "/memfd:payload")):
            yield target if target.startswith("pipe:") else f"{target} {descriptor.name}"


def settled(sandbox: Sandbox, done: Callable[[Belongings], bool]) -> Belongings:
    """What the sandbox has once `done`; the zygote collects a child a moment after its answer."""
    patience = time.monotonic() + 20.0
    while not done(Belongings.of(sandbox)) and time.monotonic() < patience:
        time.sleep(0.05)
    return Belongings.of(sandbox)


def test_twenty_hostile_edits_leave_nothing_behind(sandbox: Sandbox) -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("only Linux counts these")
    assert len(TWENTY) >= 20
    world = World(sandbox, None)
    written(world)
    before = settled(sandbox, lambda now: now.working == 0)
    assert before.working == 0
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
    after = settled(sandbox, lambda now: not now.leaks_beside(before))
    assert not after.leaks_beside(before), (before, after)
