"""Runs inside ``ray start``, named by ``RAY_START_HOOK``: leaves out the Ray client server.

Nobody here uses Ray client. It takes 85 MB and listens on every interface, and ``ray start`` has no flag against it.
"""

from __future__ import annotations

from typing import Protocol


class StartParameters(Protocol):
    """The one field of Ray's ``RayParams`` that is touched."""

    ray_client_server_port: int | None


def leave_out_ray_client(parameters: StartParameters, head: bool) -> None:  # noqa: ARG001 - the signature is Ray's
    """Unset the port, which is how Ray itself spells "no client server"."""
    parameters.ray_client_server_port = None
