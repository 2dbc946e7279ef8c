"""Functions that run before and after an endpoint: a check of who asks, a counter, a line in a log of one's own.

Both kinds may be ``async def`` or ``def``; a plain one runs in a thread, so that it holds up nobody else's request.
``after`` sees every request that ``before`` saw; a request that is refused for its body, or for want of a place, is
seen by neither.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class EndpointRequest:
    """One request, as hooks see it."""

    endpoint: str
    """The endpoint's name."""
    request_id: str
    headers: Mapping[str, str]
    """Names in lower case."""
    arguments: dict[str, Any]
    """What `Endpoint.run` is called with; a hook may change it."""


@dataclass(frozen=True)
class EndpointOutcome:
    """How a request ended."""

    duration_s: float
    """Since its body was read; waiting for its turn is part of it."""
    result: Any = None
    """What `Endpoint.run` returned; None for a stream."""
    error: Exception | None = None
    """What it raised, or a `TimedOut` where it took too long."""
    client_left: bool = False
    """Whether the client went away before its answer was complete."""


BeforeHook = Callable[[EndpointRequest], Awaitable[None] | None]
"""May raise, an `EndpointError` say: the endpoint is then not called."""
AfterHook = Callable[[EndpointRequest, EndpointOutcome], Awaitable[None] | None]
"""Called once the answer is complete, whatever came of it; what it raises is only logged."""
