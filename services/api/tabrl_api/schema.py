"""The OpenAPI document: problems in their own media type, described once."""

from __future__ import annotations

from typing import Any, TypeAlias

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from tabrl.contracts.events import EVENT
from tabrl_api.problems import MEDIA_TYPE, Problem

Document: TypeAlias = dict[str, Any]  # OpenAPI as FastAPI makes it: nested JSON of any form
_SCHEMES: Document = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A personal token, or a link's secret. Not asked for on loopback unless "
        "TABRL_AUTH says so; behind a trusted proxy its header takes the token's place.",
    },
    "ticket": {
        "type": "apiKey",
        "in": "query",
        "name": "ticket",
        "description": "Good once, for half a minute; for pages, whose streams send no headers.",
    },
}
_ANYWHERE = {
    "403": "A page of another origin, or a guest who may only look.",
    "413": "The body is too large.",
    "421": "This server does not answer to that host name.",
    "500": "An error of the server's own.",
}
_GUARDED = {
    "401": "No token, or one that is not good.",
    "422": "The request is not well formed.",
    "429": "A limit of the owner; `limit` says which.",
    "503": "A part does not answer; `code` says which.",
}
_RETRY_AFTER: Document = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
}
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
    _say_who_may_ask(document)
    return document


def _say_who_may_ask(document: Document) -> None:
    """Security, and what any operation may answer whatever it is asked."""
    document["components"]["securitySchemes"] = _SCHEMES
    document["security"] = [{"token": []}]
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in document["paths"].items():
        guarded = path.startswith("/api/")
        for operation in operations.values():
            if not guarded:
                operation["security"] = []
            elif path.endswith("/events"):
                operation["security"] = [{"token": []}, {"ticket": []}]
            for status, meaning in (_ANYWHERE | (_GUARDED if guarded else {})).items():
                answer = {"description": meaning, "content": content}
                if status == "429":
                    answer["headers"] = _RETRY_AFTER
                operation["responses"].setdefault(status, answer)
            operation["responses"] = dict(sorted(operation["responses"].items()))
