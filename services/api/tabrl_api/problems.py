"""Errors as RFC 9457 problem documents: the one place where a code becomes an HTTP status."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException

from tabrl.adapters.logs import current_ids, logger, where
from tabrl.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LimitReached,
    NotFound,
    TabrlError,
    Unauthenticated,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"

_STATUS: dict[type[TabrlError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    LimitReached: HTTPStatus.TOO_MANY_REQUESTS,
}
_ROUTING = {
    HTTPStatus.NOT_FOUND: ("unknown_route", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "method_not_allowed",
        "This address does not take this method.",
    ),
}


class FieldProblem(BaseModel):
    """What is wrong with one part of a request."""

    field: str = Field(examples=["prompt"])
    message: str = Field(examples=["may have at most 2000 characters"])


class Problem(BaseModel):
    """Why a request was refused (RFC 9457). Programs should look at `code`."""

    type: str = Field(examples=["urn:tabrl:problem:unknown_robot"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no robot 'walkr'."])
    code: str = Field(examples=["unknown_robot"])
    hint: str | None = Field(default=None, examples=["Choose one of: walker."])
    limit: str | None = Field(default=None, description="Which limit was reached, with a 429.")
    errors: list[FieldProblem] | None = None
    request_id: str | None = Field(
        default=None,
        description="Of this request, in the response's X-Request-ID and in the logs.",
        examples=["req_5xj2m7kq3nd6wz4h"],
    )
    task_id: str | None = Field(default=None, examples=["tsk_52gcogdi5xuj626f"])
    job_id: str | None = Field(default=None, examples=["job_2zqk4n7dmx5rcw3h"])
    owner_id: str | None = None


def problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    hint: str = "",
    limit: str | None = None,
    errors: list[FieldProblem] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A response with a problem document."""
    body = Problem(
        type=f"urn:tabrl:problem:{code}",
        title=status.phrase,
        status=status,
        detail=detail,
        code=code,
        hint=hint or None,
        limit=limit,
        errors=errors,
        **current_ids(),
    )
    return JSONResponse(
        body.model_dump(exclude_none=True), status, media_type=MEDIA_TYPE, headers=headers
    )


def install(app: FastAPI) -> None:
    """Answer every error with a problem document."""
    app.add_exception_handler(TabrlError, _known)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _routing)
    app.add_exception_handler(Exception, _unexpected)


def _known(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TabrlError)
    return answer(error)


def answer(error: TabrlError) -> JSONResponse:
    """A known error as a problem document."""
    status = next(
        (status for kind, status in _STATUS.items() if isinstance(error, kind)),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )
    headers, limit = None, None
    if isinstance(error, LimitReached):
        headers, limit = {"Retry-After": str(error.retry_after_s)}, error.limit
    elif status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers = {"Retry-After": "2"}
    elif status is HTTPStatus.UNAUTHORIZED:
        headers = {"WWW-Authenticate": "Bearer"}
    return problem(status, error.code, error.message, hint=error.hint, limit=limit, headers=headers)


def _validation(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # The rejected input is left out on purpose: it may be a prompt.
    errors = [
        FieldProblem(field=_field(entry["loc"]), message=_words(entry)) for entry in error.errors()
    ]
    detail = "; ".join(f"{one.field} {one.message}" for one in errors[:3])
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, errors=errors)


def _field(location: tuple[int | str, ...]) -> str:
    inner = location[1:] if location and location[0] in ("body", "query", "path") else location
    return ".".join(str(part) for part in inner) or "body"


def _words(entry: ErrorDetails) -> str:
    """A validation error in a user's words, without the input."""
    limits = entry.get("ctx", {})
    match entry["type"]:
        case "string_too_short" if limits.get("min_length") == 1:
            return "must not be empty"
        case "string_too_long":
            return f"may have at most {limits['max_length']} characters"
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is not known here"
        case "value_error":
            return str(limits["error"])
    return str(entry["msg"])


def _routing(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    code, detail = _ROUTING.get(status, (status.name.lower(), str(error.detail)))
    headers = dict(error.headers) if error.headers else None
    return problem(status, code, detail, headers=headers)


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    logger.error("%s %s: %s", request.method, request.url.path, where(error))
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "The server met an error of its own; its log tells where.",
    )
