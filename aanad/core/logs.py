"""Which log files belong to a project, a deployment or a replica, and what may be shown of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aanad.core.commands import no_project
from aanad.core.records import EventQuery, LogSource
from aanad.core.redaction import Redaction
from aanad.errors import NotFound
from aanad.wire.manifest import INGRESS_DEPLOYMENT
from aanad.wire.projects import Crash

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aanad.core.log_nodes import LogNodes
    from aanad.core.observation import Observation
    from aanad.core.ports import LogReader, Secrets, Store
    from aanad.core.records import LogQuery, ObservedDeployment, ProjectRecord
    from aanad.core.redaction import Redactor

BOX_KINDS = frozenset({"controller", "ray", "daemon"})
"""Written by what serves all projects: shown where no project is named, or where the kind is."""
REMEMBERED_EVENTS = 500
CONTROLLER_LOGS = "serve/controller_*.log"


@dataclass(frozen=True)
class LogScope:
    """Whose records are meant; empty: everybody's."""

    projects: tuple[str, ...] = ()
    deployment: str | None = None
    replica: str | None = None
    """An id, or what it ends with."""
    kinds: frozenset[str] = frozenset()

    def has(self, kind: str) -> bool:
        """Whether records of this kind are meant."""
        if kind in BOX_KINDS and (self.projects or self.deployment or self.replica):
            return kind in self.kinds
        return not self.kinds or kind in self.kinds


