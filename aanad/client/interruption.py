"""What everything ends with that a client was cut during."""

from __future__ import annotations

from aanad.errors import DaemonUnavailable


def cut_short() -> DaemonUnavailable:
    """The error."""
    return DaemonUnavailable("This client was cut.", hint="Open another one.", code="client_cut")
