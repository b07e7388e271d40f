"""The job: from a task's sentence to stored candidates."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tabrl.contracts.events import NoticeEvent, StageEvent
from tabrl.contracts.training import TrainResult
from tabrl.domain.errors import Conflict, Invalid, NotFound
from tabrl.domain.jobs import FailureKind, Job
from tabrl.domain.tasks import Candidate, CandidateReport, MotionPreview, WrittenTask
from tabrl.ports import BlobStore, JobControl, JobFailedError, SourceRepository, TaskRepository
from tabrl.robots import get_robot
from tabrl.sim.bank import Bank
from tabrl_reward_worker.authors import Author, Written
from tabrl_reward_worker.building import BuiltDraft
from tabrl_reward_worker.report import report_on

Reported = tuple[CandidateReport, MotionPreview | None]


class WriteRewards:
    """A `JobHandler`: writes, builds, reports on and stores the candidates of one task."""

    def __init__(
        self,
        author: Author,
        *,
        tasks: TaskRepository,
        sources: SourceRepository,
        blobs: BlobStore,
        bank: Callable[[str], Bank | None],
        workers: int = 3,
    ) -> None:
        self._author = author
        self._tasks = tasks
        self._sources = sources
        self._blobs = blobs
        self._bank = bank
        self._workers = workers

    def __call__(self, job: Job, control: JobControl) -> TrainResult | None:
        """Raises `JobFailedError`, `JobStoppedError`, or `Unavailable` for another attempt."""
        started = time.monotonic()
        control.publish(StageEvent(stage="writing", elapsed_s=0.0))
        task = self._tasks.get(job.task_id)
        robot = get_robot(task.robot)
        try:
            written = self._author.write(task.prompt, robot)
        except Invalid as error:
            self._tell_reading(job, control, error)
            hint = f" {error.hint}" if error.hint else ""
            raise JobFailedError(FailureKind.CODE, error.code, f"{error.message}{hint}") from None
        for notice in written.notices:
            control.publish(notice)
        control.raise_if_stopped()
        writing_s = time.monotonic() - started
        reports = self._reports(written.drafts, robot.id, control)
        control.raise_if_stopped()
        self._store(job, control, written, reports, writing_s)
        return None

    def _tell_reading(self, job: Job, control: JobControl, error: Invalid) -> None:
        """Keep what was and was not understood, so that the user can reword the task."""
        understood = getattr(error, "understood", [])
        not_understood = getattr(error, "not_understood", [])
        reading = WrittenTask(understood=understood, not_understood=not_understood)
        self._tasks.store(job.task_id, reading, job_id=job.id, fence=control.fence)

    def _reports(
        self, drafts: Sequence[BuiltDraft], robot_id: str, control: JobControl
    ) -> list[Reported]:
        bank = self._bank(robot_id)
        if bank is None:
            control.publish(
                NoticeEvent(
                    code="no_behaviour_bank",
                    message="There is no recorded motion of this robot to try the rewards on.",
                )
            )
            return [(CandidateReport(), None) for _ in drafts]
        with ThreadPoolExecutor(self._workers) as pool:
            return list(pool.map(lambda built: report_on(built, bank), drafts))

    def _store(
        self,
        job: Job,
        control: JobControl,
        written: Written,
        reports: list[Reported],
        writing_s: float,
    ) -> None:
        candidates, previews, sources = [], {}, {}
        for n, (built, (report, preview)) in enumerate(
            zip(written.drafts, reports, strict=True), start=1
        ):
            sha256 = hashlib.sha256(built.reward.blob).hexdigest()
            self._put(f"artifacts/{sha256}.bin", built.reward.blob)
            stages = {"writing": round(writing_s, 3), **report.stages_s}
            candidates.append(
                Candidate(
                    n=n,
                    name=built.draft.name,
                    idea=built.draft.idea,
                    author=written.author,
                    weights=built.reward.weights,
                    checks=list(built.draft.checks),
                    artifact_sha256=sha256,
                    report=report.model_copy(update={"stages_s": stages}),
                )
            )
            sources[n] = built.draft.code
            if preview is not None:
                previews[n] = preview
        self._sources.put(job.task_id, sources, job_id=job.id, fence=control.fence)
        kept = WrittenTask(
            candidates=candidates,
            previews=previews,
            understood=written.understood,
            not_understood=written.not_understood,
            notices=[notice.message for notice in written.notices],
        )
        self._tasks.store(job.task_id, kept, job_id=job.id, fence=control.fence)

    def _put(self, key: str, data: bytes) -> None:
        """Store a blob named by its content; an equal one may be there already."""
        try:
            self._blobs.put(key, data)
        except Conflict as error:
            if error.code != "blob_exists":
                raise


class BankShelf:
    """Banks out of the object store, read once each; a missing one is looked for again."""

    def __init__(self, blobs: BlobStore, read: Callable[[bytes], Bank]) -> None:
        self._blobs = blobs
        self._read = read
        self._banks: dict[str, Bank] = {}

    def __call__(self, robot_id: str) -> Bank | None:
        """The robot's bank; None while there is none."""
        if robot_id not in self._banks:
            try:
                self._banks[robot_id] = self._read(self._blobs.get(f"bank/{robot_id}.npz"))
            except NotFound:
                return None
        return self._banks[robot_id]
