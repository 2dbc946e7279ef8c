"""The daemon's own state, from what it holds already."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import aanad
from aanad.errors import StoreUnavailable
from aanad.wire.phase import Phase
from aanad.wire.status import ClusterStatus, Health, Status, StoreStatus

if TYPE_CHECKING:
    from aanad.core.observation import Observation
    from aanad.core.overview import Overview
    from aanad.core.ports import Clock, Store


class DaemonStatus:
    """Answers ``/v1/status``, ``/healthz`` and ``/readyz``."""

    def __init__(
        self,
        *,
        store: Store,
        overview: Overview,
        observation: Observation,
        clock: Clock,
        socket: str,
        serve_url: str,
        state_dir: str,
        database_url: str,
        ray_mode: str,
    ) -> None:
        self._store = store
        self._overview = overview
        self._observation = observation
        self._clock = clock
        self._socket = socket
        self._serve_url = serve_url
        self._state_dir = state_dir
        self._database_url = database_url
        self._ray_mode = ray_mode
        self._started_at = clock.now()
        self._started = clock.monotonic()

    async def status(self) -> Status:
        """All of ``aana status``."""
        projects = []
        message = ""
        try:
            projects = await self._overview.projects()
        except StoreUnavailable as error:
            message = error.message
        return Status(
            version=aanad.__version__,
            pid=os.getpid(),
            started_at=self._started_at,
            uptime_s=self._clock.monotonic() - self._started,
            socket=self._socket,
            serve_url=self._serve_url,
            state_dir=self._state_dir,
            cluster=self.cluster(),
            store=StoreStatus(url=self._database_url, ok=not message, message=message),
            projects=len(projects),
            running=sum(project.phase is Phase.RUNNING for project in projects),
        )

    def cluster(self) -> ClusterStatus:
        """Ray as the daemon sees it."""
        unit = self._observation.unit
        view = self._observation.view
        if unit is None:
            return ClusterStatus(
                mode=self._ray_mode,
                state="starting" if view.starting else "unreachable",
                message=view.message,
                hint=view.hint,
                since=self._started_at,
            )
        state = unit.state.value
        if state in {"ready", "recovering"} and not view.reachable:
            state = "starting" if view.starting else "unreachable"
        return ClusterStatus(
            mode=self._ray_mode,
            state=state,
            code=unit.code,
            message=unit.message or view.message,
            hint=unit.hint or view.hint,
            since=unit.since,
            dashboard_url=unit.dashboard_url,
            cold_starts=unit.cold_starts,
            processes=unit.processes,
        )

    async def health(self) -> Health:
        """Whether all that is needed is there."""
        cluster = self.cluster().state
        try:
            await self._store.project("")
        except StoreUnavailable:
            return Health(status="failed", cluster=cluster, store="failed")
        return Health(status="ok" if cluster in {"ready", "recovering"} else "starting", cluster=cluster, store="ok")
