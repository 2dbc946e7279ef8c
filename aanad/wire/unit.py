"""What the Ray unit says of itself on its socket; the daemon is its only client.

``GET /v1/unit`` answers a `UnitStatus`. ``POST /v1/load?project=<name>&app=<module:attribute>`` takes an archive
(``application/zip``) as its body and answers a `LoadResult`; ``app`` may be left out.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from aanad.wire.base import WireModel


class UnitState(StrEnum):
    """Where the Ray unit stands."""

    STARTING = "starting"
    READY = "ready"
    RECOVERING = "recovering"
    """A part of the head died and is run again in place; replicas go on serving."""
    FAILED = "failed"
    """The head cannot be started; the unit goes on trying, with growing pauses."""
    STOPPING = "stopping"


class UnitProcess(WireModel):
    """One supervised process of the head."""

    name: str
    """``gcs_server``, ``raylet``, ``dashboard``, …"""
    pid: int
    restarts: int = 0
    """How often it was run again in place since the cold start."""


class UnitStatus(WireModel):
    """The Ray unit and the head it supervises."""

    pid: int
    version: str
    state: UnitState
    code: str = ""
    """For a failure: the error's stable code (``port_in_use``)."""
    message: str = ""
    hint: str = ""
    since: datetime
    cold_starts: int
    """How often the head was started from nothing since the unit began; a change means all replicas are new."""
    dashboard_url: str | None = None
    """Where the head's REST API answers, once it is up."""
    node_address: str | None = None
    session_dir: str | None = None
    """The folder of the current Ray session; its ``logs`` folder holds the replicas' logs."""
    processes: list[UnitProcess] = []
