"""What an endpoint or a deployment raises to answer with an error of its own.

* EndpointError           500  any of them; ``status=`` says another
  + InvalidInput          400  what was asked for makes no sense
    - InvalidMedia        422  an image, audio or video that cannot be read
  + Unauthorized          401  nobody knows who asks
  + Forbidden             403  who asks may not
  + NotFound              404
  + Refused               409  in conflict with what is there
  + TooManyRequests       429  ``retry_after_s=`` becomes Retry-After
  + Failed                500  it was tried and did not work
    - InferenceError      500  the model failed; too many of them, and the replica is replaced
  + Unavailable           503
  + TimedOut              504

The message reaches the client, with ``status``, ``code``, ``hint`` and ``extra``; it crosses from a deployment's
process to the endpoint's as it is. Anything else that is raised becomes a plain "internal error" with a request id,
and its text stays in the log::

    raise NotFound(f"There is no speaker {name}.", hint="List the speakers with /speakers.", code="no_such_speaker")

A subclass sets ``status``, ``code`` and ``title`` for all its errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from aanad import errors
from aanad.errors import AanaError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AanaError",
    "EndpointError",
    "Failed",
    "Forbidden",
    "InferenceError",
    "InvalidInput",
    "InvalidMedia",
    "NotFound",
    "Refused",
    "TimedOut",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
]


class EndpointError(AanaError):
    """Base of the errors that authors raise.

    Attributes:
        status: the HTTP status of the answer.
        extra: what else the client should know: JSON values, in the problem's ``extra``.
    """

    status: int = 500
    code = "endpoint_error"
    title: ClassVar[str] = "Endpoint error"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        hint: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        if status is not None:
            self.status = status
        self.extra = dict(extra or {})


class InvalidInput(EndpointError, errors.InvalidInput):
    """What was asked for makes no sense."""

    status = 400
    code = errors.InvalidInput.code
    title = errors.InvalidInput.title


class InvalidMedia(InvalidInput):
    """An image, audio or video that cannot be read."""

    status = 422
    code = "invalid_media"
    title = "Invalid media"


class Unauthorized(EndpointError):
    """Nobody knows who asks."""

    status = 401
    code = "unauthorized"
    title = "Unauthorized"


class Forbidden(EndpointError):
    """Who asks may not."""

    status = 403
    code = "forbidden"
    title = "Forbidden"


class NotFound(EndpointError, errors.NotFound):
    """There is nothing of that name."""

    status = 404
    code = errors.NotFound.code
    title = errors.NotFound.title


class Refused(EndpointError, errors.Refused):
    """In conflict with what is there."""

    status = 409
    code = errors.Refused.code
    title = errors.Refused.title


class TooManyRequests(EndpointError):
    """Try again later.

    Attributes:
        retry_after_s: seconds after which it may be tried again.
    """

    status = 429
    code = "too_many_requests"
    title = "Too many requests"

    def __init__(self, message: str, *, retry_after_s: float = 1.0, **options: Any) -> None:
        super().__init__(message, **options)
        self.retry_after_s = retry_after_s


class Failed(EndpointError, errors.Failed):
    """It was tried and did not work."""

    status = 500
    code = errors.Failed.code
    title = errors.Failed.title


class InferenceError(Failed):
    """The model failed."""

    code = "inference_error"
    title = "Inference failed"


class Unavailable(EndpointError, errors.Unavailable):
    """What is needed cannot be reached."""

    status = 503
    code = errors.Unavailable.code
    title = errors.Unavailable.title


class TimedOut(EndpointError, errors.TimedOut):
    """It did not finish within the time allowed."""

    status = 504
    code = errors.TimedOut.code
    title = errors.TimedOut.title
