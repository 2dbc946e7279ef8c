"""Brings what is observed to what is desired, one numbered step after the other; everything outside goes by ports."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from aanad.core.admission import PATIENCE_S, waiting_for_priority
from aanad.core.judgement import Judgement
from aanad.core.observation import since
from aanad.core.obstacles import Obstacles
from aanad.core.redaction import Redaction
from aanad.core.serve_config import application_config
from aanad.core.serve_writer import ServeWriter
from aanad.core.watching import Watching
from aanad.errors import ClusterUnavailable, StoreUnavailable
from aanad.wire.phase import Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.core.deadlines import Deadlines
    from aanad.core.events import Events
    from aanad.core.observation import Observation
    from aanad.core.operations import Operations
    from aanad.core.ports import Archives, Clock, Cluster, RayUnit, Secrets, Store
    from aanad.core.progress import Progress
    from aanad.core.projects import Obstacle
    from aanad.core.records import ApplicationConfig, ProjectRecord
    from aanad.core.revisions import Revisions
    from aanad.wire.requests import RequestRules

logger = logging.getLogger("aanad.reconciler")

BUSY_INTERVAL_S = 0.5
REST_INTERVAL_S = 2.0
ON_THE_WAY = {Phase.PENDING, Phase.STARTING, Phase.UPDATING, Phase.STOPPING, Phase.DEGRADED}


class Reconciler:
    """Runs `tick` for ever; `wake` makes the next one come at once."""

    def __init__(
        self,
        *,
        store: Store,
        cluster: Cluster,
        unit: RayUnit,
        archives: Archives,
        secrets: Secrets,
        operations: Operations,
        progress: Progress,
        events: Events,
        clock: Clock,
        observation: Observation,
        revisions: Revisions,
        deadlines: Deadlines,
        rules: RequestRules,
    ) -> None:
        self._store = store
        self._rules = rules
        self._secrets = secrets
        self._operations = operations
        self._progress = progress
        self._events = events
        self._clock = clock
        self._observation = observation
        self._obstacles = Obstacles(cluster=cluster, clock=clock, observation=observation)
        self._judgement = Judgement(
            store=store,
            operations=operations,
            events=events,
            clock=clock,
            observation=observation,
            obstacles=self._obstacles,
            revisions=revisions,
            deadlines=deadlines,
        )
        self._watching = Watching(
            unit=unit,
            cluster=cluster,
            events=events,
            clock=clock,
            observation=observation,
            redaction=Redaction(secrets),
            when_cold=self._judgement.begin_anew,
        )
        self._writer = ServeWriter(
            store=store,
            cluster=cluster,
            archives=archives,
            clock=clock,
            observation=observation,
            refuse=self._judgement.refuse,
        )
        self._wake = asyncio.Event()
        self.when_seen: Callable[[], None] = lambda: None
        """Called when a round may have changed what is shown; the composition root sets it."""

    def wake(self) -> None:
        """Something was changed: do not wait for the next interval."""
        self._wake.set()

    async def restore(self) -> None:
        """Take up what an earlier daemon knew: the crashes of the last minutes."""
        await self._watching.restore_crashes()

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
        reachable = await self._watching.look()
        # 2. Read what is desired, and see what stands in its way.
        records = {record.name: record for record in await self._store.projects()}
        await self._renew_wanted(records)
        if reachable:
            await self._obstacles.look()
            # 3. Judge: what failed leaves the desired state or goes back to what was good.
            judged = {name: await self._judgement.judge(record) for name, record in records.items()}
            if judged != records:
                records = judged
                await self._renew_wanted(records)
            self._observation.waiting = await self._waiting(records)
            self.when_seen()  # a PUT may take long
            # 4. Act: at most one PUT, and none that would cancel somebody's build.
            if await self._writer.write(records):
                self._wake.set()
        # 5. Checkpoint phases, tell what changed, move operations forward.
        moving = [await self._checkpoint(record) for record in records.values()]
        for record in records.values():
            await self._progress.follow(record)
        self.when_seen()
        return any(moving) or not reachable or bool(self._operations.active())

    async def _renew_wanted(self, records: dict[str, ProjectRecord]) -> None:
        wanted = {}
        for record in records.values():
            if record.should_serve and (config := await self._config(record)) is not None:
                wanted[record.name] = config
        for name, config in wanted.items():
            if self._observation.wanted.get(name, config) != config:
                self._observation.crashes.forget(name)
        self._observation.wanted = wanted

    async def _config(self, record: ProjectRecord) -> ApplicationConfig | None:
        revision = await self._store.revision(record.name, record.revision or "")
        if revision is None:
            return None
        try:
            return application_config(record, revision, self._rules, self._secrets.sealed(record.name))
        except (ClusterUnavailable, StoreUnavailable) as error:
            # Its secrets cannot be read now: what runs stays as it is, and what does not run waits.
            logger.warning("secrets.unreadable project=%s %s", record.name, error.message)
            app = self._observation.application(record.name)
            return self._observation.wanted.get(record.name) or (app.config if app else None)

    async def _waiting(self, records: dict[str, ProjectRecord]) -> dict[str, Obstacle]:
        priorities, settled = {}, set()
        now = self._clock.monotonic()
        for name, config in self._observation.wanted.items():
            revision = await self._store.revision(name, records[name].revision or "")
            priorities[name] = revision.file.priority if revision is not None else 0
            app = self._observation.application(name)
            had_its_time = self._judgement.since_told_s(name, now) > PATIENCE_S
            if app is not None and (app.serves or had_its_time or self._observation.was_ready.get(name) == config):
                settled.add(name)
        starting = {name for name in priorities if self._observation.application(name) is None}
        return waiting_for_priority(starting, priorities, settled)

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
        timings = record.timings | self._observation.stopwatch.of(record.name)
        if timings != record.timings:
            await self._store.save_timings(record.name, timings)
        return standing.phase in ON_THE_WAY
