"""Errors on both sides of the wire: a `Problem` becomes the matching `AanaError`, and the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad import errors
from aanad.errors import AanaError
from aanad.wire.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_STATUS: dict[int, type[AanaError]] = {
    401: errors.Refused,
    403: errors.Refused,
    404: errors.NotFound,
    408: errors.TimedOut,
    409: errors.Refused,
    412: errors.Refused,
    423: errors.Refused,
    502: errors.Unavailable,
    503: errors.Unavailable,
    504: errors.TimedOut,
}

_STATUS_OF: dict[type[AanaError], int] = {
    errors.InvalidInput: 400,
    errors.NotFound: 404,
    errors.Refused: 409,
    errors.TimedOut: 504,
    errors.Unavailable: 503,
}


def error_of(problem: Problem) -> AanaError:
    """The error that a problem stands for: by its code, else by its HTTP status.

    The problem itself travels on the error as ``error.context["problem"]``; `problem_of` finds it.
    """
    return _class_of(problem)(
        problem.message,
        hint=problem.hint,
        code=problem.code,
        detail=problem.detail.splitlines() if problem.detail else None,
        problem=problem,
    )


def problem_of(error: AanaError) -> Problem:
    """The problem that an error came from, or the one that says the same."""
    given = error.context.get("problem")
    if isinstance(given, Problem):
        return given
    return Problem(
        title=error.title,
        status=next((status for kind, status in _STATUS_OF.items() if isinstance(error, kind)), 500),
        code=error.code,
        message=error.message,
        hint=error.hint,
        detail="\n".join(error.detail) or None,
    )


def _class_of(problem: Problem) -> type[AanaError]:
    for kind in _tree(AanaError):
        if kind.code == problem.code:
            return kind
    if problem.status in _BY_STATUS:
        return _BY_STATUS[problem.status]
    if 400 <= problem.status < 500:  # noqa: PLR2004 - the class of client errors
        return errors.InvalidInput
    return errors.Failed


def _tree(base: type[AanaError]) -> Iterator[type[AanaError]]:
    """Classes of `aanad.errors` only: a subclass made elsewhere in this process is not for the wire."""
    if base.__module__ == errors.__name__:
        yield base
        for kind in base.__subclasses__():
            yield from _tree(kind)
