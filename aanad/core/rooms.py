"""Whether replicas find room, by what is free on the nodes now; where the cluster cannot be asked, they are let try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.core.placement import Demand, Placement, held_by, place
from aanad.errors import ClusterUnavailable

if TYPE_CHECKING:
    from aanad.core.observation import Observation
    from aanad.core.ports import Cluster
    from aanad.core.sizes import Wanted


class Rooms:
    """Asks the cluster for its nodes, and the observation for what is in use."""

    def __init__(self, *, cluster: Cluster, observation: Observation) -> None:
        self._cluster = cluster
        self._observation = observation

    async def place(self, demands: list[Demand], *, without: str | None = None) -> Placement | None:
        """Where these would go.

        Args:
            demands: the most important first.
            without: a project whose present replicas end before.

        Returns:
            None where that cannot be said.
        """
        try:
            nodes = await self._cluster.nodes()
        except ClusterUnavailable:
            return None
        held = [each for each in held_by(self._observation.cluster) if each.project != without]
        return place(nodes, held, demands) if nodes else None

    async def gaps(self, project: str, wanted: dict[str, Wanted]) -> tuple[str, ...]:
        """Deployments of which not even one new replica fits beside those that run."""
        app = self._observation.application(project)
        running = {name: each for name, each in wanted.items() if app is not None and name in app.deployments}
        demands = [Demand(project, name, 1, each.resources) for name, each in running.items()]
        placement = await self.place(demands) if demands else None
        if placement is None:
            return ()
        return tuple(sorted(shortage.deployment for shortage in placement.shortages))
