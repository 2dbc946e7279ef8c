"""Everything that can go wrong with a request, as problem details; the only place here that knows HTTP statuses."""

from __future__ import annotations

import logging
import math
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from pydantic import Field

from aanad import errors
from aanad.sdk.exceptions import EndpointError, as_json
from aanad.serving.field_errors import MANY_ERRORS, explain
from aanad.wire.problems import FieldError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationError

    from aanad.sdk.signature import JsonSchema
    from aanad.serving.asgi import Scope

logger = logging.getLogger("ray.serve")

STATUSES: tuple[tuple[type[errors.AanaError], HTTPStatus], ...] = (
    (errors.InvalidInput, HTTPStatus.BAD_REQUEST),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.Refused, HTTPStatus.CONFLICT),
    (errors.TimedOut, HTTPStatus.GATEWAY_TIMEOUT),
    (errors.Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""Of the errors that are not an author's; any other of them is a 500."""
CLIENT_ERRORS, SERVER_ERRORS = HTTPStatus.BAD_REQUEST, 600
OWN_CODES = {"url_not_allowed", "path_not_allowed"}
"""Refusals of a field that clients tell apart from what is wrong with its value."""


class ProblemAnswer(Problem):
    """A problem with the headers that go with it."""

    headers: tuple[tuple[bytes, bytes], ...] = Field(default=(), exclude=True)


class RequestRefused(Exception):
    """A request that is not passed on to its endpoint."""

    def __init__(
        self, status: HTTPStatus, code: str, message: str, *, hint: str | None = None, field: str | None = None
    ) -> None:
        super().__init__(message)
        self.field = field
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint

    def problem(self, scope: Scope) -> ProblemAnswer:
        """Say it in the one shape of errors."""
        problem = _problem(scope, self.status, self.code, self.message, hint=self.hint)
        if self.field is None:
            return problem
        said = self.message.removeprefix(f"{self.field}: ").rstrip(".")
        return problem.model_copy(update={"errors": [FieldError(field=f"body.{self.field}", message=said)]})


def request_id(scope: Scope) -> str:
    """The id that Serve gave the request, which is also in the answer's headers and in every log record."""
    for name, value in scope["headers"]:
        if name.lower() == b"x-request-id":
            return bytes(value).decode("latin-1")
    return str(uuid.uuid4())


def no_route(scope: Scope, path: str, routes: Iterable[str]) -> ProblemAnswer:
    """No endpoint has this path."""
    known = ", ".join(sorted(routes)) or "none"
    return _problem(
        scope, HTTPStatus.NOT_FOUND, "not_found", f"There is no endpoint {path}.", hint=f"Endpoints here: {known}."
    )


def method_not_allowed(scope: Scope, allowed: str) -> ProblemAnswer:
    """The path is there, the method is not."""
    return _problem(
        scope,
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method_not_allowed",
        f"{scope['method']} is not possible here.",
        hint=f"Use {allowed}.",
    )


def invalid_request(scope: Scope, endpoint: str, error: ValidationError, schema: JsonSchema) -> ProblemAnswer:
    """The body is no JSON, or does not fit the endpoint's signature, whose JSON schema is `schema`."""
    count = error.error_count()
    first = error.errors(include_url=False, include_context=False, include_input=False)[0] if count == 1 else None
    if first is not None and first["type"] == "json_invalid" and not first["loc"]:
        return _problem(
            scope,
            HTTPStatus.BAD_REQUEST,
            "invalid_json",
            f"The body is not valid JSON: {first['msg'].removeprefix('Invalid JSON: ')}.",
            hint="Send a JSON object, with 'content-type: application/json'.",
        )
    if count > MANY_ERRORS:  # to look at each would cost more than the request
        return _problem(
            scope,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid_request",
            f"The request does not fit endpoint {endpoint}: {count} of its fields are wrong, missing or unknown.",
            hint="The project's /docs shows the fields of each endpoint.",
        )
    code = error.errors(include_url=False, include_context=False, include_input=False)[0]["type"]
    fields = explain(error, schema)
    field = fields[0].field.removeprefix("body").removeprefix(".")
    shown = f"{field}: {fields[0].message}" if field else f"the body {fields[0].message}"
    more = f" (and {len(fields) - 1} more)" if len(fields) > 1 else ""
    return _problem(
        scope,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        code if code in OWN_CODES else "invalid_request",
        f"The request does not fit endpoint {endpoint}: {shown}{more}.",
        hint="The project's /docs shows the fields of each endpoint.",
    ).model_copy(update={"errors": fields})


def failure(scope: Scope, endpoint: str, error: Exception) -> ProblemAnswer:
    """An endpoint raised: its own words for an `AanaError`, an id to look for in the log for anything else."""
    if isinstance(error, errors.AanaError):
        status = status_of(error)
        problem = _problem(scope, status, error.code, error.message, hint=error.hint, title=error.title)
        if isinstance(error, EndpointError):
            problem = problem.model_copy(
                update={"extra": as_json(error.extra) if error.extra else None, "headers": _headers(error)}
            )
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.error("Endpoint %s failed (request %s).", endpoint, problem.request_id, exc_info=error)
        return problem
    problem = _problem(
        scope,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        f"Endpoint {endpoint} failed.",
        hint="The project's log has the reason, under this request id.",
    )
    logger.error("Endpoint %s failed (request %s).", endpoint, problem.request_id, exc_info=error)
    return problem


def status_of(error: errors.AanaError) -> int:
    """The HTTP status that an error is answered with; one that is no error's becomes 500."""
    if not isinstance(error, EndpointError):
        return next((status for cls, status in STATUSES if isinstance(error, cls)), HTTPStatus.INTERNAL_SERVER_ERROR)
    status = error.status
    is_error = isinstance(status, int) and CLIENT_ERRORS <= status < SERVER_ERRORS
    return int(status) if is_error else HTTPStatus.INTERNAL_SERVER_ERROR


def _headers(error: EndpointError) -> tuple[tuple[bytes, bytes], ...]:
    headers = []
    retry_after_s = getattr(error, "retry_after_s", None)
    if isinstance(retry_after_s, int | float) and math.isfinite(retry_after_s):
        headers.append((b"retry-after", b"%d" % max(0, math.ceil(retry_after_s))))
    challenge = getattr(error, "challenge", None)
    if isinstance(challenge, str):
        headers.append((b"www-authenticate", " ".join(challenge.split()).encode("ascii", "replace")))
    return tuple(headers)


def invalid_result(scope: Scope, endpoint: str, error: Exception) -> ProblemAnswer:
    """What the endpoint returned is not what it is annotated to return; the detail stays in the log."""
    problem = _problem(
        scope,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "invalid_result",
        f"Endpoint {endpoint} returned something that does not fit its own annotation.",
        hint="The project's log has the reason, under this request id.",
    )
    logger.error(
        "Endpoint %s returned what does not fit its annotation (request %s): %s", endpoint, problem.request_id, error
    )
    return problem


def _problem(
    scope: Scope, status: int, code: str, message: str, *, hint: str | None = None, title: str | None = None
) -> ProblemAnswer:
    return ProblemAnswer(
        title=title or HTTPStatus(status).phrase,
        status=status,
        code=code,
        message=message,
        hint=hint,
        request_id=request_id(scope),
    )
