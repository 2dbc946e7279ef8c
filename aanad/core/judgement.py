"""Judges each project's observed state: what became good, what failed, what took too long; and what follows of that."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from aanad.core.deadlines import Countdowns, Deadlines
from aanad.core.failures import deadline_failure, failed, problem_of, serve_failure
from aanad.core.records import Failure, Good
from aanad.wire.operations import OperationState
from aanad.wire.phase import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.core.events import Events
    from aanad.core.observation import Observation
    from aanad.core.obstacles import Obstacles
    from aanad.core.operations import Operations
    from aanad.core.ports import Clock, Store
    from aanad.core.records import ApplicationConfig, ObservedApplication, ProjectRecord
    from aanad.core.revisions import Revisions
    from aanad.errors import Failed

logger = logging.getLogger("aanad.judgement")

SURGE_PATIENCE_S = 30.0
"""How long new replicas wait for room beside the old ones before the old ones make room for them."""


class Judgement:
    """Changes what is desired, where what was asked for cannot be had."""

    def __init__(
        self,
        *,
        store: Store,
        operations: Operations,
        events: Events,
        clock: Clock,
        observation: Observation,
        obstacles: Obstacles,
        revisions: Revisions,
        deadlines: Deadlines,
    ) -> None:
        self._store = store
        self._operations = operations
        self._events = events
        self._clock = clock
        self._observation = observation
        self._obstacles = obstacles
        self._revisions = revisions
        self._deadlines = deadlines
        self._countdowns = Countdowns()

    def begin_anew(self) -> None:
        """A cold start: everybody has their whole time again."""
        self._countdowns.clear()

    def since_told_s(self, project: str, now: float) -> float:
        """Seconds since Serve was told of it; 0 where it is up, or unknown."""
        return self._countdowns.since_told_s(project, now)

    async def judge(self, record: ProjectRecord) -> ProjectRecord:
        """The project as it shall be desired from now on."""
        wanted = self._observation.wanted.get(record.name)
        app = self._observation.application(record.name)
        if wanted is None or app is None or app.config != wanted:
            self._countdowns.forget(record.name)
            return record
        if app.status == "RUNNING":
            self._countdowns.forget(record.name)
            is_told = record.failure is not None and record.failure.revision == record.revision
            return record if record.is_good and not is_told else await self._became_good(record)
        if app.status == "DEPLOY_FAILED":
            if record.failure is not None and record.failure.revision == record.revision:
                return record  # told already; older replicas serve on
            return await self.fail(record, serve_failure(record, app, at=self._clock.now()))
        paused = self._obstacles.is_downloading(record.name)
        used_s = self._countdowns.used_s(record.name, wanted, self._clock.monotonic(), paused=paused)
        # A build that hangs keeps every other project waiting, so its limit holds even where nobody waits for it.
        is_limited = not app.is_built or bool(self._operations.active(record.name))
        if self._observation.was_ready.get(record.name) == wanted or not is_limited:
            return record
        limit_s = await self._limit_s(record, app, wanted)
        if used_s > limit_s:
            return await self.fail(record, deadline_failure(record, app, limit_s, at=self._clock.now()))
        return await self._make_room(record, app, used_s)

    async def refuse(self, record: ProjectRecord, error: Failed) -> None:
        """Serve did not take its configuration, or its archive is nowhere."""
        reason = Reason.ARCHIVE_MISSING if error.code == "archive_missing" else Reason.DEPLOY_FAILED
        hint = "Mend project.toml or the deployment's options and deploy again."
        if reason == Reason.ARCHIVE_MISSING:
            hint = "Deploy the project again."
        now = self._clock.now()
        await self.fail(record, Failure(reason, error.message, error.hint or hint, now, record.revision, error.detail))

    async def fail(self, record: ProjectRecord, failure: Failure) -> ProjectRecord:
        """What is desired failed: back to what was good, or out of Serve; whoever waits for it learns why."""
        app = self._observation.application(record.name)
        serves = app is not None and app.serves and failure.reason != Reason.ARCHIVE_MISSING
        after = await self._change(record, lambda now: failed(now, failure, serves=serves))
        what = f"revision {failure.revision} failed: {failure.message}"
        if after.version != record.version:
            what += f" The project goes back to revision {after.revision} as it ran before."
        elif after.failure is not None and not after.failure.blocks:
            what += " Older replicas go on."
        await self._events.record(
            "revision.failed" if after.revision != record.revision or after.is_blocked else "change.failed",
            what,
            project=record.name,
            revision=failure.revision,
            reason=failure.reason,
            back_to=after.revision if after.version != record.version else None,
        )
        for operation in self._operations.active(record.name):
            if operation.version is not None and operation.version <= record.version:
                await self._operations.finish(operation, OperationState.FAILED, problem=problem_of(failure))
        return after

    async def _became_good(self, record: ProjectRecord) -> ProjectRecord:
        good = Good(record.revision or "", record.restarts, record.scale)
        failure = record.failure if record.failure and record.failure.revision != record.revision else None
        after = await self._change(record, lambda now: replace(now, good=good, failure=failure))
        await self._revisions.became_ready(after)
        return after

    async def _limit_s(self, record: ProjectRecord, app: ObservedApplication, wanted: ApplicationConfig) -> float:
        if not app.is_built:
            return self._deadlines.build_s + (self._deadlines.environment_s if wanted.requirements else 0.0)
        revision = await self._store.revision(record.name, record.revision or "")
        own = revision.file.ready_timeout_s if revision is not None else None
        return self._deadlines.ready_s if own is None else own

    async def _make_room(self, record: ProjectRecord, app: ObservedApplication, used_s: float) -> ProjectRecord:
        """End the old replicas first where the new ones wait in vain for room beside them."""
        if used_s <= SURGE_PATIENCE_S:
            return record
        short = [
            name
            for name, deployment in app.deployments.items()
            if name not in record.gaps
            and (obstacle := self._observation.obstacles.get((record.name, name))) is not None
            and obstacle.reason == Reason.RESOURCES_SHORT
            and len([each for each in deployment.replicas if each.state != "STOPPING"]) > deployment.target_replicas
        ]
        if not short:
            return record
        after = await self._change(record, lambda now: replace(now, gaps=(*now.gaps, *short)))
        await self._events.record(
            "update.gap",
            f"There is no room for new replicas of {', '.join(short)} beside the old ones, which end first now.",
            project=record.name,
            deployments=short,
        )
        return after

    async def _change(self, record: ProjectRecord, change: Callable[[ProjectRecord], ProjectRecord]) -> ProjectRecord:
        """Change a project, unless somebody asked for something else in the meantime."""

        def unless_superseded(now: ProjectRecord | None) -> ProjectRecord | None:
            return change(now) if now is not None and now.version == record.version else None

        return await self._store.change_project(record.name, unless_superseded) or record
