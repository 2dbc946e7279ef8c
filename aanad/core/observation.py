"""The last reading of the cluster, and the little that must be remembered between two readings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aanad.core.projects import ClusterView, Standing, project_standing
from aanad.core.records import ObservedCluster

if TYPE_CHECKING:
    from datetime import datetime

    from aanad.core.records import ApplicationConfig, ObservedApplication, ProjectRecord
    from aanad.wire.unit import UnitStatus

NOTHING_YET = ClusterView(reachable=False, starting=True, message="Ray is starting.")


@dataclass(frozen=True)
class Death:
    """A replica that ended without being asked to."""

    project: str
    deployment: str
    replica: str
    pid: int | None


@dataclass
class Observation:
    """What the reconciler saw last. Readers of the API share it, so that a read costs the cluster nothing."""

    cluster: ObservedCluster = field(default_factory=lambda: ObservedCluster(serve_runs=False, applications={}))
    view: ClusterView = NOTHING_YET
    unit: UnitStatus | None = None
    wanted: dict[str, ApplicationConfig] = field(default_factory=dict)
    """What Serve must be told, by project."""
    was_ready: dict[str, ApplicationConfig] = field(default_factory=dict)
    """The configuration with which a project was fully ready in this cluster."""
    restarts: dict[tuple[str, str], int] = field(default_factory=dict)
    """Deaths by project and deployment."""

    def standing(self, record: ProjectRecord) -> Standing:
        """Where a project stands, by this reading."""
        wanted = self.wanted.get(record.name) if record.should_serve else None
        return project_standing(
            record,
            wanted,
            self.application(record.name),
            self.view,
            was_ready=wanted is not None and self.was_ready.get(record.name) == wanted,
        )

    def application(self, project: str) -> ObservedApplication | None:
        """What Serve says of a project."""
        return self.cluster.applications.get(project)

    def forget_cluster(self) -> None:
        """All replicas are gone: a cold start."""
        self.cluster = ObservedCluster(serve_runs=False, applications={})
        self.was_ready.clear()

    def take(self, reading: ObservedCluster) -> list[Death]:
        """Replace the reading by a newer one; tells which replicas died in between."""
        deaths = [
            death
            for name, before in self.cluster.applications.items()
            if (after := reading.applications.get(name)) is not None
            for death in self._deaths(before, after)
        ]
        for death in deaths:
            key = (death.project, death.deployment)
            self.restarts[key] = self.restarts.get(key, 0) + 1
        self.cluster = reading
        for name, app in reading.applications.items():
            if app.config is not None and app.status == "RUNNING" and app.config == self.wanted.get(name):
                self.was_ready[name] = app.config
        return deaths

    def _deaths(self, before: ObservedApplication, after: ObservedApplication) -> list[Death]:
        """Ready replicas that are gone although nothing was changed and no fewer are asked for."""
        if before.config is None or before.config != after.config or self.was_ready.get(before.name) != before.config:
            return []
        deaths = []
        for name, deployment in before.deployments.items():
            now = after.deployments.get(name)
            if now is None or now.target_replicas < deployment.target_replicas:
                continue
            alive = {replica.id for replica in now.replicas if replica.state != "STOPPING"}
            deaths += [
                Death(before.name, name, replica.id, replica.pid)
                for replica in deployment.replicas
                if replica.is_ready and replica.id not in alive
            ]
        return deaths


def since(record: ProjectRecord, standing: Standing, now: datetime) -> datetime:
    """When a standing began: the checkpoint's time while it is the same, else now."""
    same = (record.phase, record.reason) == (standing.phase, standing.reason)
    return record.since if same else now
