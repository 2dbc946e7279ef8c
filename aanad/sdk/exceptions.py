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

The message reaches the client, with ``status``, ``code``, ``hint`` and ``extra``. Anything else that is raised becomes
a plain "internal error" with a request id, and its text stays in the log::

    raise NotFound(f"There is no speaker {name}.", hint="List the speakers with /speakers.", code="no_such_speaker")

A subclass sets ``status``, ``code`` and ``title`` for all its errors, and may have a constructor of its own. An error
crosses from a deployment's process to the endpoint's with all its attributes that can be pickled. Where its class
cannot be imported there, as in another project, it arrives as the nearest of its base classes that can.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pydantic_core

from aanad import errors
from aanad.errors import AanaError

if TYPE_CHECKING:
    from collections.abc import Callable

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
        status: the HTTP status of the answer, 400 to 599.
        extra: what else the client should know, in the problem's ``extra``. JSON values; what is none becomes text.
    """

    status: int = 500
    code = "endpoint_error"
    title: ClassVar[str] = "Endpoint error"
    extra: dict[str, Any]

    def __new__(cls, *args: object, **options: object) -> Self:
        """All that an answer needs, should a subclass' constructor not call this one's."""
        self = super().__new__(cls, *args, **options)
        self.message = f"{cls.title}."
        self.hint = None
        self.detail = []
        self.context = {}
        self.extra = {}
        return self

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
        self.extra = as_json(extra or {})

    def __reduce__(self) -> tuple[Callable[..., EndpointError], tuple[list[str], dict[str, Any], dict[str, bytes]]]:
        """Cross to another process: without the constructor, whose parameters are the subclass' own."""
        classes = [cls for cls in type(self).__mro__ if issubclass(cls, EndpointError)]
        lineage = [f"{cls.__module__}:{cls.__qualname__}" for cls in classes]
        of_its_class = {"status": self.status, "code": self.code, "title": self.title}
        return _arrive, (lineage, of_its_class, _packed({**vars(self), "args": self.args}))


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
    """Nobody knows who asks.

    Attributes:
        challenge: how to say who one is: the answer's ``WWW-Authenticate``.
    """

    challenge: str = "Bearer"
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


def as_json(extra: Mapping[str, Any]) -> dict[str, Any]:
    """`extra` as JSON values; a value that has no JSON becomes text, and NaN and infinity become null."""
    pairs = extra.items() if isinstance(extra, Mapping) else [("value", extra)]
    return {str(key): _json_value(value) for key, value in pairs}


def _json_value(value: object) -> Any:
    try:
        return pydantic_core.from_json(pydantic_core.to_json(value, fallback=_number_or_text, inf_nan_mode="null"))
    except (ValueError, RecursionError):  # bytes that are no text, an object within itself
        return _text(value)


def _number_or_text(value: object) -> Any:
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return value.item()
    return _text(value)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - an author's own __str__
        return type(value).__name__


def _packed(attributes: Mapping[str, Any]) -> dict[str, bytes]:
    """Each by itself, so that one that cannot travel keeps no other back."""
    from ray import cloudpickle

    packed = {}
    for name, value in attributes.items():
        try:
            packed[name] = cloudpickle.dumps(value)
        except Exception:  # noqa: BLE001, S112 - a lock, an open file, whatever an author put there
            continue
    return packed


def _arrive(lineage: list[str], of_its_class: Mapping[str, Any], packed: Mapping[str, bytes]) -> EndpointError:
    """The error on the other side, as the first class of its lineage that is there."""
    from ray import cloudpickle

    name, cls = next((name, found) for name in lineage if (found := _found(name)) is not None)
    error = cls.__new__(cls)
    if name != lineage[0]:
        vars(error).update(of_its_class)
    for name, value in packed.items():
        try:
            unpacked = cloudpickle.loads(value)
        except Exception:  # noqa: BLE001, S112 - of a class that is not here
            continue
        if name == "args":
            error.args = unpacked
        else:
            vars(error)[name] = unpacked
    return error


def _found(name: str) -> type[EndpointError] | None:
    module, _, path = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except Exception:  # noqa: BLE001 - a module of another project may be there and yet not be imported
        return None
    return found if isinstance(found, type) and issubclass(found, EndpointError) else None
