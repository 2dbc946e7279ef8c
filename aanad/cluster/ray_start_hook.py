"""Runs inside ``ray start``, named by ``RAY_START_HOOK``: what that has no flags for.

* No Ray client server. Nobody here uses Ray client; it takes 85 MB and listens on every interface.
* Workers start by our own script, which spares each of them importing Ray once in vain.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

WORKER_SETUP = Path(__file__).with_name("worker_setup.py")


class StartParameters(Protocol):
    """The fields of Ray's ``RayParams`` that are touched."""

    ray_client_server_port: int | None
    setup_worker_path: str | None


def adjust(parameters: StartParameters, head: bool) -> None:  # noqa: ARG001 - the signature is Ray's
    """Unset the client server's port, which is how Ray itself spells "none", and name the script."""
    parameters.ray_client_server_port = None
    parameters.setup_worker_path = str(WORKER_SETUP)
