"""Which log files belong to a project, a deployment or a replica."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.core.commands import no_project
from aanad.core.records import LogSource
from aanad.core.redaction import Redaction
from aanad.errors import NotFound
from aanad.wire.manifest import INGRESS_DEPLOYMENT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aanad.core.observation import Observation
    from aanad.core.ports import LogReader, Secrets, Store
    from aanad.wire.logs import LogRecord


class Logs:
    """The logs of projects, merged in time order."""

    def __init__(self, *, store: Store, secrets: Secrets, observation: Observation, reader: LogReader) -> None:
        self._store = store
        self._observation = observation
        self._reader = reader
        self._redaction = Redaction(secrets)

    async def read(
        self, *, project: str | None, deployment: str | None, replica: str | None, tail: int, follow: bool
    ) -> AsyncIterator[LogRecord | None]:
        """The last records, then, following, each new one; None is a heartbeat.

        Raises:
            NotFound: no such project or deployment.
        """

        async def sources() -> list[LogSource]:
            return await self._sources(project, deployment, replica)

        if project is not None and await self._store.project(project) is None:
            raise no_project(project)
        if deployment is not None and not await sources():
            raise NotFound(f"There is no deployment {deployment} in {project}.", code="deployment_not_found")
        return self._redacted(self._reader.read(sources, tail=tail, follow=follow))

    async def _redacted(self, records: AsyncIterator[LogRecord | None]) -> AsyncIterator[LogRecord | None]:
        """What a project prints may hold its secrets."""
        async for record in records:
            if record is not None and record.project is not None:
                message = (await self._redaction.of(record.project)).text(record.message)
                if message != record.message:
                    yield record.model_copy(update={"message": message})
                    continue
            yield record

    async def _sources(self, project: str | None, deployment: str | None, replica: str | None) -> list[LogSource]:
        found = []
        for record in await self._store.projects():
            if project not in {None, record.name}:
                continue
            if deployment is None and replica is None:
                found.append(LogSource(record.name, None, None, "build", f"serve/controller_build_{record.name}_*.log"))
            for name in await self._deployments(record.name, record.revision):
                if deployment not in {None, name}:
                    continue
                pattern = f"serve/replica_{record.name}_{name}_{replica or '*'}.log"
                found.append(LogSource(record.name, name, None, "serve", pattern))
            found += self._worker_sources(record.name, deployment, replica)
        return found

    async def _deployments(self, project: str, revision_id: str | None) -> list[str]:
        names = {INGRESS_DEPLOYMENT}
        revision = await self._store.revision(project, revision_id) if revision_id else None
        if revision is not None:
            names |= {deployment.name for deployment in revision.manifest.deployments}
        app = self._observation.application(project)
        return sorted(names | set(app.deployments if app else ()))

    def _worker_sources(self, project: str, deployment: str | None, replica_id: str | None) -> list[LogSource]:
        """What living replicas wrote to their standard streams."""
        app = self._observation.application(project)
        return [
            LogSource(project, each.name, replica.id, kind, f"worker-{replica.worker_id}-*.{suffix}")
            for each in (app.deployments.values() if app else ())
            if deployment in {None, each.name}
            for replica in each.replicas
            if replica.worker_id and replica_id in {None, replica.id}
            for kind, suffix in (("stdout", "out"), ("stderr", "err"))
        ]
