"""What the API shows: desired and observed put together. Reads the store and the last observation, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.core.commands import no_project
from aanad.core.observation import since
from aanad.core.sizes import wanted_deployments
from aanad.errors import ClusterUnavailable, NotFound
from aanad.wire.projects import (
    DeploymentStatus,
    Endpoint,
    EndpointRef,
    LastExit,
    Project,
    ProjectDetail,
    Replica,
    Revision,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aanad.core.hardware import Hardware
    from aanad.core.measurements import ReplicaGpus
    from aanad.core.observation import Observation
    from aanad.core.ports import Clock, Cluster, Secrets, Store
    from aanad.core.records import (
        NodeProcess,
        ObservedApplication,
        ObservedDeployment,
        ObservedReplica,
        ProjectRecord,
        RevisionRecord,
    )


class Overview:
    """Projects, endpoints, replicas and revisions as the wire shows them."""

    def __init__(
        self,
        *,
        store: Store,
        secrets: Secrets,
        observation: Observation,
        cluster: Cluster,
        hardware: Hardware,
        clock: Clock,
        serve_url: str,
    ) -> None:
        self._store = store
        self._secrets = secrets
        self._observation = observation
        self._cluster = cluster
        self._hardware = hardware
        self._clock = clock
        self._serve_url = serve_url

    async def projects(self) -> list[Project]:
        """All projects, by name."""
        return [
            # Only the active ones: a history may be long, and the store reads a revision once.
            self._project(record, await self._store.revision(record.name, record.revision) if record.revision else None)
            for record in await self._store.projects()
        ]

    async def project(self, name: str) -> ProjectDetail:
        """One project with its deployments."""
        record, revision = await self._find(name)
        project = self._project(record, revision)
        app = self._observation.application(name)
        return ProjectDetail(
            **dict(project),
            url=self._serve_url + project.route_prefix,
            created_at=record.created_at,
            deployments=[self._deployment(name, each) for each in app.deployments.values()] if app else [],
            manifest_deployments=revision.manifest.deployments if revision else [],
            evidence=record.failure.evidence if record.failure else [],
            priority=revision.file.priority if revision else 0,
            scale=record.scale,
            secrets=await self._secrets.names(name),
        )

    async def endpoints(self, name: str) -> list[Endpoint]:
        """The endpoints of a project's active revision."""
        _, revision = await self._find(name)
        if revision is None:
            return []
        base = self._serve_url + revision.route_prefix
        return [
            Endpoint(**dict(endpoint), project=name, url=base + endpoint.path)
            for endpoint in revision.manifest.endpoints
        ]

    async def endpoint(self, project: str, name: str) -> Endpoint:
        """One endpoint, by its name."""
        endpoints = await self.endpoints(project)
        for endpoint in endpoints:
            if endpoint.name == name:
                return endpoint
        known = ", ".join(endpoint.name for endpoint in endpoints) or "none"
        raise NotFound(f"{project} has no endpoint {name}.", hint=f"It has: {known}.", code="endpoint_not_found")

    async def replicas(self, project: str | None = None) -> list[Replica]:
        """All replicas, of one project or of all, with what their nodes report of their processes."""
        if project is not None:
            await self._find(project)
        names = {record.name for record in await self._store.projects()}
        apps = [
            app
            for name, app in sorted(self._observation.cluster.applications.items())
            if name in names and project in {None, name}
        ]
        nodes = {
            replica.node_id
            for app in apps
            for deployment in app.deployments.values()
            for replica in deployment.replicas
            if replica.node_id
        }
        processes: Mapping[tuple[str, int], NodeProcess] = {}
        if nodes and self._observation.view.reachable:
            try:
                processes = await self._cluster.node_processes(nodes)
            except ClusterUnavailable:
                processes = {}
        gpus = await self._hardware.replica_gpus() if nodes else {}
        return [
            self._replica(app.name, deployment.name, replica, processes, gpus.get(replica.id))
            for app in apps
            for deployment in app.deployments.values()
            for replica in deployment.replicas
        ]

    def restarts(self) -> Mapping[tuple[str, str], int]:
        """By project and deployment: replicas that died without being asked to, since this daemon watches."""
        return self._observation.restarts

    async def revisions(self, name: str) -> list[Revision]:
        """The revisions of a project, the newest first."""
        record, _ = await self._find(name)
        return [
            Revision(
                id=revision.id,
                project=name,
                created_at=revision.created_at,
                created_by=revision.created_by,
                size_bytes=revision.size_bytes,
                active=revision.id == record.revision,
                git_commit=revision.git_commit,
                ready_at=revision.ready_at,
                route_prefix=revision.route_prefix,
            )
            for revision in await self._store.revisions(name)
        ]

    async def _find(self, name: str) -> tuple[ProjectRecord, RevisionRecord | None]:
        record = await self._store.project(name)
        if record is None:
            raise no_project(name)
        revision = await self._store.revision(name, record.revision) if record.revision else None
        return record, revision

    def _project(self, record: ProjectRecord, revision: RevisionRecord | None) -> Project:
        standing = self._observation.standing(record)
        app = self._observation.application(record.name)
        ready, replicas = _count(record, revision, app)
        return Project(
            name=record.name,
            phase=standing.phase,
            reason=standing.reason,
            message=standing.message,
            hint=standing.hint,
            since=since(record, standing, self._clock.now()),
            desired=record.desired,
            revision=record.revision,
            route_prefix=revision.route_prefix if revision else f"/{record.name}",
            ready=ready,
            replicas=replicas,
            endpoints=[EndpointRef(name=e.name, path=e.path) for e in revision.manifest.endpoints] if revision else [],
            etag=f'"{record.version}"',
        )

    def _deployment(self, project: str, deployment: ObservedDeployment) -> DeploymentStatus:
        standing = self._observation.deployment_standing(project, deployment)
        return DeploymentStatus(
            name=deployment.name,
            phase=standing.phase,
            reason=standing.reason,
            message=standing.message,
            hint=standing.hint,
            since=self._observation.since((project, deployment.name), standing, self._clock.now()),
            ready=deployment.ready,
            replicas=deployment.target_replicas,
            crashes=self._observation.crashes.of(project, deployment.name),
        )

    def _replica(
        self,
        project: str,
        deployment: str,
        replica: ObservedReplica,
        processes: Mapping[tuple[str, int], NodeProcess],
        gpus: ReplicaGpus | None,
    ) -> Replica:
        process = processes.get((replica.node_id or "", replica.pid or -1))
        standing = self._observation.replica_standing(project, deployment, replica)
        crash = next(iter(self._observation.crashes.of(project, deployment)), None)
        return Replica(
            id=replica.id,
            project=project,
            deployment=deployment,
            node=replica.node_address or "",
            pid=replica.pid,
            phase=standing.phase,
            gpus=list(gpus.indexes) if gpus else [],
            gpu_memory_bytes=gpus.memory_bytes if gpus else None,
            rss_bytes=process.rss_bytes if process else None,
            restarts=self._observation.restarts.get((project, deployment), 0),
            started_at=replica.started_at,
            reason=standing.reason,
            message=standing.message,
            hint=standing.hint,
            since=self._observation.since((project, deployment, replica.id), standing, self._clock.now()),
            last_exit=LastExit(at=crash.at, kind=crash.kind, message=crash.message) if crash else None,
        )


def _count(record: ProjectRecord, revision: RevisionRecord | None, app: ObservedApplication | None) -> tuple[int, int]:
    """Ready replicas and replicas asked for."""
    if app is not None and app.deployments:
        ready = sum(deployment.ready for deployment in app.deployments.values())
        return ready, sum(deployment.target_replicas for deployment in app.deployments.values())
    if not record.should_serve or revision is None:
        return 0, 0
    return 0, sum(wanted.size.least for wanted in wanted_deployments(revision, record.scale).values())
