"""The files of all other nodes, for one reader."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aanad.adapters.logs.node import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aanad.adapters.logs.folders import Found
    from aanad.adapters.logs.node_files import NodeFiles
    from aanad.adapters.logs.remote import RemoteFile
    from aanad.core.records import LogSource

FIRST_WAIT_S = 8.0
"""How long a reader waits for what new nodes have."""


class Nodes:
    """Used from the loop, but for `changed`, `found` and `notices`, which do not wait and are for any thread."""

    def __init__(self, files: NodeFiles) -> None:
        self._files = files
        self._nodes: dict[str, Node] = {}
        self._is_following = False
        self._lost_one = False

    async def use(self, sources: list[LogSource]) -> None:
        """Take the sources that are on other nodes; those of a node that is new are found first."""
        wanted: dict[str, list[LogSource]] = {}
        for source in sources:
            if source.node_id is not None:
                wanted.setdefault(source.node_id, []).append(source)
        for gone in self._nodes.keys() - wanted.keys():
            await self._nodes.pop(gone).stop()
            self._lost_one = True
        new = []
        for node_id, given in wanted.items():
            if node_id not in self._nodes:
                self._nodes[node_id] = Node(node_id, given[0].node or node_id, self._files)
                new.append(self._nodes[node_id])
            self._nodes[node_id].use(given)
        looks = [asyncio.create_task(node.look()) for node in new]
        if looks:
            _, late = await asyncio.wait(looks, timeout=FIRST_WAIT_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*looks, return_exceptions=True)
        if self._is_following:
            for node in new:
                node.follow()

    def follow(self) -> None:
        """Fetch what is new from now on."""
        self._is_following = True
        for node in self._nodes.values():
            node.follow()

    async def stop(self) -> None:
        """Ask nothing more."""
        for node in self._nodes.values():
            await node.stop()

    @property
    def are_silent(self) -> bool:
        """Whether any node does not answer."""
        return any(node.is_silent for node in list(self._nodes.values()))

    def changed(self) -> bool:
        """Whether there are other files than when this was asked last."""
        lost, self._lost_one = self._lost_one, False
        return any([node.take_change() for node in list(self._nodes.values())]) or lost  # noqa: C419 - each is asked

    def found(self, source: LogSource) -> Iterator[tuple[Found, RemoteFile]]:
        """A source's files, the oldest generation first."""
        node = self._nodes.get(source.node_id or "")
        return node.found(source) if node is not None else iter(())

    def notices(self) -> bytes:
        """Records of what happened to the nodes themselves, each once."""
        said = b""
        for node in list(self._nodes.values()):
            while node.notices:
                said += node.notices.pop(0)
        return said
