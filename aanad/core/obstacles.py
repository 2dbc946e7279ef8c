"""Finds out what keeps replicas from being ready: a crash loop, a resource that is short, a download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.core.placement import Demand, held_by, place
from aanad.core.projects import Obstacle
from aanad.errors import ClusterUnavailable
from aanad.wire.phase import Reason

if TYPE_CHECKING:
    from aanad.core.observation import Observation
    from aanad.core.ports import Clock, Cluster
    from aanad.core.records import ObservedDeployment

GB = 1_000_000_000


class Obstacles:
    """One look a round; asks the cluster for its nodes only where a replica waits for a process."""

    def __init__(self, *, cluster: Cluster, clock: Clock, observation: Observation) -> None:
        self._cluster = cluster
        self._clock = clock
        self._observation = observation

    async def look(self) -> None:
        """Renew what the observation says of obstacles; what matters most is found last."""
        found = self._downloads()
        found.update(await self._shortages())
        found.update(self._loops())
        self._observation.obstacles = found

    def is_downloading(self, project: str) -> bool:
        """Whether one of its deployments waits for weights."""
        return any(
            name == project and obstacle.reason == Reason.DOWNLOADING
            for (name, _), obstacle in self._observation.obstacles.items()
        )

    def _deployments(self) -> list[tuple[str, ObservedDeployment]]:
        return [
            (app.name, deployment)
            for app in self._observation.cluster.applications.values()
            if app.config is not None
            for deployment in app.deployments.values()
        ]

    def _downloads(self) -> dict[tuple[str, str], Obstacle]:
        unit = self._observation.unit
        downloads = {download.pid: download for download in unit.downloads} if unit is not None else {}
        found = {}
        for project, deployment in self._deployments() if downloads else []:
            own = [downloads[replica.pid] for replica in deployment.replicas if replica.pid in downloads]
            if own:
                received = sum(download.received_bytes for download in own) / GB
                message = f"{deployment.name} downloads {own[0].name} ({received:.1f} GB so far)."
                found[project, deployment.name] = Obstacle(Reason.DOWNLOADING, message)
        return found

    async def _shortages(self) -> dict[tuple[str, str], Obstacle]:
        demands = [
            Demand(project, deployment.name, unplaced, deployment.resources)
            for project, deployment in self._deployments()
            if (unplaced := sum(each.pid is None and each.state == "STARTING" for each in deployment.replicas))
        ]
        if not demands:
            return {}
        try:
            nodes = await self._cluster.nodes()
        except ClusterUnavailable:
            return {}
        placement = place(nodes, held_by(self._observation.cluster), demands)
        return {
            (shortage.project, shortage.deployment): Obstacle(Reason.RESOURCES_SHORT, shortage.message, shortage.hint)
            for shortage in placement.shortages
        }

    def _loops(self) -> dict[tuple[str, str], Obstacle]:
        now = self._clock.now()
        return {
            (project, deployment.name): loop
            for project, deployment in self._deployments()
            if (loop := self._observation.crashes.loop(project, deployment.name, now)) is not None
        }
