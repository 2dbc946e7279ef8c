"""On which nodes the files of a log source lie."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from aanad.errors import AanaError

if TYPE_CHECKING:
    from aanad.core.observation import Observation
    from aanad.core.ports import Clock, Cluster
    from aanad.core.records import LogSource, NodeResources

NODES_KEPT_S = 5.0
ON_ANY_NODE = frozenset({"serve", "stdout", "stderr"})
ON_THE_HEAD = frozenset({"build", "controller"})


class LogNodes:
    """The cluster's nodes; asked for only while somebody reads logs."""

    def __init__(self, cluster: Cluster, observation: Observation, clock: Clock) -> None:
        self._cluster = cluster
        self._observation = observation
        self._clock = clock
        self._nodes: list[NodeResources] = []
        self._asked_at = float("-inf")
        self._own: str | None = None

    async def spread(self, sources: list[LogSource]) -> list[LogSource]:
        """The sources, once for each node that may have files of theirs.

        A source whose `node_id` is set is on that node alone; without it, it is on this one.
        """
        nodes = await self._known()
        own = self._own_node(nodes)
        others = {node.id: node.address for node in nodes if node.id != own}
        if not others:
            return [replace(source, node_id=None) if source.node_id else source for source in sources]
        found = []
        for source in sources:
            if source.kind in ON_THE_HEAD and own is None:
                found.append(replace(source, node=nodes[0].address, node_id=nodes[0].id))
            elif source.kind not in ON_ANY_NODE:
                found.append(source)
            elif source.node_id is None:
                if own is not None:
                    found.append(source)
                found += [replace(source, node=address, node_id=node) for node, address in others.items()]
            elif own is not None and source.node_id == own:
                found.append(replace(source, node_id=None))
            elif source.node_id in others:
                found.append(replace(source, node=others[source.node_id]))
        return found

    def _own_node(self, nodes: list[NodeResources]) -> str | None:
        """The node of the Ray unit, whose files are read from this machine's disk; the head comes first."""
        unit = self._observation.unit
        if unit is not None and unit.session_dir:
            self._own = next((node.id for node in nodes if node.address == unit.node_address), self._own)
        return self._own

    async def _known(self) -> list[NodeResources]:
        now = self._clock.monotonic()
        if now - self._asked_at > NODES_KEPT_S:
            self._asked_at = now
            # Where the head is being run again, its nodes are those that it had.
            with contextlib.suppress(AanaError):
                self._nodes = await self._cluster.nodes()
        return self._nodes
