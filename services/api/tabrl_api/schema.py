"""The OpenAPI document: problems in their own media type, described once."""

from __future__ import annotations

from typing import Any, TypeAlias

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from tabrl.contracts.events import EVENT
from tabrl_api.problems import MEDIA_TYPE, Problem

Document: TypeAlias = dict[str, Any]  # OpenAPI as FastAPI makes it: nested JSON of any form
_REFERENCE = "#/components/schemas/{model}"


def problem_responses(**meanings: str) -> dict[int | str, dict[str, str]]:
    """Response entries for a route: `problem_responses(_404="No such task.")`."""
    return {int(status.lstrip("_")): {"description": text} for status, text in meanings.items()}


def install(app: FastAPI) -> None:
    """Replace the generated document with one that tells the truth about errors and events."""

    def openapi() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI) -> Document:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    schemas: Document = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for name, model in (("Problem", TypeAdapter(Problem)), ("Event", EVENT)):
        generated = model.json_schema(ref_template=_REFERENCE, mode="serialization")
        schemas.update({**generated.pop("$defs", {}), name: generated})
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if status.startswith(("4", "5")):
                    response["content"] = content
                    if status == "422" and response["description"] == "Validation Error":
                        response["description"] = "The request is not well formed."
    return document
