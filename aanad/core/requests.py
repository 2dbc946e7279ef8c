"""Numbers of requests and calls: rates and percentiles of the last minute, totals, what is under way and what waits.

Replicas count by themselves and write files (`aanad.sdk.counts_file`); these are read when somebody asks, at most once
a second, and each ten seconds when nobody does, so that who asks first gets rates at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Literal

from aanad.core.commands import no_project
from aanad.core.latency import Tally, together
from aanad.core.replica_counts import NOTHING, AllCounts, Key, Ongoing, plus
from aanad.wire.request_stats import RequestStats

if TYPE_CHECKING:
    from aanad.core.observation import Observation
    from aanad.core.ports import Clock, CountsFiles, Store
    from aanad.core.records import CountsReading
    from aanad.core.replica_counts import Totals
    from aanad.wire.replica_counts import ReplicaCounts

    Kind = Literal["project", "endpoint", "deployment"]

logger = logging.getLogger("aanad.requests")

WINDOW_S = 60.0
READ_EACH_S = 1.0
"""At most, while somebody asks; less often where a reading takes long, so that it never takes more than a share."""
READING_SHARE = 0.05
ELSEWHERE_EACH_S = 10.0
"""At most, from nodes that are asked over Ray's log API."""
AT_REST_EACH_S = 10.0
KEEP_EACH_S = 2.0
"""Readings to look back to are this far apart, or further."""
SHORTEST_WINDOW_S = 0.5
HERE = ""
SERVER_ERROR = "5"
FINE = {"ok", "cancelled"}


class Requests:
    """Requests by endpoint, calls by deployment."""

    def __init__(self, *, store: Store, observation: Observation, files: CountsFiles, clock: Clock) -> None:
        self._store = store
        self._observation = observation
        self._files = files
        self._clock = clock
        self._counts = AllCounts()
        self._history: deque[tuple[float, Totals]] = deque()
        self._looked: dict[str, float] = {}
        """By node, when its files were read the last time."""
        self._names: dict[str, frozenset[str]] = {}
        """By node, the names of its files."""
        self._lock = asyncio.Lock()
        self._pause_s = READ_EACH_S
        self._began = clock.monotonic()

    async def run(self) -> None:
        """Look now and then, so that there is something to look back to."""
        while True:
            try:
                await self.refresh()
            except Exception:
                logger.exception("requests.not_read")
            await asyncio.sleep(AT_REST_EACH_S)

    async def refresh(self) -> None:
        """Read what changed, unless it was read just now."""
        async with self._lock:
            now = self._clock.monotonic()
            if now - self._looked.get(HERE, float("-inf")) < self._pause_s:
                return
            self._looked[HERE] = now
            await self._read(HERE, await self._files.here(self._counts.settled), now)
            self._pause_s = max(READ_EACH_S, (self._clock.monotonic() - now) / READING_SHARE)
            for node in self._other_nodes():
                if now - self._looked.get(node, float("-inf")) >= ELSEWHERE_EACH_S:
                    self._looked[node] = now
                    await self._read(node, await self._files.there(node, self._counts.settled), now)
            self._counts.settle(self._lives, now)
            self._keep(now)

    async def _read(self, node: str, reading: CountsReading | None, now: float) -> None:
        if reading is None:
            return
        # What was there before this daemon's first look was not counted within the window, as far as it knows.
        is_baseline = node not in self._names and now - self._began < WINDOW_S
        for name, counts in reading.changed.items():
            added = self._counts.take(name, counts, now)
            if is_baseline and added:
                self._history = deque((at, plus(totals, added)) for at, totals in self._history)
        self._counts.forget(self._names.get(node, frozenset()) - reading.names, self._lives)
        self._names[node] = reading.names

    def _keep(self, now: float) -> None:
        if self._names and (not self._history or now - self._history[-1][0] >= KEEP_EACH_S):
            self._history.append((now, self._counts.totals))
        while len(self._history) > 1 and now - self._history[1][0] >= WINDOW_S:
            self._history.popleft()

    def _other_nodes(self) -> set[str]:
        """Nodes with replicas whose files are not on this machine."""
        unit = self._observation.unit
        here = unit.node_address if unit is not None and unit.session_dir else None
        return {
            replica.node_id
            for app in self._observation.cluster.applications.values()
            for replica in app.replicas
            if replica.node_id and replica.node_address != here
        }

    def _is_alive(self, counts: ReplicaCounts) -> bool:
        app = self._observation.application(counts.project)
        deployment = app.deployments.get(counts.deployment) if app else None
        return deployment is not None and any(replica.id == counts.replica for replica in deployment.replicas)

    def _lives(self, counts: ReplicaCounts) -> bool:
        """Whether it may write again; any may while Serve cannot be asked."""
        return not self._observation.view.reachable or self._is_alive(counts)

    async def stats(self, project: str | None = None) -> list[RequestStats]:
        """Of one project or of all: the project itself, its endpoints, its deployments.

        Raises:
            NotFound: no such project.
        """
        if project is not None and await self._store.project(project) is None:
            raise no_project(project)
        await self.refresh()
        window = self._window()
        found: list[RequestStats] = []
        for record in await self._store.projects():
            if project in {None, record.name}:
                endpoints, deployments = await self._known(record.name, record.revision)
                rows = [window.endpoint(record.name, name) for name in sorted(endpoints)]
                found.append(window.project(record.name, rows))
                found += rows
                found += [window.deployment(record.name, name) for name in sorted(deployments)]
        return found

    async def tallies(self) -> dict[tuple[str, str, str], Tally]:
        """All that was counted of the projects that are there, by project, ``endpoint`` or ``deployment``, and name."""
        await self.refresh()
        names = {record.name for record in await self._store.projects()}
        found: dict[tuple[str, str, str], Tally] = {}
        for key, tally in self._counts.totals.items():
            if key.project not in names:
                continue
            if key.kind == "endpoint":
                found[key] = tally
            elif key.kind == self._side(key.project, key.name):
                found[key.project, "deployment", key.name] = tally
        return found

    def _side(self, project: str, deployment: str) -> str:
        return "served" if (project, deployment) in self._counts.followed else "sent"

    async def _known(self, project: str, revision_id: str | None) -> tuple[set[str], set[str]]:
        """Names of endpoints and deployments: those of the active revision, and whatever else was counted."""
        endpoints = {key.name for key in self._counts.totals if key.project == project and key.kind == "endpoint"}
        deployments = {key.name for key in self._counts.totals if key.project == project and key.kind != "endpoint"}
        revision = await self._store.revision(project, revision_id) if revision_id else None
        if revision is not None:
            endpoints |= {endpoint.name for endpoint in revision.manifest.endpoints}
            deployments |= {deployment.name for deployment in revision.manifest.deployments}
        return endpoints, deployments

    def _window(self) -> _Window:
        now = self._clock.monotonic()
        began, before = self._history[0] if self._history else (now, self._counts.totals)
        return _Window(self._counts, self._counts.ongoing(self._is_alive), before, max(0.0, now - began))


