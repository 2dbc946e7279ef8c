"""The only writer to Serve: brings what is observed to what is desired, one numbered step after the other."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aanad.core.failures import deadline_failure, failed, serve_failure
from aanad.core.observation import since
from aanad.core.projects import ClusterView
from aanad.core.records import Failure
from aanad.core.serve_config import application_config
from aanad.errors import ClusterUnavailable, Failed, StoreUnavailable
from aanad.wire.phase import Phase, Reason
from aanad.wire.unit import UnitState, UnitStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.core.events import Events
    from aanad.core.observation import Observation
    from aanad.core.operations import Operations
    from aanad.core.ports import Archives, Clock, Cluster, RayUnit, Store
    from aanad.core.progress import Progress
    from aanad.core.records import ApplicationConfig, ObservedApplication, ProjectRecord

logger = logging.getLogger("aanad.reconciler")

GRACE_S = 5.0
"""A cluster that does not answer for this long is `unknown`; shorter gaps (gcs_server run again) are not shown."""
BUSY_INTERVAL_S = 0.5
REST_INTERVAL_S = 2.0
ARCHIVE_CHECK_S = 60.0
"""How often it is checked that the cluster still holds the archives of running projects."""


@dataclass(frozen=True)
class Deadlines:
    """How long a project may take to come up, in seconds."""

    build_s: float
    ready_s: float


class Reconciler:
    """Runs `tick` for ever; `wake` makes the next one come at once."""

    def __init__(
        self,
        *,
        store: Store,
        cluster: Cluster,
        unit: RayUnit,
        archives: Archives,
        operations: Operations,
        progress: Progress,
        events: Events,
        clock: Clock,
        observation: Observation,
        deadlines: Deadlines,
    ) -> None:
        self._store = store
        self._cluster = cluster
        self._unit = unit
        self._archives = archives
        self._operations = operations
        self._progress = progress
        self._events = events
        self._clock = clock
        self._observation = observation
        self._deadlines = deadlines
        self._wake = asyncio.Event()
        self._answered_at: float | None = None
        self._archives_checked_at = float("-inf")
        self._began: dict[str, tuple[ApplicationConfig, float]] = {}
        self._isolate = False

    def wake(self) -> None:
        """Something was changed: do not wait for the next interval."""
        self._wake.set()

    async def run(self) -> None:
        """Reconcile until cancelled; a step that fails is logged and tried again."""
        while True:
            self._wake.clear()
            try:
                busy = await self.tick()
            except StoreUnavailable as error:
                logger.error("reconcile.store_unavailable %s", error.message)  # noqa: TRY400 - expected, no traceback
                busy = False
            except Exception:
                logger.exception("reconcile.failed")
                busy = False
            try:
                await asyncio.wait_for(self._wake.wait(), BUSY_INTERVAL_S if busy else REST_INTERVAL_S)
            except TimeoutError:
                continue

    async def tick(self) -> bool:
        """One round.

        Returns:
            Whether something is on its way, so that the next round should come soon.
        """
        # 1. Observe: the unit, then Serve.
        reachable = await self._observe()
        # 2. Read what is desired.
        records = {record.name: record for record in await self._store.projects()}
        self._observation.wanted = await self._wanted(records)
        # 3. Judge: what failed leaves the desired state or goes back to its last good revision.
        if reachable:
            for record in list(records.values()):
                judged = await self._judge(record)
                if judged != record:
                    records[record.name] = judged
            self._observation.wanted = await self._wanted(records)
            # 4. Act: at most one PUT, and none that would cancel somebody's build.
            await self._act(records)
        # 5. Checkpoint phases, tell what changed, move operations forward.
        moving = [await self._checkpoint(record) for record in records.values()]
        for record in records.values():
            await self._progress.follow(record)
        return any(moving) or not reachable or bool(self._operations.active())

    async def _observe(self) -> bool:
        status: UnitStatus | None
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
            await self._cold_started(before, status)
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
        self._answered_at = self._clock.monotonic()
        self._observation.view = ClusterView(reachable=True, starting=False)
        for death in self._observation.take(reading):
            message = f"Replica {death.replica} of {death.deployment} died (pid {death.pid}); Serve starts another."
            await self._events.record(
                "replica.died",
                message,
                project=death.project,
                deployment=death.deployment,
                replica=death.replica,
                pid=death.pid,
            )
        return True

    def _lost(self, view: ClusterView) -> bool:
        """The cluster does not answer; a short gap keeps the last reading on show."""
        if self._answered_at is None:
            self._observation.view = replace(view, starting=True, message="Ray is starting.")
        elif self._clock.monotonic() - self._answered_at > GRACE_S:
            self._observation.view = view
        return False

    async def _cold_started(self, before: UnitStatus, after: UnitStatus) -> None:
        if after.cold_starts == before.cold_starts and before.session_dir == after.session_dir:
            await self._events.record("unit.replaced", f"The Ray unit runs again (pid {after.pid}); replicas went on.")
            return
        self._observation.forget_cluster()
        self._began.clear()
        await self._events.record(
            "cluster.restarted", "Ray starts from nothing; every project that should run is started again."
        )

    async def _wanted(self, records: dict[str, ProjectRecord]) -> dict[str, ApplicationConfig]:
        wanted = {}
        for record in records.values():
            if not record.should_serve or record.revision is None:
                continue
            revision = await self._store.revision(record.name, record.revision)
            if revision is not None:
                wanted[record.name] = application_config(record, revision)
        return wanted

    async def _judge(self, record: ProjectRecord) -> ProjectRecord:
        wanted = self._observation.wanted.get(record.name)
        app = self._observation.application(record.name)
        if wanted is None or app is None or app.config != wanted:
            self._began.pop(record.name, None)
            return record
        if app.status == "RUNNING":
            if record.good_revision != record.revision:
                return await self._change(record, lambda now: replace(now, good_revision=record.revision))
            return record
        if app.status == "DEPLOY_FAILED":
            return await self._fail(record, serve_failure(record, app, at=self._clock.now()))
        # A build that hangs keeps every other project waiting, so its limit holds even where nobody waits for it.
        is_limited = not app.is_built or self._operations.active(record.name)
        if self._observation.was_ready.get(record.name) != wanted and is_limited:
            return await self._check_deadline(record, wanted, app)
        return record

    async def _check_deadline(
        self, record: ProjectRecord, wanted: ApplicationConfig, app: ObservedApplication
    ) -> ProjectRecord:
        now = self._clock.monotonic()
        began = self._began.get(record.name)
        if began is None or began[0] != wanted:
            began = self._began[record.name] = (wanted, now)
        limit = self._deadlines.ready_s if app.is_built else self._deadlines.build_s
        if now - began[1] <= limit:
            return record
        return await self._fail(record, deadline_failure(record, app, limit, at=self._clock.now()))

    async def _fail(self, record: ProjectRecord, failure: Failure) -> ProjectRecord:
        after = await self._change(record, lambda now: failed(now, failure))
        what = f"revision {failure.revision} failed: {failure.message}"
        if after.revision != record.revision:
            what += f" The project goes back to revision {after.revision}."
        await self._events.record(
            "revision.failed", what, project=record.name, revision=failure.revision, reason=failure.reason
        )
        return after

    async def _change(self, record: ProjectRecord, change: Callable[[ProjectRecord], ProjectRecord]) -> ProjectRecord:
        """Change a project, unless somebody asked for something else in the meantime."""

        def unless_superseded(now: ProjectRecord | None) -> ProjectRecord | None:
            return change(now) if now is not None and now.version == record.version else None

        return await self._store.change_project(record.name, unless_superseded) or record

    async def _act(self, records: dict[str, ProjectRecord]) -> None:
        applications = self._observation.cluster.applications
        ours = {name: app.config for name, app in applications.items() if app.config is not None}
        leaving = {name for name, app in applications.items() if app.status == "DELETING"}
        wanted = {name: config for name, config in self._observation.wanted.items() if name not in leaving}
        present = {name: config for name, config in ours.items() if name not in leaving}
        changed = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
        if not changed:
            await self._check_archives(wanted)
            return
        building = {name for name, app in applications.items() if name not in leaving and not app.is_built}
        if building - set(changed):
            return
        if self._isolate:
            wanted = {
                n: c for n in wanted.keys() | present.keys() if (c := (wanted if n == changed[0] else present).get(n))
            }
            changed = changed[:1]
        for name in [name for name in changed if name in wanted]:
            if not await self._provide(records[name], wanted[name]):
                return
        foreign = [app.raw_config for app in applications.values() if app.config is None and app.raw_config is not None]
        try:
            await self._cluster.apply(list(wanted.values()), foreign)
        except ClusterUnavailable as error:
            logger.warning("serve.unreachable %s", error.message)
        except Failed as error:
            await self._refused(records, changed, error)
        else:
            self._isolate = False
            self._wake.set()

    async def _refused(self, records: dict[str, ProjectRecord], changed: list[str], error: Failed) -> None:
        """Serve refused the configuration: find the project at fault by giving it one change at a time."""
        if len(changed) > 1:
            self._isolate = True
            self._wake.set()
            return
        record = records.get(changed[0])
        if record is None:
            logger.error("serve.refused project=%s %s", changed[0], error.message)
            return
        hint = "Mend project.toml or the deployment's options and deploy again."
        failure = Failure(
            Reason.DEPLOY_FAILED, error.message, error.hint or hint, self._clock.now(), record.revision, error.detail
        )
        records[record.name] = await self._fail(record, failure)

    async def _provide(self, record: ProjectRecord, config: ApplicationConfig) -> bool:
        """See that the cluster has the archive; a project whose archive is nowhere fails, the others do not notice."""
        revision = await self._store.revision(record.name, record.revision or "")
        if revision is None:
            return False
        try:
            await self._cluster.ensure_archive(config.archive_uri, self._archives.path(revision.archive))
        except ClusterUnavailable as error:
            logger.warning("archive.not_provided project=%s %s", record.name, error.message)
            return False
        except Failed as error:
            now = self._clock.now()
            hint = error.hint or "Deploy the project again."
            await self._fail(record, Failure(Reason.ARCHIVE_MISSING, error.message, hint, now, record.revision))
            return False
        return True

    async def _check_archives(self, wanted: dict[str, ApplicationConfig]) -> None:
        """Ray drops archives that it thinks unused; another node would then miss them."""
        now = self._clock.monotonic()
        if now - self._archives_checked_at < ARCHIVE_CHECK_S:
            return
        self._archives_checked_at = now
        for record in await self._store.projects():
            revision = await self._store.revision(record.name, record.revision or "") if record.name in wanted else None
            if revision is not None and await self._archives.has(revision.archive):
                path = self._archives.path(revision.archive)
                await self._cluster.ensure_archive(wanted[record.name].archive_uri, path)

    async def _checkpoint(self, record: ProjectRecord) -> bool:
        standing = self._observation.standing(record)
        if (standing.phase, standing.reason) != (record.phase, record.reason):
            now = self._clock.now()
            changed = replace(record, phase=standing.phase, reason=standing.reason, since=since(record, standing, now))
            await self._store.save_checkpoint(record.name, changed.phase, changed.reason, changed.since)
            await self._events.record(
                "project.phase",
                f"{record.phase} → {standing.phase} ({standing.reason}) {standing.message}".strip(),
                project=record.name,
                phase=standing.phase,
                reason=standing.reason,
                before=record.phase,
            )
        return standing.phase in {Phase.PENDING, Phase.STARTING, Phase.UPDATING, Phase.STOPPING, Phase.DEGRADED}
