"""The one shape of an error on the wire (RFC 9457 problem details)."""

from __future__ import annotations

from typing import Any

from aanad.wire.base import WireModel

MEDIA_TYPE = "application/problem+json"


class FieldError(WireModel):
    """One field of a request that was refused."""

    field: str
    """The path to the value, joined by dots: ``body.text.0``."""
    message: str


class Problem(WireModel):
    """Problem details (RFC 9457, section 3.1) with Aana's extension members."""

    type: str = "about:blank"
    title: str
    status: int
    """The HTTP status."""
    code: str
    """Stable: scripts may compare it."""
    message: str
    """One clear sentence."""
    hint: str | None = None
    request_id: str | None = None
    detail: str | None = None
    """Evidence in several lines: the end of a traceback, the last log lines."""
    errors: list[FieldError] = []
    """Each refused field, where the request was refused for its fields."""
    extra: dict[str, Any] | None = None
    """What the author of an endpoint added to an error of its own."""
