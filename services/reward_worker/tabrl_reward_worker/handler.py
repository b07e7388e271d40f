"""The job: from a task's sentence, or a user's edit, to stored candidates."""

from __future__ import annotations

import hashlib
import time
import zlib
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
from tabrl_reward_worker.building import BuiltCandidate, RewardBuilder
from tabrl_reward_worker.concurrency import CancellationToken, WorkCancelledError, parallel_map
from tabrl_reward_worker.generation import GenerationResult, RewardGenerator
from tabrl_reward_worker.history import HistoryService
from tabrl_reward_worker.revising import USER, revised
from tabrl_reward_worker.validation import ValidatedCandidate, validate

_NO_BANK = NoticeEvent(
    code="no_behaviour_bank",
    message="There is no recorded motion of this robot to try the rewards on.",
)


@dataclass(frozen=True)
class Repositories:
    """Where the handler reads and stores."""

    tasks: TaskRepository
    sources: SourceRepository
    blobs: BlobStore


class RewardHandler:
    """A `JobHandler`: generates, validates and stores the candidates of a task, or one edit."""

    def __init__(
        self,
        generator: RewardGenerator,
        reward_builder: RewardBuilder,
        repositories: Repositories,
        history: HistoryService,
        bank: Callable[[str], MotionLibrary | None],
    ) -> None:
        self._generator = generator
        self._reward_builder = reward_builder
        self._repositories = repositories
        self._history = history
        self._bank = bank

    def __call__(self, job: Job, control: JobControl) -> TrainResult | None:
        """Raises `JobFailedError`, `JobStoppedError`, or `Unavailable` for another attempt."""
        control.publish(StageEvent(stage="writing", elapsed_s=0.0))
        revision = self._repositories.tasks.revision(job.id)
        try:
            if revision is None:
                self._generate(job, control)
            else:
                self._revise(job, control, revision)
        except WorkCancelledError as error:
            if error.usage is not None and control.should_stop() is not StopReason.LOST_LEASE:
                self._store_task(job, control, WrittenTask(usage=error.usage))
            control.raise_if_stopped()
            raise
        return None

    def _generate(self, job: Job, control: JobControl) -> None:
        started = time.monotonic()
        task = self._repositories.tasks.get(job.task_id)
        robot = get_robot(task.robot)
        history = self._history.history_of(task)
        cancelled = _cancellation_of(control)
        try:
            result = self._generator.generate(
                task.prompt, robot, history, cancelled, seed=zlib.crc32(task.id.encode())
            )
        except Invalid as error:
            self._store_reading(job, control, error)
            hint = f" {error.hint}" if error.hint else ""
            raise JobFailedError(FailureKind.CODE, error.code, f"{error.message}{hint}") from None
        for notice in result.notices:
            control.publish(notice)
        writing_s = time.monotonic() - started
        bank = self._recorded(robot.id, control)
        try:
            validated, rejected = validate(result.candidates, bank, cancelled)
            if cancelled():
                raise WorkCancelledError
        except WorkCancelledError:
            raise WorkCancelledError(result.usage) from None
        self._store(job, control, result, validated, rejected, writing_s)
        if not validated:
            reasons = " ".join(f"{item.name}: {item.message}" for item in rejected)
            raise JobFailedError(
                FailureKind.CODE, "no_sound_reward", f"No reward passed its checks. {reasons}"
            )

    def _revise(self, job: Job, control: JobControl, revision: Revision) -> None:
        started = time.monotonic()
        repositories, robot = self._repositories, get_robot(job.robot)
        parent = repositories.tasks.candidate(revision.task_id, revision.parent)
        source = repositories.sources.get(revision.task_id).get(revision.parent, "")
        cancelled = _cancellation_of(control)

        def edit(item: Revision) -> BuiltCandidate:
            return revised(item, parent, source, robot, self._reward_builder)

        built = parallel_map(edit, [revision], cancelled)
        writing_s = time.monotonic() - started
        bank = self._recorded(robot.id, control)
        validated, rejected = validate(built, bank, cancelled)
        if not validated:
            raise JobFailedError(FailureKind.CODE, rejected[0].code, rejected[0].message)
        control.raise_if_stopped()
        edited = self._stored_candidate(1, USER, validated[0], writing_s)
        added = repositories.tasks.add_candidate(
            revision.task_id,
            edited.model_copy(update={"parent": parent.n}),
            validated[0].preview,
            job_id=job.id,
            fence=control.fence,
        )
        code = validated[0].built.candidate.code
        repositories.sources.add(
            revision.task_id, added.n, code, job_id=job.id, fence=control.fence
        )

    def _store_reading(self, job: Job, control: JobControl, error: Invalid) -> None:
        """Keep what was and was not understood, so that the user can reword the task."""
        reading = WrittenTask(
            understood=getattr(error, "understood", []),
            not_understood=getattr(error, "not_understood", []),
            usage=getattr(error, "usage", None),
            dropped=getattr(error, "rejected", []),
        )
        self._store_task(job, control, reading)

    def _recorded(self, robot_id: str, control: JobControl) -> MotionLibrary | None:
        bank = self._bank(robot_id)
        if bank is None:
            control.publish(_NO_BANK)
        return bank

    def _store(
        self,
        job: Job,
        control: JobControl,
        result: GenerationResult,
        validated: list[ValidatedCandidate],
        rejected: list[Dropped],
        writing_s: float,
    ) -> None:
        numbered = list(enumerate(validated, start=1))
        task = WrittenTask(
            candidates=[
                self._stored_candidate(n, result.generator, item, writing_s) for n, item in numbered
            ],
            previews={n: item.preview for n, item in numbered if item.preview is not None},
            understood=result.understood,
            not_understood=result.not_understood,
            usage=result.usage,
            dropped=[*result.rejected, *rejected],
            notices=[notice.message for notice in result.notices],
        )
        sources = {n: item.built.candidate.code for n, item in numbered}
        self._repositories.sources.put(job.task_id, sources, job_id=job.id, fence=control.fence)
        self._store_task(job, control, task)

    def _store_task(self, job: Job, control: JobControl, task: WrittenTask) -> None:
        self._repositories.tasks.store(job.task_id, task, job_id=job.id, fence=control.fence)

    def _stored_candidate(
        self, n: int, author: str, validated: ValidatedCandidate, writing_s: float
    ) -> Candidate:
        """A candidate whose artifact lies in the object store."""
        candidate, reward = validated.built.candidate, validated.built.reward
        sha256 = hashlib.sha256(reward.blob).hexdigest()
        self._put(f"artifacts/{sha256}.bin", reward.blob)
        stages = {"writing": round(writing_s, 3), **validated.report.stages_s}
        return Candidate(
            n=n,
            name=candidate.name,
            idea=candidate.idea,
            author=author,
            weights=reward.weights,
            checks=list(candidate.checks),
            phases_s=candidate.phases_s,
            repeat=candidate.repeat,
            motion=candidate.motion,
            ground=candidate.ground,
            artifact_sha256=sha256,
            report=validated.report.model_copy(update={"stages_s": stages}),
        )

    def _put(self, key: str, data: bytes) -> None:
        """Store a blob named by its content; an equal one may be there already."""
        try:
            self._repositories.blobs.put(key, data)
        except Conflict as error:
            if error.code != "blob_exists":
                raise


def _cancellation_of(control: JobControl) -> CancellationToken:
    return lambda: control.should_stop() is not None


class BankCache:
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