class Logs:
    """The logs of projects, of Serve's controller, of the Ray unit and of the daemon, merged in time order."""

    def __init__(
        self,
        *,
        store: Store,
        secrets: Secrets,
        observation: Observation,
        reader: LogReader,
        daemon_log: Path | None = None,
        nodes: LogNodes | None = None,
    ) -> None:
        """`daemon_log` is where the daemon writes its own log; without `nodes`, all files are on this one."""
        self._store = store
        self._observation = observation
        self._reader = reader
        self._redaction = Redaction(secrets)
        self._revisions: dict[str, tuple[str, frozenset[str]]] = {}
        """The deployments of the active revision, by project."""
        self._daemon_log = daemon_log
        self._nodes = nodes

    async def read(self, scope: LogScope, query: LogQuery) -> AsyncIterator[bytes]:
        """Pieces of NDJSON: the records that the query begins with, then, following, each new one.

        Raises:
            NotFound: no such project, deployment or replica.
            InvalidInput: ``invalid_pattern``, ``invalid_cursor``.
        """
        for name in scope.projects:
            if await self._store.project(name) is None:
                raise no_project(name)
        old_crashes = await self._old_crashes(scope)

        async def sources() -> list[LogSource]:
            return await self._sources(scope, old_crashes)

        if scope.deployment is not None and not await self._knows_deployment(scope):
            where = " or ".join(scope.projects) or "any project"
            raise NotFound(f"There is no deployment {scope.deployment} in {where}.", code="deployment_not_found")
        return self._reader.read(sources, query)

    async def _knows_deployment(self, scope: LogScope) -> bool:
        return any([scope.deployment in await self._deployments(record) for record in await self._projects(scope)])

    async def _projects(self, scope: LogScope) -> list[ProjectRecord]:
        return [
            record for record in await self._store.projects() if not scope.projects or record.name in scope.projects
        ]

    async def _sources(self, scope: LogScope, old_crashes: dict[str, list[Crash]]) -> list[LogSource]:
        found: list[LogSource] = []
        redactors = []
        for record in await self._projects(scope):
            redactor = await self._redaction.of(record.name)
            redactors.append(redactor)
            found += await self._project_sources(record, scope, redactor)
            found += self._crash_sources(record.name, scope, redactor, old_crashes.get(record.name, []))
        wanted = [source for source in found if scope.has(source.kind)] + await self._box_sources(scope)
        return await self._nodes.spread(wanted) if self._nodes is not None else wanted

    async def _project_sources(self, record: ProjectRecord, scope: LogScope, redactor: Redactor) -> list[LogSource]:
        name = record.name
        found = []
        if scope.deployment is None and scope.replica is None:
            pattern = f"serve/controller_build_{name}_*.log"
            found.append(LogSource(name, None, None, "build", pattern, redactor=redactor))
        app = self._observation.application(name)
        for deployment in await self._deployments(record):
            if scope.deployment not in {None, deployment}:
                continue
            observed = app.deployments.get(deployment) if app else None
            found.append(
                LogSource(
                    name,
                    deployment,
                    None,
                    "serve",
                    f"serve/replica_{name}_{deployment}_*.log",
                    ends_with=scope.replica or "",
                    living=self._living(observed),
                    redactor=redactor,
                )
            )
            found += _worker_sources(name, deployment, observed, scope, self._living(observed), redactor)
        return found

    def _living(self, observed: ObservedDeployment | None) -> frozenset[str] | None:
        """The ids of a deployment's replicas; None where the cluster cannot be asked."""
        if not self._observation.view.reachable:
            return None
        return frozenset(replica.id for replica in observed.replicas) if observed else frozenset()

    async def _box_sources(self, scope: LogScope) -> list[LogSource]:
        kinds = [kind for kind in sorted(BOX_KINDS) if scope.has(kind)]
        if not kinds:
            return []
        # They may quote what any project raised.
        redactor = await self._redaction.of_all([record.name for record in await self._store.projects()])
        unit = self._observation.unit
        paths = {"daemon": self._daemon_log, "ray": unit.log_file if unit is not None else None}
        found = []
        for kind in kinds:
            if kind == "controller":
                found.append(LogSource(None, None, None, kind, CONTROLLER_LOGS, redactor=redactor))
            elif path := paths[kind]:
                found.append(LogSource(None, None, None, kind, "", path=str(path), redactor=redactor))
        return found

    async def _deployments(self, record: ProjectRecord) -> list[str]:
        app = self._observation.application(record.name)
        return sorted({INGRESS_DEPLOYMENT, *await self._written_deployments(record), *(app.deployments if app else ())})

    async def _written_deployments(self, record: ProjectRecord) -> frozenset[str]:
        """Those of the active revision; a revision never changes, and each follower asks each second."""
        known = self._revisions.get(record.name)
        if record.revision is None:
            return frozenset()
        if known is None or known[0] != record.revision:
            revision = await self._store.revision(record.name, record.revision)
            names = frozenset(each.name for each in revision.manifest.deployments) if revision else frozenset()
            known = self._revisions[record.name] = (record.revision, names)
        return known[1]

    def _crash_sources(self, project: str, scope: LogScope, redactor: Redactor, old: list[Crash]) -> list[LogSource]:
        """The last crashes; where the files of a replica are still there, they say more."""
        known = {(crash.deployment, crash.replica): crash for crash in [*old, *self._observation.crashes.all(project)]}
        return [
            LogSource(
                project,
                deployment,
                replica,
                "crash",
                f"serve/replica_{project}_{deployment}_{replica}.log",
                crash=crash,
                redactor=redactor,
                node=None,
            )
            for (deployment, replica), crash in known.items()
            if scope.deployment in {None, deployment} and replica.endswith(scope.replica or "")
        ]

    async def _old_crashes(self, scope: LogScope) -> dict[str, list[Crash]]:
        """Those that were recorded, also by an earlier daemon and for an earlier session of Ray."""
        if not scope.has("crash"):
            return {}
        query = EventQuery(projects=tuple(scope.projects), types=("replica.died",))
        found: dict[str, list[Crash]] = {}
        for event in await self._store.events(query, limit=REMEMBERED_EVENTS):
            if event.project and "crash" in event.data:
                found.setdefault(event.project, []).append(Crash.model_validate(event.data["crash"]))
        return found


def _worker_sources(
    project: str,
    deployment: str,
    observed: ObservedDeployment | None,
    scope: LogScope,
    living: frozenset[str] | None,
    redactor: Redactor,
) -> list[LogSource]:
    """What replicas wrote to their standard streams, past Python's; also those that died lately."""
    return [
        LogSource(
            project, deployment, replica.id, kind, f"worker-{replica.worker_id}-*.{suffix}", living=living,
            node_id=replica.node_id, redactor=redactor,
        )
        for replica in ((*observed.replicas, *observed.dead) if observed else ())
        if replica.worker_id and replica.id.endswith(scope.replica or "")
        for kind, suffix in (("stdout", "out"), ("stderr", "err"))
    ]  # fmt: skip
