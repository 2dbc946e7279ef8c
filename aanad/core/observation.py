"""The last reading of the cluster, and the little that must be remembered between two readings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from operator import is_
from typing import TYPE_CHECKING

from aanad.core.crashes import Crashes
from aanad.core.deployments import deployment_standing, replica_standing
from aanad.core.projects import ClusterView, Obstacle, Standing, project_standing
from aanad.core.records import ObservedCluster
from aanad.core.timings import Stopwatch

if TYPE_CHECKING:
    from datetime import datetime

    from aanad.core.records import (
        ApplicationConfig,
        ObservedApplication,
        ObservedDeployment,
        ObservedReplica,
        ProjectRecord,
    )
    from aanad.wire.unit import UnitStatus

NOTHING_YET = ClusterView(reachable=False, starting=True, message="Ray is starting.")


@dataclass(frozen=True)
class Death:
    """A replica that ended without being asked to."""

    project: str
    deployment: str
    replica: str
    pid: int | None
    was_ready: bool
    """Whether it served; else it died while it started."""
    node: str | None = None
    """Its node's address."""
    node_id: str | None = None
    worker_id: str | None = None
    log_file: str | None = None


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
    crashes: Crashes = field(default_factory=Crashes)
    waiting: dict[str, Obstacle] = field(default_factory=dict)
    """Why a project is not given to Serve yet."""
    obstacles: dict[tuple[str, str], Obstacle] = field(default_factory=dict)
    """What keeps replicas from being ready, by project and deployment."""
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    _outgoing: dict[str, set[str]] = field(default_factory=dict)
    """By project: replicas from before its last change, which end on purpose until all is ready."""
    _since: dict[tuple[str, ...], tuple[str, str, datetime]] = field(default_factory=dict)
    _standings: dict[str, tuple[tuple[ProjectRecord, ClusterView], tuple[object, ...], Standing]] = field(
        default_factory=dict
    )
    """By project: what its standing was made of; hundreds of replicas are not counted again for each reader."""

    def standing(self, record: ProjectRecord) -> Standing:
        """Where a project stands, by this reading; the same object for as long as nothing of it changes."""
        name = record.name
        wanted = self.wanted.get(name) if record.should_serve else None
        app, ready = self.application(name), self.was_ready.get(name)
        obstacle = self.waiting.get(name) or self._worst_obstacle(name)
        asked, seen = (record, self.view), (wanted, app, ready, obstacle)
        if (known := self._standings.get(name)) and known[0] == asked and all(map(is_, known[1], seen)):
            return known[2]
        was_ready = wanted is not None and ready == wanted
        standing = project_standing(record, wanted, app, self.view, was_ready=was_ready, obstacle=obstacle)
        self._standings[name] = (asked, seen, standing)
        return standing

    def deployment_standing(self, project: str, deployment: ObservedDeployment) -> Standing:
        """Where a deployment stands."""
        return deployment_standing(deployment, self.obstacles.get((project, deployment.name)), project)

    def replica_standing(self, project: str, deployment: str, replica: ObservedReplica) -> Standing:
        """Where a replica stands."""
        return replica_standing(replica, self.obstacles.get((project, deployment)))

    def since(self, key: tuple[str, ...], standing: Standing, now: datetime) -> datetime:
        """When a deployment's or replica's standing began, as far as this daemon saw it."""
        known = self._since.get(key)
        if known is None or known[:2] != (standing.phase, standing.reason):
            self._since[key] = (str(standing.phase), standing.reason, now)
            return now
        return known[2]

    def application(self, project: str) -> ObservedApplication | None:
        """What Serve says of a project."""
        return self.cluster.applications.get(project)

    def forget_cluster(self) -> None:
        """All replicas are gone: a cold start."""
        self.cluster = ObservedCluster(serve_runs=False, applications={})
        self.was_ready.clear()
        self.obstacles.clear()

    def take(self, reading: ObservedCluster, now: datetime) -> list[Death]:
        """Replace the reading by a newer one; tells which replicas died in between."""
        reading = self._with_hidden(reading)
        deaths = []
        for name, before in self.cluster.applications.items():
            if (after := reading.applications.get(name)) is None:
                continue
            if before.config != after.config:
                self._outgoing[name] = {replica.id for replica in before.replicas}
            deaths += self._deaths(before, after)
        for death in deaths:
            key = (death.project, death.deployment)
            self.restarts[key] = self.restarts.get(key, 0) + 1
        self.cluster = reading
        self._standings = {n: known for n, known in self._standings.items() if n in reading.applications}
        self.stopwatch.take(reading, now)
        configs = {name: app.config for name, app in reading.applications.items() if app.status != "DELETING"}
        # What was something else in between, or gone, has not been ready as what it is now.
        self.was_ready = {name: ready for name, ready in self.was_ready.items() if configs.get(name) == ready}
        for name, app in reading.applications.items():
            if app.config is not None and app.status == "RUNNING" and app.config == self.wanted.get(name):
                self.was_ready[name] = app.config
                self._outgoing.pop(name, None)
        present = {replica.id for app in reading.applications.values() for replica in app.replicas}
        # Keys of three parts are replicas'.
        self._since = {key: since for key, since in self._since.items() if not key[2:] or key[2] in present}
        return deaths

    def _with_hidden(self, reading: ObservedCluster) -> ObservedCluster:
        """The reading with the deployments that Serve does not list while it builds their application anew."""
        applications = {}
        for name, app in reading.applications.items():
            before = self.cluster.applications.get(name)
            is_hidden = not app.deployments and app.status in {"DEPLOYING", "DEPLOY_FAILED"}
            if is_hidden and before is not None and before.deployments and before.status != "DELETING":
                applications[name] = replace(app, deployments=before.deployments, is_rebuilding=True)
            else:
                applications[name] = app
        return replace(reading, applications=applications)

    def _worst_obstacle(self, project: str) -> Obstacle | None:
        app = self.application(project)
        found = [
            self.obstacles[project, name]
            for name in (app.deployments if app else ())
            if (project, name) in self.obstacles
        ]
        return found[0] if found else None

    def _deaths(self, before: ObservedApplication, after: ObservedApplication) -> list[Death]:
        """Replicas that are gone although nothing was changed and no fewer are asked for."""
        if before.config is None or before.config != after.config or after.status == "DELETING":
            return []
        is_settled = self.was_ready.get(before.name) == before.config
        return [
            Death(
                before.name,
                name,
                replica.id,
                replica.pid,
                was_ready=replica.is_ready,
                node=replica.node_address,
                node_id=replica.node_id,
                worker_id=replica.worker_id,
                log_file=replica.log_file,
            )
            for name, deployment in before.deployments.items()
            if (now := after.deployments.get(name)) is not None
            for replica in _vanished(deployment, now, is_settled=is_settled)
            if replica.id not in self._outgoing.get(before.name, ())
        ]


def _vanished(before: ObservedDeployment, after: ObservedDeployment, *, is_settled: bool) -> list[ObservedReplica]:
    """Replicas that died, and were not ended because fewer are wanted or others took over."""
    if "DOWNSCALING" in {before.status, after.status} or after.target_replicas < before.target_replicas:
        return []
    alive = {replica.id for replica in after.replicas if replica.state != "STOPPING"}
    missing = [replica for replica in before.replicas if replica.id not in alive]
    starting = [replica for replica in missing if replica.state == "STARTING" and replica.pid is not None]
    # While one configuration takes over from another, ready replicas end on purpose.
    ready = [replica for replica in missing if replica.is_ready] if is_settled else []
    too_many = sum(replica.is_ready for replica in before.replicas) - after.target_replicas
    return [*starting, *ready[max(0, too_many) :]]


def since(record: ProjectRecord, standing: Standing, now: datetime) -> datetime:
    """When a standing began: the checkpoint's time while it is the same, else now."""
    same = (record.phase, record.reason) == (standing.phase, standing.reason)
    return record.since if same else now
