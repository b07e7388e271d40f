"""What is whose. To a stranger it does not exist."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from tabrl.domain.errors import unknown_job, unknown_model, unknown_task
from tabrl.domain.jobs import Job
from tabrl.domain.models import Model, built_in
from tabrl.domain.people import Person
from tabrl.domain.tasks import Task
from tabrl.ports import JobRepository, ModelRepository, RobotCatalog, TaskRepository


def _person(request: Request) -> Person:
    person = request.state.person  # the middleware lets no other request through
    assert isinstance(person, Person)
    return person


WithPerson = Annotated[Person, Depends(_person)]


def own_task(task_id: str, person: Person, tasks: TaskRepository) -> Task:
    """Raises `NotFound` (code `unknown_task`) unless it is the person's."""
    task = tasks.get(task_id)
    if task.owner != person.owner:
        raise unknown_task(task_id)
    return task


def own_job(job_id: str, person: Person, jobs: JobRepository) -> Job:
    """Raises `NotFound` (code `unknown_job`) unless it is the person's."""
    job = jobs.get(job_id)
    if job.owner != person.owner:
        raise unknown_job(job_id)
    return job


def own_model(model_id: str, person: Person, models: ModelRepository) -> Model:
    """Raises `NotFound` (code `unknown_model`) unless it is the person's."""
    model = models.get(model_id)
    if model.owner != person.owner:
        raise unknown_model(model_id)
    return model


def shown_model(
    model_id: str, person: Person, models: ModelRepository, robots: RobotCatalog
) -> Model:
    """A built-in model, which is everybody's, or one as `seen_model`, which raises."""
    return built_in(model_id, robots.scene_sha256) or seen_model(model_id, person, models)


def seen_model(model_id: str, person: Person, models: ModelRepository) -> Model:
    """The person's model, or the one that was shared with them. Raises as `own_model`."""
    if person.guest_of == model_id:
        return models.get(model_id)
    return own_model(model_id, person, models)
