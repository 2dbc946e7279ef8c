"""Looks at the Ray unit and at Serve, and tells what happened between two looks: cold starts, deaths, gaps."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from aanad.core.crashes import crash_of
from aanad.core.projects import ClusterView
from aanad.errors import ClusterUnavailable, Failed
from aanad.wire.projects import Crash
from aanad.wire.unit import UnitState, UnitStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.core.events import Events
    from aanad.core.observation import Death, Observation
    from aanad.core.ports import Clock, Cluster, RayUnit
    from aanad.core.records import ObservedCluster
    from aanad.core.redaction import Redaction

logger = logging.getLogger("aanad.watching")

GRACE_S = 5.0
"""A cluster that does not answer for this long is `unknown`; shorter gaps (gcs_server run again) are not shown."""
EVIDENCE_LINES = 20
EVIDENCE_LIMIT_S = 3.0
REMEMBERED_EVENTS = 500


class Watching:
    """Keeps the observation up to date."""

    def __init__(
        self,
        *,
        unit: RayUnit,
        cluster: Cluster,
        events: Events,
        clock: Clock,
        observation: Observation,
        redaction: Redaction,
        when_cold: Callable[[], None],
    ) -> None:
        """`when_cold` is called when Ray starts from nothing."""
        self._unit = unit
        self._cluster = cluster
        self._events = events
        self._clock = clock
        self._observation = observation
        self._redaction = redaction
        self._when_cold = when_cold
        self._answered_at: float | None = None

    async def look(self) -> bool:
        """Take a new reading; tells whether it can be relied on."""
        try:
            status = await self._unit.status()
        except ClusterUnavailable as error:
            return self._lost(
                ClusterView(reachable=False, starting=False, message=error.message, hint=error.hint or "")
            )
        before = self._observation.unit
        self._observation.unit = status
        if (
            before is not None
            and self._answered_at is not None
            and (before.pid, before.cold_starts) != (status.pid, status.cold_starts)
        ):
            await self._unit_changed(before, status)
        if status.state in {UnitState.STARTING, UnitState.FAILED, UnitState.STOPPING}:
            starting = status.state is UnitState.STARTING
            self._observation.view = ClusterView(
                reachable=False, starting=starting, message=status.message, hint=status.hint
            )
            if self._observation.cluster.serve_runs:
                self._observation.forget_cluster()
            return False
        try:
            reading = await self._cluster.observe()
        except ClusterUnavailable as error:
            return self._lost(
                ClusterView(reachable=False, starting=False, message=error.message, hint=error.hint or "")
            )
        reading = await self._redacted(reading)
        self._answered_at = self._clock.monotonic()
        self._observation.view = ClusterView(reachable=True, starting=False)
        # All at once: their evidence is asked for over the network, and a node may die with all its replicas.
        await asyncio.gather(*(self._died(death) for death in self._observation.take(reading, self._clock.now())))
        return True

    async def restore_crashes(self) -> None:
        """Remember the crashes that an earlier daemon recorded."""
        for event in await self._events.list(limit=REMEMBERED_EVENTS):
            if event.type == "replica.died" and event.project and "crash" in event.data:
                self._observation.crashes.add(event.project, Crash.model_validate(event.data["crash"]))

    async def _redacted(self, reading: ObservedCluster) -> ObservedCluster:
        """What Serve says of a project may quote what its code raised, and that a secret."""
        applications = {}
        for name, app in reading.applications.items():
            if not app.message and not any(each.message for each in app.deployments.values()):
                applications[name] = app  # mostly: and then its secrets need not be read
                continue
            redactor = await self._redaction.of(name)
            deployments = {
                key: replace(each, message=redactor.text(each.message)) if each.message else each
                for key, each in app.deployments.items()
            }
            applications[name] = replace(app, message=redactor.text(app.message), deployments=deployments)
        return replace(reading, applications=applications)

    def _lost(self, view: ClusterView) -> bool:
        """The cluster does not answer; a short gap keeps the last reading on show."""
        if self._answered_at is None:
            self._observation.view = replace(view, starting=True, message="Ray is starting.")
        elif self._clock.monotonic() - self._answered_at > GRACE_S:
            self._observation.view = view
        return False

    async def _unit_changed(self, before: UnitStatus, after: UnitStatus) -> None:
        if after.cold_starts == before.cold_starts and before.session_dir == after.session_dir:
            await self._events.record("unit.replaced", f"The Ray unit runs again (pid {after.pid}); replicas went on.")
            return
        self._observation.forget_cluster()
        self._when_cold()
        await self._events.record(
            "cluster.restarted", "Ray starts from nothing; every project that should run is started again."
        )

    async def _died(self, death: Death) -> None:
        app = self._observation.application(death.project)
        deployment = app.deployments.get(death.deployment) if app else None
        unit = self._observation.unit
        crash = crash_of(
            death,
            at=self._clock.now(),
            exits=unit.exits if unit else [],
            lines=await self._last_lines(death),
            reported=deployment.message if deployment and not death.was_ready else "",
        )
        self._observation.crashes.add(death.project, crash)
        await self._events.record(
            "replica.died",
            f"Replica {death.replica} of {death.deployment} died (pid {death.pid}): {crash.message} "
            "Serve starts another.",
            project=death.project,
            deployment=death.deployment,
            replica=death.replica,
            pid=death.pid,
            crash=crash.model_dump(mode="json"),
        )

    async def _last_lines(self, death: Death) -> list[str]:
        """What it wrote last; its log and its standard error, which has what a crash of the interpreter leaves."""
        if death.node_id is None:
            return []
        files = [death.log_file.lstrip("/")] if death.log_file else []
        files += [f"worker-{death.worker_id}-*.err"] if death.worker_id else []
        try:
            lines = await asyncio.wait_for(
                self._cluster.last_lines(death.node_id, files, EVIDENCE_LINES), EVIDENCE_LIMIT_S
            )
        except (ClusterUnavailable, Failed, TimeoutError) as error:
            logger.info("crash.no_evidence replica=%s %s", death.replica, error)
            return []
        return (await self._redaction.of(death.project)).lines(lines)
