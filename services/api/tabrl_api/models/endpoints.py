"""`/api/models`."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from tabrl_api.context import WithContext
from tabrl_api.models import service
from tabrl_api.models.episodes import episodes_of, episodes_recorded
from tabrl_api.models.exports import ExportFormatList
from tabrl_api.models.inference import socket_path
from tabrl_api.models.schemas import ModelList, ModelView, ShareView
from tabrl_api.people.access import WithPerson, own_model, seen_model, shown_model
from tabrl_api.people.schemas import TicketView
from tabrl_api.people.service import share, ticket
from tabrl_api.schema import problem_responses

router = APIRouter(prefix="/api/models", tags=["models"])
_UNKNOWN = "There is no such model."
_MEDIA_TYPE = "application/octet-stream"
_ZIP = "application/zip"


@router.get("", operation_id="listModels", summary="All models")
def list_models(person: WithPerson, context: WithContext) -> ModelList:
    """Your most recently changed models; a guest's is the one that was shared."""
    return ModelList(
        models=[
            service.model_view(model, context)
            for model in service.models_of(person, context.models)
        ]
    )


@router.get(
    "/{model_id}",
    operation_id="getModel",
    summary="A model and where to drive it",
    responses=problem_responses(_404=_UNKNOWN),
)
def get_model(model_id: str, person: WithPerson, context: WithContext) -> ModelView:
    """The newest parameters of a training."""
    model = shown_model(model_id, person, context.models, context.robots)
    return service.model_view(model, context)


@router.delete(
    "/{model_id}",
    status_code=204,
    operation_id="deleteModel",
    summary="Delete a model",
    responses=problem_responses(_404=_UNKNOWN, _409="It is being trained."),
)
def delete_model(model_id: str, person: WithPerson, context: WithContext) -> None:
    """With the training that made it; what it stored is gone within a minute."""
    own_model(model_id, person, context.models)
    context.retention.delete_model(model_id)


@router.get(
    "/{model_id}/params",
    operation_id="getParams",
    summary="A model's parameters",
    response_class=Response,
    responses={
        200: {"content": {_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
        **problem_responses(_404="There is no such model, or no parameters were stored yet."),
    },
)
def get_params(model_id: str, person: WithPerson, context: WithContext) -> Response:
    """safetensors; the header holds robot, scene hash and command schedule."""
    model = shown_model(model_id, person, context.models, context.robots)
    name = f"{model.id}-v{model.params_version}.safetensors"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "TabRL-Params-Version": str(model.params_version),
        "Cache-Control": "no-cache",
    }
    return Response(context.blobs.get(model.params_key), media_type=_MEDIA_TYPE, headers=headers)


@router.get(
    "/{model_id}/episodes",
    operation_id="getEpisodes",
    summary="Evaluated episodes of a model",
    response_class=Response,
    responses={
        200: {"content": {_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
        **problem_responses(_404="There is no such model, or no episodes of it were recorded."),
    },
)
def get_episodes(model_id: str, person: WithPerson, context: WithContext) -> Response:
    """safetensors: a typical episode and the worst, step by step, with the reward's terms."""
    model = seen_model(model_id, person, context.models)
    headers = {
        "Content-Disposition": f'attachment; filename="{model.id}-episodes.safetensors"',
        "Cache-Control": "no-cache",
    }
    return Response(episodes_of(model, context.blobs), media_type=_MEDIA_TYPE, headers=headers)


@router.get(
    "/{model_id}/exports",
    operation_id="listExportFormats",
    summary="Formats in which a model can be taken away",
    responses=problem_responses(_404=_UNKNOWN, _503="The exporter does not answer."),
)
def list_export_formats(
    model_id: str, person: WithPerson, context: WithContext
) -> ExportFormatList:
    """Each is a download of its own."""
    seen_model(model_id, person, context.models)
    return context.exporter.formats()


@router.get(
    "/{model_id}/exports/{export_format}",
    operation_id="exportModel",
    summary="A model in a format to take away",
    response_class=Response,
    responses={
        200: {"content": {_ZIP: {"schema": {"type": "string", "format": "binary"}}}},
        **problem_responses(
            _404="There is no such model or format, or no parameters were stored yet.",
            _409="The robot's scene has changed since the training.",
            _422="The format cannot hold this model; `detail` says why.",
            _503="The exporter does not answer.",
        ),
    },
)
def export_model(
    model_id: str, export_format: str, person: WithPerson, context: WithContext
) -> Response:
    """A zip of a folder that runs without TabRL; its README.md says how."""
    model = seen_model(model_id, person, context.models)
    params = context.blobs.get(model.params_key)
    sentence = context.tasks.get(model.task_id).prompt
    episodes = b""
    if context.exporter.formats().shows_episodes(export_format):
        episodes = episodes_recorded(model, context.blobs) or b""
    chunks = context.exporter.export(export_format, model, params, sentence, episodes)
    name = f"{model.id}-v{model.params_version}-{export_format}.zip"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "TabRL-Params-Version": str(model.params_version),
        "Cache-Control": "no-cache",
    }
    return StreamingResponse(chunks, media_type=_ZIP, headers=headers)


@router.post(
    "/{model_id}/ticket",
    status_code=201,
    operation_id="createSocketTicket",
    summary="A ticket for a model's inference socket",
    responses=problem_responses(_404=_UNKNOWN),
)
def create_socket_ticket(model_id: str, person: WithPerson, context: WithContext) -> TicketView:
    """Where people log in, the socket asks for one."""
    shown_model(model_id, person, context.models, context.robots)
    return ticket(socket_path(model_id), person, context.tickets)


@router.post(
    "/{model_id}/share",
    status_code=201,
    operation_id="shareModel",
    summary="Share a model by a link",
    responses=problem_responses(_404=_UNKNOWN),
)
def share_model(model_id: str, person: WithPerson, context: WithContext) -> ShareView:
    """Whoever has the link may look at this model and drive it, and nothing else."""
    own_model(model_id, person, context.models)
    return ShareView.of(model_id, share(model_id, context.shares))


@router.delete(
    "/{model_id}/share",
    status_code=204,
    operation_id="unshareModel",
    summary="End all links to a model",
    responses=problem_responses(_404=_UNKNOWN),
)
def unshare_model(model_id: str, person: WithPerson, context: WithContext) -> None:
    """From now on its links lead nowhere."""
    own_model(model_id, person, context.models)
    context.shares.remove(model_id)
