"""Log files of other nodes: their names over Ray's log API, their bytes from each node's own Ray agent.

The dashboard's ``/api/v0/logs/file`` knows lines from the end and no offsets. The agent that it asks, one on each node,
serves the same folder over HTTP with ranges: what is new in a file is one small request, and where nothing is, less.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from aanad.errors import AanaError, Failed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 4.0
LIST_TIMEOUT_S = 3
"""How long Ray waits for the node's agent."""
ADDRESS_KEPT_S = 300.0
"""An agent that was run again has another port; that shows at once, too, when the old one does not answer."""
CONNECTIONS = 16
LOOKS_A_SECOND = 40.0
"""One costs the daemon 2 ms of a core. With 1,000 quiet files each one is looked at each 25 s."""
_RANGE = re.compile(r"bytes (?:\*|\d+-\d+)/(\d+)")
_ETAG = re.compile(r'"([0-9a-f]+)-[0-9a-f]+"')


class NodeSilent(Failed):
    """A node that does not give its files now: gone, cut off, or its agent is being run again."""

    code = "node_silent"


@dataclass(frozen=True)
class Piece:
    """A part of a file, as the file was at that moment."""

    data: bytes
    size: int
    """Of the whole file."""
    modified: int | None
    """Nanoseconds since 1970, where the agent told."""


class NodeFiles:
    """The log files of all nodes of the cluster; used from the loop, and by `read` from any thread."""

    def __init__(self, ask: Callable[..., Awaitable[Any]], token: Callable[[], str | None]) -> None:
        """Take what asks the dashboard.

        Args:
            ask: reads a JSON document from the dashboard: its path, and query parameters by name.
            token: the cluster's.
        """
        self._ask = ask
        self._token = token
        timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        self._client = httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False)
        self._blocking = httpx.Client(timeout=timeout, limits=limits, trust_env=False)
        self._agents: dict[str, tuple[str, float]] = {}
        self._next_turn = 0.0

    async def close(self) -> None:
        """Close idle connections."""
        await self._client.aclose()
        self._blocking.close()

    async def names(self, node_id: str, glob: str) -> list[str]:
        """The files that match, by their paths below the node's log folder.

        Raises:
            NodeSilent: the node or the dashboard does not answer.
        """
        try:
            document = await self._ask("/api/v0/logs", node_id=node_id, glob=glob, timeout=LIST_TIMEOUT_S)
            groups: dict[str, list[str]] = document["data"]["result"]
            return sorted(name for group in groups.values() for name in group if not name.endswith("/"))
        except AanaError as error:
            raise NodeSilent(error.message) from error
        except (KeyError, TypeError, AttributeError) as error:
            raise NodeSilent("Ray's dashboard lists the node's log files in an unknown way.") from error

    async def find_agent(self, node_id: str) -> None:
        """See to it that it is known where the node's agent answers.

        Raises:
            NodeSilent: the node is gone.
        """
        if self._agents.get(node_id, ("", 0.0))[1] > time.monotonic():
            return
        try:
            raylet = (await self._ask(f"/nodes/{node_id}"))["data"]["detail"]["raylet"]
            address, port = str(raylet["nodeManagerAddress"]), int(raylet["dashboardAgentListenPort"])
        except AanaError as error:
            raise NodeSilent(error.message) from error
        except (KeyError, TypeError, ValueError) as error:
            raise NodeSilent("Ray's dashboard does not say where the node's agent answers.") from error
        host = f"[{address}]" if ":" in address else address
        self._agents[node_id] = (f"http://{host}:{port}/logs/", time.monotonic() + ADDRESS_KEPT_S)

    async def piece(self, node_id: str, name: str, start: int, count: int) -> Piece | None:
        """At most `count` bytes from an offset on; None where there is no such file.

        Raises:
            NodeSilent: the node does not answer.
        """
        await self.find_agent(node_id)
        try:
            response = await self._client.get(**self._request(node_id, name, start, count))
        except httpx.HTTPError as error:
            raise self._silent(node_id, error) from error
        return self._piece(node_id, response, start, count)

    async def turn(self) -> None:
        """Wait until one more look at a file is due, so that all readers together ask no more than `LOOKS_A_SECOND`."""
        now = time.monotonic()
        self._next_turn = max(now, self._next_turn) + 1 / LOOKS_A_SECOND
        await asyncio.sleep(self._next_turn - 1 / LOOKS_A_SECOND - now)

    def read(self, node_id: str, name: str, start: int, count: int) -> Piece | None:
        """The same from a thread, for a node whose agent was found before; it blocks for some seconds at most."""
        try:
            response = self._blocking.get(**self._request(node_id, name, start, count))
        except httpx.HTTPError as error:
            raise self._silent(node_id, error) from error
        return self._piece(node_id, response, start, count)

    def _request(self, node_id: str, name: str, start: int, count: int) -> dict[str, Any]:
        base, _ = self._agents.get(node_id, ("", 0.0))
        if not base:
            raise NodeSilent("It is not known where the node's agent answers.")
        headers = {"Range": f"bytes={start}-{start + count - 1}", "Accept-Encoding": "identity"}
        if token := self._token():
            headers["Authorization"] = f"Bearer {token}"
        return {"url": base + quote(name), "headers": headers}

    def _silent(self, node_id: str, error: httpx.HTTPError) -> NodeSilent:
        base, _ = self._agents.pop(node_id, ("its address", 0.0))
        return NodeSilent(f"The node's Ray agent at {base} does not answer ({type(error).__name__}).")

    def _piece(self, node_id: str, response: httpx.Response, start: int, count: int) -> Piece | None:
        etag = _ETAG.fullmatch(response.headers.get("etag", ""))
        modified = int(etag[1], 16) if etag else None
        whole = _RANGE.fullmatch(response.headers.get("content-range", ""))
        match response.status_code:
            case 206 if whole:
                return Piece(response.content, int(whole[1]), modified)
            case 416 if whole:
                return Piece(b"", int(whole[1]), modified)
            case 200:  # the whole file, from one that knows no ranges
                content = response.content
                return Piece(content[start : start + count], len(content), modified)
            case 404:
                return None
        self._agents.pop(node_id, None)
        raise NodeSilent(f"The node's Ray agent answered {response.status_code}.")
