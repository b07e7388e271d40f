"""Models with the addresses a page needs to drive them."""

from __future__ import annotations

from tabrl.contracts.ground import FLAT
from tabrl.domain.jobs import JobState
from tabrl.domain.models import Model
from tabrl.domain.people import Person
from tabrl.ports import ModelRepository
from tabrl_api.context import AppContext
from tabrl_api.models.episodes import episodes_url
from tabrl_api.models.inference import socket_path
from tabrl_api.models.schemas import ModelView
from tabrl_api.robots.service import scene_url, visuals_url


def models_of(person: Person, models: ModelRepository) -> list[Model]:
    """What a person has, or was shared with them."""
    if person.guest_of is not None:
        return [models.get(person.guest_of)]
    return models.list(owner=person.owner)


def model_view(model: Model, context: AppContext) -> ModelView:
    """A model as clients see it."""
    job = context.jobs.get(model.job_id) if model.job_id else None  # nobody trained a built-in one
    ground = FLAT if job is None or job.spec is None else job.spec.ground
    return ModelView(
        id=model.id,
        job_id=model.job_id,
        task_id=model.task_id,
        robot=model.robot,
        scene_url=scene_url(model.robot, ground),
        scene_sha256=model.scene_sha256,
        ground=ground,
        ground_words=ground.in_words(),
        visuals_url=visuals_url(model.robot, context.settings),
        params_version=model.params_version,
        params_sha256=model.params_sha256,
        step=model.step,
        updated_at=model.updated_at,
        job_state=JobState.SUCCEEDED if job is None else job.state,
        inference_url=f"{context.inference.address(model.id)}{socket_path(model.id)}",
        episodes_url=episodes_url(model, job),
    )
