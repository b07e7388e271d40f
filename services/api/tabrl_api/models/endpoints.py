"""`/api/models`."""

from __future__ import annotations

from fastapi import APIRouter, Response

from tabrl_api.context import WithContext
from tabrl_api.models import service
from tabrl_api.models.schemas import ModelList, ModelView
from tabrl_api.schema import problem_responses

router = APIRouter(prefix="/api/models", tags=["models"])
_UNKNOWN = "There is no such model."
_MEDIA_TYPE = "application/octet-stream"


@router.get("", operation_id="listModels", summary="All models")
def list_models(context: WithContext) -> ModelList:
    """The most recently changed models."""
    return ModelList(models=[service.model_view(model, context) for model in context.models.list()])


@router.get(
    "/{model_id}",
    operation_id="getModel",
    summary="A model and where to drive it",
    responses=problem_responses(_404=_UNKNOWN),
)
def get_model(model_id: str, context: WithContext) -> ModelView:
    """The newest parameters of a training."""
    return service.model_view(context.models.get(model_id), context)


@router.delete(
    "/{model_id}",
    status_code=204,
    operation_id="deleteModel",
    summary="Delete a model",
    responses=problem_responses(_404=_UNKNOWN, _409="It is being trained."),
)
def delete_model(model_id: str, context: WithContext) -> None:
    """With the training that made it; what it stored is gone within a minute."""
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
def get_params(model_id: str, context: WithContext) -> Response:
    """safetensors; the header holds robot, scene hash and command schedule."""
    model = context.models.get(model_id)
    name = f"{model.id}-v{model.params_version}.safetensors"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "TabRL-Params-Version": str(model.params_version),
        "Cache-Control": "no-cache",
    }
    return Response(context.blobs.get(model.params_key), media_type=_MEDIA_TYPE, headers=headers)
