"""The daemon's own state."""

from __future__ import annotations

from datetime import datetime

from aanad.wire.base import WireModel
from aanad.wire.unit import UnitProcess


class ClusterStatus(WireModel):
    """Ray as the daemon sees it."""

    mode: str
    """``managed``, ``unit`` or ``external``."""
    state: str
    """``starting``, ``ready``, ``recovering``, ``failed``, ``stopping`` or ``unreachable``."""
    code: str = ""
    message: str = ""
    hint: str = ""
    since: datetime
    dashboard_url: str | None = None
    cold_starts: int = 0
    processes: list[UnitProcess] = []


class StoreStatus(WireModel):
    """The daemon's database."""

    url: str
    """Without its password."""
    ok: bool
    message: str = ""


class Status(WireModel):
    """All of ``aana status``."""

    version: str
    pid: int
    started_at: datetime
    uptime_s: float
    socket: str
    serve_url: str
    """Where inference clients connect."""
    state_dir: str
    cluster: ClusterStatus
    store: StoreStatus
    projects: int
    running: int


class Health(WireModel):
    """The answer of ``/healthz`` and ``/readyz``."""

    status: str
    """``ok``, or ``starting`` where something that is needed is not there yet."""
    cluster: str
    store: str


class Version(WireModel):
    """Versions of the daemon and its API."""

    version: str
    api_versions: list[str]