class _Window:
    """The last minute, or what is known of it."""

    def __init__(self, counts: AllCounts, ongoing: dict[Key, Ongoing], before: Totals, seconds: float) -> None:
        self._counts = counts
        self._ongoing = ongoing
        self._before = before
        self._seconds = seconds

    def endpoint(self, project: str, name: str) -> RequestStats:
        key = Key(project, "endpoint", name)
        now = self._ongoing.get(key, Ongoing())
        total = self._counts.totals.get(key, NOTHING)
        recent = total.since(self._before.get(key, NOTHING))
        return self._row(project, "endpoint", name, total, recent, now)

    def project(self, name: str, rows: list[RequestStats]) -> RequestStats:
        keys = [Key(name, "endpoint", row.name) for row in rows]
        totals = [self._counts.totals.get(key, NOTHING) for key in keys]
        recent = [total.since(self._before.get(key, NOTHING)) for key, total in zip(keys, totals, strict=True)]
        now = Ongoing(sum(row.ongoing for row in rows), sum(row.queued for row in rows))
        return self._row(name, "project", name, together(totals), together(recent), now)

    def deployment(self, project: str, name: str) -> RequestStats:
        served, sent = Key(project, "served", name), Key(project, "sent", name)
        asked = self._ongoing.get(sent, Ongoing()).ongoing
        if (project, name) in self._counts.followed:
            key, ongoing = served, self._ongoing.get(served, Ongoing()).ongoing
            now = Ongoing(ongoing, max(0, asked - ongoing))
        else:
            key, now = sent, Ongoing(asked)
        total = self._counts.totals.get(key, NOTHING)
        return self._row(project, "deployment", name, total, total.since(self._before.get(key, NOTHING)), now)

    def _row(self, project: str, kind: Kind, name: str, total: Tally, recent: Tally, now: Ongoing) -> RequestStats:
        has_window = self._seconds >= SHORTEST_WINDOW_S
        p50, p95, p99 = recent.percentiles_ms((50, 95, 99))
        return RequestStats(
            project=project,
            kind=kind,
            name=name,
            window_s=round(self._seconds, 3),
            rate=round(recent.count / self._seconds, 4) if has_window else 0.0,
            error_rate=round(errors(recent, kind) / self._seconds, 4) if has_window else 0.0,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            ongoing=now.ongoing,
            queued=now.queued,
            total=total.count,
            errors=errors(total, kind),
            by_status=dict(sorted(total.outcomes.items())),
        )


def errors(tally: Tally, kind: Kind) -> int:
    """How many of them failed: status 5xx, or an exception that ended a call."""
    if kind == "deployment":
        return sum(count for outcome, count in tally.outcomes.items() if outcome not in FINE)
    return sum(count for outcome, count in tally.outcomes.items() if outcome.startswith(SERVER_ERROR))
