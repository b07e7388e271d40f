"""Making tasks and trainings out of requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tabrl.contracts.checks import CheckSpec, episode_s, fault_of
from tabrl.contracts.motion import fault_of as fault_of_motion
from tabrl.contracts.quantities import Catalogue
from tabrl.contracts.tiers import Tier
from tabrl.domain.errors import Conflict, Invalid, NotFound
from tabrl.domain.ids import new_job_id, new_task_id
from tabrl.domain.jobs import Job, JobKind
from tabrl.domain.people import Person
from tabrl.domain.task_filter import TaskFilter
from tabrl.domain.tasks import Candidate, Lineage, Revision, Task, TaskState
from tabrl.domain.weights import merged_weights
from tabrl.ports import IdempotencyKey
from tabrl_api.context import AppContext
from tabrl_api.dispatch import started
from tabrl_api.jobs.quotes import deadline
from tabrl_api.jobs.schemas import FailureView, JobView
from tabrl_api.jobs.service import job_views
from tabrl_api.jobs.trainings import training_of
from tabrl_api.people.access import own_job, own_task
from tabrl_api.robots.service import raise_unless_tier_fits
from tabrl_api.tasks.schemas import (
    CandidateChange,
    CandidateView,
    RevisionRequest,
    TaskRequest,
    TaskSummary,
    TaskView,
    TrainRequest,
)

_LISTED_JOBS = 500


def create_task(
    request: TaskRequest, key: IdempotencyKey | None, person: Person, context: AppContext
) -> str:
    """Commit a task and the job that writes its candidates, then send the job."""
    robot = context.robots.get_robot(request.robot)
    raise_unless_tier_fits(robot.id, request.tier or Tier.FINE_TUNE, context.blobs)
    now = context.clock.now()
    task_id, job_id = new_task_id(), new_job_id()
    job = Job(
        id=job_id,
        kind=JobKind.REWARD,
        deadline_s=deadline(JobKind.REWARD, robot.id, context),
        task_id=task_id,
        owner=person.owner,
        robot=robot.id,
        queued_at=now,
        created_at=now,
    )
    if request.parent is not None:
        _check_parent(request.parent, robot.id, person, context)
    task = Task(
        id=task_id,
        owner=person.owner,
        robot=robot.id,
        prompt=request.prompt,
        created_at=now,
        job_id=job_id,
        parent=request.parent,
    )
    kept = context.tasks.create(task, job, key, context.quota)
    if kept == task_id:
        started(job, context, first=True)
    return kept


def train(
    task_id: str,
    request: TrainRequest,
    key: IdempotencyKey | None,
    person: Person,
    context: AppContext,
) -> list[Job]:
    """Commit training jobs with their models, then send them."""
    task = _ready(task_id, "trained", person, context)
    raise_unless_tier_fits(task.robot, request.tier, context.blobs)
    chosen = _chosen(task_id, request, context)
    if request.ground is not None:
        chosen = [one.on(request.ground) for one in chosen]
    pairs = [
        training_of(task, one, request.priority, request.tier, request.minutes, context)
        for one in chosen
    ]
    jobs = [job for job, _ in pairs]
    models = [model for _, model in pairs]
    kept = context.jobs.create_training(jobs, models, key, context.quota)
    if kept == [job.id for job in jobs]:
        for job in jobs:
            started(job, context)
    return [context.jobs.get(job_id) for job_id in kept]


def _ready(task_id: str, done: str, person: Person, context: AppContext) -> Task:
    """A task whose candidates can be `done`. Raises `NotFound` or `Conflict` (`task_not_ready`)."""
    task = own_task(task_id, person, context.tasks)
    if task.state is not TaskState.READY:
        raise Conflict(
            f"The task's candidates cannot be {done}: it is {task.state}.",
            code="task_not_ready",
            hint="Wait until the task's state is ready.",
        )
    return task


def _check_parent(parent: Lineage, robot_id: str, person: Person, context: AppContext) -> None:
    """Raises `NotFound` or `Invalid` unless there is such a candidate, for the same robot."""
    task = own_task(parent.task_id, person, context.tasks)
    context.tasks.candidate(parent.task_id, parent.candidate)
    if task.robot != robot_id:
        raise Invalid(
            "A task can only go on from one for the same robot.",
            code="other_robot",
            hint="Ask for it anew, or choose the robot of the earlier task.",
        )
    if parent.job_id is None:
        return
    job = own_job(parent.job_id, person, context.jobs)
    # The check of an edit names its candidate too.
    found = (job.kind, job.task_id, job.candidate)
    if found != (JobKind.TRAIN, parent.task_id, parent.candidate):
        raise Invalid("That training was not one of this candidate.", code="other_training")


def revise(
    task_id: str,
    request: RevisionRequest,
    key: IdempotencyKey | None,
    person: Person,
    context: AppContext,
) -> Job:
    """Commit an edit and the job that checks it, then send the job."""
    _raise_unless_an_edit(request)
    task = _ready(task_id, "edited", person, context)
    if request.motion is not None:
        context.robots.scene_sha256(task.robot, request.motion.ground)  # or raise
        fault = fault_of_motion(request.motion, context.robots.askables_of(task.robot))
        if fault is not None:
            raise Invalid(f"This motion cannot be asked for: {fault}.", code="bad_motion")
    candidate = context.tasks.candidate(task_id, request.parent)
    # Only the worker knows the terms of new code, so it checks the weights that come with it.
    weights = request.weights
    if weights is not None and request.code is None and request.motion is None:
        weights = merged_weights(candidate.weights, weights)
    _raise_unless_measurable(
        request.checks or (), context.robots.catalogue_of(task.robot), candidate.phases_s
    )
    now = context.clock.now()
    job = Job(
        id=new_job_id(),
        kind=JobKind.REWARD,
        deadline_s=deadline(JobKind.REWARD, task.robot, context),
        task_id=task_id,
        owner=task.owner,
        candidate=candidate.n,
        robot=task.robot,
        queued_at=now,
        created_at=now,
    )
    revision = Revision(
        task_id=task_id,
        parent=candidate.n,
        code=request.code,
        motion=request.motion,
        weights=weights,
        checks=request.checks,
    )
    kept = context.tasks.create_revision(revision, job, key, context.quota)
    if kept == job.id:
        started(job, context)
    return context.jobs.get(kept)


def _raise_unless_an_edit(request: RevisionRequest) -> None:
    """Raises `Invalid` (code `empty_revision` or `two_revisions`)."""
    if all(
        edit is None for edit in (request.code, request.weights, request.checks, request.motion)
    ):
        raise Invalid(
            "There is nothing to change.",
            code="empty_revision",
            hint="Give code, weights, checks or a motion.",
        )
    if request.code is not None and request.motion is not None:
        raise Invalid(
            "Code and a motion cannot be given together: the code is written for the motion.",
            code="two_revisions",
            hint="Give one of them.",
        )


def _raise_unless_measurable(
    checks: Sequence[CheckSpec], catalogue: Catalogue, phases_s: Sequence[float]
) -> None:
    """Raises `Invalid` (code `bad_check`) for the first check that the robot cannot be held to."""
    lasts_s = episode_s(phases_s, checks)
    for number, check in enumerate(checks, start=1):
        fault = fault_of(check, catalogue, lasts_s)
        if fault is not None:
            raise Invalid(f"Success check {number} cannot be measured: {fault}.", code="bad_check")


def change_candidate(
    task_id: str, n: int, change: CandidateChange, context: AppContext
) -> CandidateView:
    """Give a candidate other weights."""
    if change.model_extra:
        raise Invalid(
            "Only a candidate's weights can be changed in place.",
            code="candidate_fixed",
            hint="POST other code or checks to the task's candidates: they are checked first.",
        )
    if change.weights is None:
        candidate = context.tasks.candidate(task_id, n)
    else:
        candidate = context.tasks.set_weights(task_id, n, change.weights)
    catalogue = _catalogue(context.tasks.get(task_id), context)
    return CandidateView.of(candidate, context.sources.get(task_id).get(n, ""), catalogue)


def task_view(task_id: str, person: Person, context: AppContext) -> TaskView:
    """A task with candidates and training jobs."""
    task = own_task(task_id, person, context.tasks)
    sources, catalogue = context.sources.get(task_id), _catalogue(task, context)
    jobs = context.jobs.list(kind=JobKind.TRAIN, task_ids=[task_id])
    summary = _summary(task, job_views(jobs, context.jobs))
    return TaskView(
        **dict(summary),
        candidates=[
            CandidateView.of(one, sources.get(one.n, ""), catalogue)
            for one in context.tasks.candidates(task_id)
        ],
    )


def _catalogue(task: Task, context: AppContext) -> Catalogue:
    """What names a task's checks; empty for a robot that is gone, whose tasks can be read still."""
    try:
        return context.robots.catalogue_of(task.robot)
    except (NotFound, Invalid):
        return Catalogue({})


