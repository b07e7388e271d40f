"""`/api/tasks`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from tabrl.domain.task_filter import Standing, TaskFilter
from tabrl_api.context import WithContext
from tabrl_api.idempotency import KeyHeader, idempotency_key
from tabrl_api.jobs.schemas import JobView
from tabrl_api.jobs.service import job_view, job_views
from tabrl_api.people.access import WithPerson, own_task
from tabrl_api.schema import problem_responses
from tabrl_api.tasks import service
from tabrl_api.tasks.schemas import (
    CandidateChange,
    CandidateView,
    PreviewView,
    RevisionRequest,
    TaskChange,
    TaskList,
    TaskRequest,
    TaskView,
    TrainingStarted,
    TrainRequest,
)

router = APIRouter(prefix="/api/tasks", tags=["tasks"])
Number = Annotated[int, Path(ge=1, le=1000, description="Number of the candidate, from 1.")]
_UNKNOWN = "There is no such task or candidate."


@router.post(
    "",
    status_code=202,
    operation_id="createTask",
    summary="Ask for candidate rewards",
    responses=problem_responses(
        _404="There is no such robot.",
        _409="The robot has no pretrained policy, or the idempotency key was used for another "
        "request.",
    ),
)
def create_task(
    request: TaskRequest, person: WithPerson, context: WithContext, key: KeyHeader = None
) -> TaskView:
    """Writes candidates in the background; follow the events of `job_id`."""
    once = idempotency_key(key, "create_task", request, person)
    return service.task_view(service.create_task(request, once, person, context), person, context)


@router.get("", operation_id="listTasks", summary="All tasks")
def list_tasks(
    person: WithPerson,
    context: WithContext,
    before: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    text: Annotated[
        str, Query(max_length=200, description="Somewhere in the sentence, whatever the case.")
    ] = "",
    robot: str | None = None,
    starred: Annotated[bool, Query(description="Only those with a star.")] = False,
    standing: Annotated[
        Standing | None,
        Query(
            description="Where it stands: `taught`, a training succeeded; `learning`, one waits or "
            "runs; `ready`, neither."
        ),
    ] = None,
) -> TaskList:
    """Your newest tasks, or those made before the task `before`, without candidates."""
    wanted = TaskFilter(text=text, robot=robot, starred=starred, standing=standing)
    tasks = service.task_summaries(person, context, before, limit, wanted)
    return TaskList(tasks=tasks, next=tasks[-1].id if len(tasks) == limit else None)


@router.get(
    "/{task_id}",
    operation_id="getTask",
    summary="A task with its candidates",
    responses=problem_responses(_404=_UNKNOWN),
)
def get_task(task_id: str, person: WithPerson, context: WithContext) -> TaskView:
    """A task, its candidates and its training jobs."""
    return service.task_view(task_id, person, context)


@router.patch(
    "/{task_id}",
    operation_id="changeTask",
    summary="Keep a task however old it gets",
    responses=problem_responses(_404=_UNKNOWN),
)
def change_task(
    task_id: str, change: TaskChange, person: WithPerson, context: WithContext
) -> TaskView:
    """Tasks without a star are deleted once nothing happened to them for `TABRL_KEEP_DAYS`."""
    own_task(task_id, person, context.tasks)
    context.retention.star(task_id, change.starred)
    return service.task_view(task_id, person, context)


@router.delete(
    "/{task_id}",
    status_code=204,
    operation_id="deleteTask",
    summary="Delete a task",
    responses=problem_responses(_404=_UNKNOWN, _409="One of its jobs waits or runs."),
)
def delete_task(task_id: str, person: WithPerson, context: WithContext) -> None:
    """With its candidates, trainings and models; what they stored is gone within a minute."""
    own_task(task_id, person, context.tasks)
    context.retention.delete_task(task_id)


@router.patch(
    "/{task_id}/candidates/{n}",
    operation_id="changeCandidate",
    summary="Change a candidate's weights",
    responses=problem_responses(_404=_UNKNOWN),
)
def change_candidate(
    task_id: str,
    n: Number,
    change: Annotated[CandidateChange, Body()],
    person: WithPerson,
    context: WithContext,
) -> CandidateView:
    """Only weights: an edit of code or checks makes a candidate of its own."""
    own_task(task_id, person, context.tasks)
    return service.change_candidate(task_id, n, change, context)


@router.post(
    "/{task_id}/candidates",
    status_code=202,
    operation_id="reviseCandidate",
    summary="Edit a candidate's code, weights or success checks",
    responses=problem_responses(
        _404=_UNKNOWN,
        _409="The task is not ready, or the idempotency key was used for another request.",
    ),
)
def revise_candidate(
    task_id: str,
    request: RevisionRequest,
    person: WithPerson,
    context: WithContext,
    key: KeyHeader = None,
) -> JobView:
    """Checks the edit like any other reward; it becomes one more candidate of the task.

    Follow the job: it fails with the line at fault, or its candidate has `revised_by` set to it.
    """
    once = idempotency_key(key, f"revise:{task_id}", request, person)
    job = service.revise(task_id, request, once, person, context)
    return job_view(job, context.jobs)


@router.get(
    "/{task_id}/candidates/{n}/preview",
    operation_id="getPreview",
    summary="The motion a candidate likes best",
    responses=problem_responses(_404=_UNKNOWN),
)
def get_preview(task_id: str, n: Number, person: WithPerson, context: WithContext) -> PreviewView:
    """Of all recorded motions, the one this reward scores highest."""
    own_task(task_id, person, context.tasks)
    preview = context.tasks.preview(task_id, n)
    return PreviewView(clip=preview.clip, score=preview.score, hz=preview.hz, qpos=preview.qpos)


@router.post(
    "/{task_id}/train",
    status_code=202,
    operation_id="trainTask",
    summary="Train one candidate, or all",
    responses=problem_responses(
        _404=_UNKNOWN,
        _409="The task is not ready, or the idempotency key was used for another request.",
    ),
)
def train_task(
    task_id: str,
    request: TrainRequest,
    person: WithPerson,
    context: WithContext,
    key: KeyHeader = None,
) -> TrainingStarted:
    """Starts a job for each candidate; each has a model that can be driven from the start."""
    once = idempotency_key(key, f"train:{task_id}", request, person)
    jobs = service.train(task_id, request, once, person, context)
    return TrainingStarted(jobs=job_views(jobs, context.jobs))
