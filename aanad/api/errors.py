"""The only place that knows which error is which HTTP status."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from aanad.errors import AanaError, Failed, ImportFailed, InvalidInput, NotFound, Refused, TimedOut, Unavailable
from aanad.wire.problems import MEDIA_TYPE, FieldError, Problem

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

logger = logging.getLogger("aanad.api")

STATUSES: tuple[tuple[type[AanaError], int], ...] = (
    (InvalidInput, 422),
    (ImportFailed, 422),
    (NotFound, 404),
    (Refused, 409),
    (Failed, 500),
    (TimedOut, 504),
    (Unavailable, 503),
)
CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}
BY_CODE = {"version_mismatch": 412, "forbidden": 403}
"""Where a code has a status of its own."""


def install(app: FastAPI) -> None:
    """Make every error of the API a problem document."""
    app.add_exception_handler(AanaError, _aana_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


def status_of(error: AanaError) -> int:
    """The HTTP status of an error."""
    if error.code in BY_CODE:
        return BY_CODE[error.code]
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def _answer(problem: Problem) -> Response:
    content = problem.model_dump_json(exclude_none=True)
    return Response(content, status_code=problem.status, media_type=MEDIA_TYPE)


async def _aana_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, AanaError)  # noqa: S101 - narrows the type that Starlette's signature widened
    problem = Problem(
        title=error.title,
        status=status_of(error),
        code=error.code,
        message=error.message,
        hint=error.hint,
        request_id=_request_id(),
        detail="\n".join(error.detail) or None,
    )
    logger.info("request.refused id=%s code=%s %s", problem.request_id, error.code, error.message)
    return _answer(problem)


async def _validation_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = [FieldError(field=".".join(str(part) for part in e["loc"]), message=e["msg"]) for e in error.errors()]
    first = f"{errors[0].field}: {errors[0].message}" if errors else "it cannot be read"
    problem = Problem(
        title="Invalid request",
        status=422,
        code="invalid_input",
        message=f"The request cannot be used: {first}.",
        hint="/openapi.json describes every route.",
        request_id=_request_id(),
        errors=errors,
    )
    return _answer(problem)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    problem = Problem(
        title=str(error.detail),
        status=error.status_code,
        code=CODES.get(error.status_code, "http_error"),
        message=f"{request.method} {request.url.path}: {error.detail}.",
        hint="/openapi.json lists the routes.",
        request_id=_request_id(),
    )
    return _answer(problem)


async def _unexpected(request: Request, error: Exception) -> Response:
    request_id = _request_id()
    logger.error("request.failed id=%s %s %s", request_id, request.method, request.url.path, exc_info=error)
    problem = Problem(
        title="Internal error",
        status=500,
        code="internal_error",
        message="The daemon failed at this request.",
        hint=f"Its log has the details under {request_id}.",
        request_id=request_id,
    )
    return _answer(problem)


def _request_id() -> str:
    return f"req_{secrets.token_hex(6)}"