def task_summaries(
    person: Person, context: AppContext, before: str | None, limit: int, wanted: TaskFilter
) -> list[TaskSummary]:
    """A person's tasks without candidates, newest first, with their trainings."""
    tasks = context.tasks.list(limit=limit, before=before, owner=person.owner, wanted=wanted)
    jobs: dict[str, list[JobView]] = defaultdict(list)
    listed = context.jobs.list(
        kind=JobKind.TRAIN, task_ids=[task.id for task in tasks], limit=_LISTED_JOBS
    )
    for view in job_views(listed, context.jobs):
        jobs[view.task_id].append(view)
    return [_summary(task, jobs[task.id]) for task in tasks]


def _summary(task: Task, jobs: Sequence[JobView]) -> TaskSummary:
    failure = task.failure
    return TaskSummary(
        id=task.id,
        robot=task.robot,
        prompt=task.prompt,
        state=task.state,
        created_at=task.created_at,
        job_id=task.job_id,
        failure=FailureView.model_validate(failure.model_dump()) if failure else None,
        understood=task.understood,
        not_understood=task.not_understood,
        jobs=list(jobs),
        parent=task.parent,
        usage=task.usage,
        dropped=task.dropped,
        notices=task.notices,
        starred=task.starred,
    )


def _chosen(task_id: str, request: TrainRequest, context: AppContext) -> list[Candidate]:
    if request.candidate == "all":
        if request.weights is not None:
            raise Invalid(
                "Weights can be given for one candidate, not for all.", code="weights_for_all"
            )
        return context.tasks.candidates(task_id)
    candidate = context.tasks.candidate(task_id, request.candidate)
    if request.weights is None:
        return [candidate]
    weights = merged_weights(candidate.weights, request.weights)
    return [candidate.model_copy(update={"weights": weights})]
