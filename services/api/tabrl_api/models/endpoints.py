"""`/api/models`."""

from __future__ import annotations

from fastapi import APIRouter, Response

from tabrl_api.models import service
from tabrl_api.models.schemas import ModelList, ModelView
from tabrl_api.parts import WithParts
from tabrl_api.schema import refusals

router = APIRouter(prefix="/api/models", tags=["models"])
_UNKNOWN = "There is no such model."
_MEDIA_TYPE = "application/octet-stream"


@router.get("", operation_id="listModels", summary="All models")
def list_models(parts: WithParts) -> ModelList:
    """The most recently changed models."""
    return ModelList(models=[service.model_view(model, parts) for model in parts.models.list()])


@router.get(
    "/{model_id}",
    operation_id="getModel",
    summary="A model and where to drive it",
    responses=refusals(_404=_UNKNOWN),
)
def get_model(model_id: str, parts: WithParts) -> ModelView:
    """The newest parameters of a training."""
    return service.model_view(parts.models.get(model_id), parts)


@router.get(
    "/{model_id}/params",
    operation_id="getParams",
    summary="A model's parameters",
    response_class=Response,
    responses={
        200: {"content": {_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
        **refusals(_404="There is no such model, or no parameters were stored yet."),
    },
)
def get_params(model_id: str, parts: WithParts) -> Response:
    """safetensors; the header holds robot, scene hash and command program."""
    model = parts.models.get(model_id)
    name = f"{model.id}-v{model.params_version}.safetensors"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "TabRL-Params-Version": str(model.params_version),
        "Cache-Control": "no-cache",
    }
    return Response(parts.blobs.get(model.params_key), media_type=_MEDIA_TYPE, headers=headers)
