"""The end of log files of any node, over Ray's log API; bounded in time and size, for evidence of what went wrong."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from aanad.adapters.logs.parsing import messages
from aanad.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    import httpx

TIMEOUT_S = 6.0
"""For all files of one question together."""
AGENT_TIMEOUT_S = 3
"""How long Ray waits for the node's agent."""
MAX_FILES = 8
MAX_READ = 4 * 1024 * 1024
"""Bytes read of one file's last lines."""
MAX_KEPT = 256 * 1024
MAX_LINE_CHARS = 4000


class RayLogs:
    """The log files of all nodes."""

    def __init__(self, stream: Callable[..., AbstractAsyncContextManager[httpx.Response]]) -> None:
        """`stream` sends a request, with ``method``, ``path`` and httpx's options, and raises what the port says."""
        self._stream = stream

    async def last_lines(self, node_id: str, files: list[str], count: int) -> list[str]:
        """The last `count` lines of the files put one after the other; what cannot be read in time is left out."""
        lines: list[str] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TIMEOUT_S):
                for name in await self._names(node_id, files):
                    with contextlib.suppress(Failed):  # it was removed in this moment
                        lines += await self._end_of(node_id, name, count)
        return lines[-count:] if count > 0 else []

    async def names(self, node_id: str, pattern: str) -> list[str]:
        """Names of files, by a glob below the node's log folder.

        Raises:
            ClusterUnavailable: Ray does not answer.
            Failed: the node does not.
        """
        params = {"node_id": node_id, "glob": pattern, "timeout": AGENT_TIMEOUT_S}
        async with self._stream("GET", "/api/v0/logs", params=params) as response:
            await response.aread()
            return _listed(response)

    async def content(self, node_id: str, name: str, limit: int) -> bytes | None:
        """A whole file; None where it is not there, or has more than `limit` bytes.

        Raises:
            ClusterUnavailable: Ray does not answer.
        """
        params = {"node_id": node_id, "filename": name, "lines": -1, "timeout": AGENT_TIMEOUT_S}
        content = b""
        with contextlib.suppress(Failed):
            async with self._stream("GET", "/api/v0/logs/file", params=params) as response:
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > limit:
                        return None
        return content or None

    async def _names(self, node_id: str, patterns: list[str]) -> list[str]:
        """The files that are there, in the order asked for."""
        names: dict[str, None] = {}
        for pattern in patterns:
            params = {"node_id": node_id, "glob": pattern.lstrip("/"), "timeout": AGENT_TIMEOUT_S}
            try:
                async with self._stream("GET", "/api/v0/logs", params=params) as response:
                    await response.aread()
                    names |= dict.fromkeys(_listed(response))
            except Failed:
                continue  # the node left, or the pattern is none
        return list(names)[:MAX_FILES]

    async def _end_of(self, node_id: str, name: str, count: int) -> list[str]:
        params = {"node_id": node_id, "filename": name, "lines": max(1, count), "timeout": AGENT_TIMEOUT_S}
        read, kept = 0, b""
        async with self._stream("GET", "/api/v0/logs/file", params=params) as response:
            async for chunk in response.aiter_bytes():
                read += len(chunk)
                kept = (kept + chunk)[-MAX_KEPT:]
                if read > MAX_READ:
                    break
        return _texts(kept.decode(errors="replace").splitlines())


def _listed(response: httpx.Response) -> list[str]:
    """Names of files; Ray sorts them into groups, and folders end in a slash."""
    try:
        groups: dict[str, list[str]] = response.json()["data"]["result"]
        return sorted(name for group in groups.values() for name in group if not name.endswith("/"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _texts(lines: list[str]) -> list[str]:
    """What people read: the message of Serve's JSON, with its traceback, and other lines as they are."""
    return [line[:MAX_LINE_CHARS] for message in messages(lines) for line in message.splitlines()]
