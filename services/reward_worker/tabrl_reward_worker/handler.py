"""The job: from a task's sentence, or a user's edit, to stored candidates."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from tabrl.contracts.events import NoticeEvent, StageEvent
from tabrl.contracts.training import TrainResult
from tabrl.domain.errors import Conflict, Invalid, NotFound
from tabrl.domain.jobs import FailureKind, Job
from tabrl.domain.tasks import Candidate, Dropped, Revision, WrittenTask
from tabrl.ports import (
    BlobStore,
    JobControl,
    JobFailedError,
    SourceRepository,
    StopReason,
    TaskRepository,
)
from tabrl.robots import get_robot
from tabrl.sim.motion_library import MotionLibrary
from tabrl_reward_worker.authors import Author, Written
from tabrl_reward_worker.building import BuiltDraft, Workshop
from tabrl_reward_worker.history import Archive
from tabrl_reward_worker.proving import Proven, prove
from tabrl_reward_worker.revising import AUTHOR, revised
from tabrl_reward_worker.waiting import Halt, HaltedError, side_by_side

_NO_BANK = NoticeEvent(
    code="no_behaviour_bank",
    message="There is no recorded motion of this robot to try the rewards on.",
)


@dataclass(frozen=True)
class Desk:
    """Where the handler reads and files."""

    tasks: TaskRepository
    sources: SourceRepository
    blobs: BlobStore
    archive: Archive


class RewardHandler:
    """A `JobHandler`: writes, builds, proves and stores the candidates of one task, or one edit."""

    def __init__(
        self,
        author: Author,
        workshop: Workshop,
        desk: Desk,
        bank: Callable[[str], MotionLibrary | None],
    ) -> None:
        self._author = author
        self._workshop = workshop
        self._desk = desk
        self._bank = bank

    def __call__(self, job: Job, control: JobControl) -> TrainResult | None:
        """Raises `JobFailedError`, `JobStoppedError`, or `Unavailable` for another attempt."""
        control.publish(StageEvent(stage="writing", elapsed_s=0.0))
        revision = self._desk.tasks.revision(job.id)
        try:
            if revision is None:
                self._write(job, control)
            else:
                self._revise(job, control, revision)
        except HaltedError as halted:
            if halted.usage is not None and control.should_stop() is not StopReason.LOST_LEASE:
                spent = WrittenTask(usage=halted.usage)
                self._desk.tasks.store(job.task_id, spent, job_id=job.id, fence=control.fence)
            control.raise_if_stopped()
            raise
        return None

    def _write(self, job: Job, control: JobControl) -> None:
        started = time.monotonic()
        task = self._desk.tasks.get(job.task_id)
        robot = get_robot(task.robot)
        history = self._desk.archive.history_of(task)
        halt = _halt_of(control)
        try:
            written = self._author.write(task.prompt, robot, history, halt)
        except Invalid as error:
            self._tell_reading(job, control, error)
            hint = f" {error.hint}" if error.hint else ""
            raise JobFailedError(FailureKind.CODE, error.code, f"{error.message}{hint}") from None
        for notice in written.notices:
            control.publish(notice)
        writing_s = time.monotonic() - started
        bank = self._recorded(robot.id, control)
        try:
            proven, dropped = prove(written.drafts, bank, halt)
            if halt():
                raise HaltedError
        except HaltedError:
            raise HaltedError(written.usage) from None
        self._store(job, control, written, proven, dropped, writing_s)
        if not proven:
            reasons = " ".join(f"{one.name}: {one.message}" for one in dropped)
            raise JobFailedError(
                FailureKind.CODE, "no_sound_reward", f"No reward passed its checks. {reasons}"
            )

    def _revise(self, job: Job, control: JobControl, revision: Revision) -> None:
        started = time.monotonic()
        desk, robot = self._desk, get_robot(job.robot)
        parent = desk.tasks.candidate(revision.task_id, revision.parent)
        source = desk.sources.get(revision.task_id).get(revision.parent, "")
        halt = _halt_of(control)

        def edit(one: Revision) -> BuiltDraft:
            return revised(one, parent, source, robot, self._workshop)

        built = side_by_side(edit, [revision], halt)
        writing_s = time.monotonic() - started
        bank = self._recorded(robot.id, control)
        proven, dropped = prove(built, bank, halt)
        if not proven:
            raise JobFailedError(FailureKind.CODE, dropped[0].code, dropped[0].message)
        control.raise_if_stopped()
        edited = self._candidate(1, AUTHOR, proven[0], writing_s)
        added = desk.tasks.add_candidate(
            revision.task_id,
            edited.model_copy(update={"parent": parent.n}),
            proven[0].preview,
            job_id=job.id,
            fence=control.fence,
        )
        code = proven[0].built.draft.code
        desk.sources.add(revision.task_id, added.n, code, job_id=job.id, fence=control.fence)

    def _tell_reading(self, job: Job, control: JobControl, error: Invalid) -> None:
        """Keep what was and was not understood, so that the user can reword the task."""
        reading = WrittenTask(
            understood=getattr(error, "understood", []),
            not_understood=getattr(error, "not_understood", []),
            usage=getattr(error, "usage", None),
            dropped=getattr(error, "dropped", []),
        )
        self._desk.tasks.store(job.task_id, reading, job_id=job.id, fence=control.fence)

    def _recorded(self, robot_id: str, control: JobControl) -> MotionLibrary | None:
        bank = self._bank(robot_id)
        if bank is None:
            control.publish(_NO_BANK)
        return bank

    def _store(
        self,
        job: Job,
        control: JobControl,
        written: Written,
        proven: list[Proven],
        dropped: list[Dropped],
        writing_s: float,
    ) -> None:
        numbered = list(enumerate(proven, start=1))
        kept = WrittenTask(
            candidates=[self._candidate(n, written.author, one, writing_s) for n, one in numbered],
            previews={n: one.preview for n, one in numbered if one.preview is not None},
            understood=written.understood,
            not_understood=written.not_understood,
            usage=written.usage,
            dropped=[*written.dropped, *dropped],
            notices=[notice.message for notice in written.notices],
        )
        sources = {n: one.built.draft.code for n, one in numbered}
        self._desk.sources.put(job.task_id, sources, job_id=job.id, fence=control.fence)
        self._desk.tasks.store(job.task_id, kept, job_id=job.id, fence=control.fence)

    def _candidate(self, n: int, author: str, proven: Proven, writing_s: float) -> Candidate:
        """A candidate whose artifact lies in the object store."""
        draft, reward = proven.built.draft, proven.built.reward
        sha256 = hashlib.sha256(reward.blob).hexdigest()
        self._put(f"artifacts/{sha256}.bin", reward.blob)
        stages = {"writing": round(writing_s, 3), **proven.report.stages_s}
        return Candidate(
            n=n,
            name=draft.name,
            idea=draft.idea,
            author=author,
            weights=reward.weights,
            checks=list(draft.checks),
            phases_s=draft.phases_s,
            artifact_sha256=sha256,
            report=proven.report.model_copy(update={"stages_s": stages}),
        )

    def _put(self, key: str, data: bytes) -> None:
        """Store a blob named by its content; an equal one may be there already."""
        try:
            self._desk.blobs.put(key, data)
        except Conflict as error:
            if error.code != "blob_exists":
                raise


def _halt_of(control: JobControl) -> Halt:
    return lambda: control.should_stop() is not None


class MotionLibraries:
    """Banks out of the object store, read once each; a missing one is looked for again."""

    def __init__(self, blobs: BlobStore, read: Callable[[bytes], MotionLibrary]) -> None:
        self._blobs = blobs
        self._read = read
        self._banks: dict[str, MotionLibrary] = {}

    def __call__(self, robot_id: str) -> MotionLibrary | None:
        """The robot's bank; None while there is none."""
        if robot_id not in self._banks:
            try:
                self._banks[robot_id] = self._read(self._blobs.get(f"bank/{robot_id}.npz"))
            except NotFound:
                return None
        return self._banks[robot_id]
