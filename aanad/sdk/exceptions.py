"""What an endpoint or a deployment raises to answer with an error of its own.

The message reaches the client, with the class's status and code; so does ``hint=``. Anything else that is raised
becomes a plain "internal error" with a request id, and its text stays in the log::

    raise NotFound(f"There is no speaker {name}.", hint="List the speakers with /speakers.")
"""

from __future__ import annotations

from aanad.errors import AanaError, Failed, InvalidInput, NotFound, Refused, TimedOut, Unavailable

__all__ = ["AanaError", "Failed", "InvalidInput", "NotFound", "Refused", "TimedOut", "Unavailable"]
