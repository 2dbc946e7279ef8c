"""Which daemon is meant: ``--context`` or ``AANA_CONTEXT``, else the socket that the settings name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from aanad.errors import InvalidInput
from aanad.locations import control_socket

VARIABLE = "AANA_CONTEXT"
_HINT = "Give unix:///path/to/aanad.sock, or nothing for the daemon of this machine."


@dataclass(frozen=True)
class Address:
    """Where a daemon listens."""

    socket: Path

    def __str__(self) -> str:
        return f"unix://{self.socket}"


def resolve(context: str | None = None) -> Address:
    """The address of the daemon that is meant.

    Args:
        context: a URL; the environment's ``AANA_CONTEXT`` where not given, else the settings' socket.

    Raises:
        InvalidInput: a context that names no socket.
    """
    text = context or os.environ.get(VARIABLE)
    if not text:
        return Address(control_socket())
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise InvalidInput(f"There is no context named {text!r}.", hint=_HINT, code="unknown_context")
    if scheme != "unix":
        raise InvalidInput(
            f"A context of the kind {scheme}:// cannot be used yet, only unix:// can.",
            hint=_HINT,
            code="unknown_context",
        )
    if not rest.startswith("/"):
        raise InvalidInput(
            f"The context {text!r} does not name a socket by its whole path.",
            hint=_HINT,
            code="unknown_context",
        )
    return Address(Path(rest))
