"""What Ray says of the nodes, read no more often than Ray itself hears of them, and how long each has been silent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aanad.errors import ClusterUnavailable, Failed

if TYPE_CHECKING:
    from collections.abc import Collection

    from aanad.core.measurements import NodeReport
    from aanad.core.observation import Observation
    from aanad.core.ports import Clock, Cluster

EVERY_S = 5.0
"""Agents report to Ray that often."""
PATIENCE_S = 2.0
"""Longer than that nobody waits for Ray to know what this machine does by itself."""
SILENT_AFTER_S = 20.0
"""Several reports in a row did not come."""


@dataclass(frozen=True)
class SeenNode:
    """A node that is alive, as far as Ray knows."""

    report: NodeReport
    resources: dict[str, float]
    """What Ray may hand out there."""
    heard_at: float
    """When its last report was new, by the daemon's monotonic clock."""
    is_local: bool
    """Whether it is the daemon's own machine."""
    is_silent: bool = False


class NodeReports:
    """The last reading; whoever asks within five seconds shares it."""

    def __init__(
        self, *, cluster: Cluster, observation: Observation, clock: Clock, addresses: Collection[str] = ()
    ) -> None:
        """`addresses` are those of the daemon's own machine."""
        self._addresses = addresses
        self._cluster = cluster
        self._observation = observation
        self._clock = clock
        self._lock = asyncio.Lock()
        self._read_at = float("-inf")
        self._seen: dict[str, SeenNode] = {}
        self._is_reachable = False

    @property
    def is_reachable(self) -> bool:
        """Whether the last reading came."""
        return self._is_reachable

    @property
    def last(self) -> list[SeenNode]:
        """As it was read last, the head first; dead nodes have vanished."""
        now = self._clock.monotonic()
        return [
            replace(each, is_silent=not each.report.reported_at or now - each.heard_at > SILENT_AFTER_S)
            for each in self._seen.values()
        ]

    async def read(self) -> list[SeenNode]:
        """The nodes; where Ray does not answer, those of before."""
        async with self._lock:
            if self._clock.monotonic() - self._read_at >= EVERY_S:
                await self._read()
        return self.last

    async def _read(self) -> None:
        self._is_reachable = False
        if self._observation.view.reachable:
            # Also a try that failed is one: a cluster that hangs is not waited for by everybody who asks.
            self._read_at = self._clock.monotonic()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    reports = {report.id: report for report in await self._cluster.node_reports()}
                    nodes = await self._cluster.nodes()
            except (ClusterUnavailable, Failed, TimeoutError):
                return
            self._is_reachable = True
            now = self._clock.monotonic()
            local = self._local([node.address for node in nodes])
            seen = {}
            for number, node in enumerate(nodes):
                if (report := reports.get(node.id)) is not None:
                    before = self._seen.get(node.id)
                    is_new = before is None or before.report.reported_at != report.reported_at
                    heard_at = now if before is None or is_new else before.heard_at
                    seen[node.id] = SeenNode(report, node.total, heard_at, is_local=number == local)
            self._seen = seen
        elif self._observation.unit is not None and not self._observation.unit.dashboard_url:
            self._seen = {}  # there is no head at all, so what was known of one is over

    def _local(self, addresses: list[str]) -> int | None:
        """Which of these is this machine; of several on one machine, the head, which comes first."""
        unit = self._observation.unit
        ours = {*self._addresses, *([unit.node_address] if unit and unit.node_address else [])}
        return next((number for number, address in enumerate(addresses) if address in ours), None)
