"""Reads what replicas write of their requests and calls: files of this machine, and other nodes' over Ray's log API."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pydantic import ValidationError

from aanad.core.records import CountsReading
from aanad.errors import ClusterUnavailable, Failed
from aanad.wire.replica_counts import FILE_PREFIX, ReplicaCounts

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

logger = logging.getLogger("aanad.requests")

MAX_BYTES = 2 * 1024 * 1024
"""A larger file is nobody's counts; one of 500 endpoints has a tenth of it."""
AT_ONCE = 8
"""Files that are asked of one node at a time."""
FOLDER = "serve"


class NodeLogs(Protocol):
    """The log files of other nodes."""

    async def log_names(self, node_id: str, pattern: str) -> list[str]:
        """Names of files below the session's log folder."""
        ...

    async def log_content(self, node_id: str, name: str, limit: int) -> bytes | None:
        """One file, or None where it is not there or larger than `limit` bytes."""
        ...


class CountsFiles:
    """The port's reader; all file access runs in threads."""

    def __init__(self, folder: Callable[[], Path | None], nodes: NodeLogs) -> None:
        """`folder` is the session's log folder, asked each time: a cold start of Ray makes a new one."""
        self._folder = folder
        self._nodes = nodes
        self._seen: dict[str, tuple[int, int, int]] = {}
        """By name, what tells a file that was replaced: its inode, its size and when it was changed."""
        self._refused: set[str] = set()

    async def here(self, settled: AbstractSet[str]) -> CountsReading | None:
        """Read those of this machine."""
        folder = self._folder()
        return None if folder is None else await asyncio.to_thread(self._read_folder, folder / FOLDER, settled)

    async def there(self, node_id: str, settled: AbstractSet[str]) -> CountsReading | None:
        """Read those of another node."""
        try:
            paths = await self._nodes.log_names(node_id, f"{FOLDER}/{FILE_PREFIX}*.json")
            names = [Path(path).name for path in paths]
            limit = asyncio.Semaphore(AT_ONCE)

            async def content(name: str) -> bytes | None:
                async with limit:
                    return await self._nodes.log_content(node_id, f"{FOLDER}/{name}", MAX_BYTES)

            wanted = [name for name in names if name not in settled]
            contents = await asyncio.gather(*(content(name) for name in wanted))
        except (ClusterUnavailable, Failed, TimeoutError):
            return None
        read = {name: self._parsed(name, data) for name, data in zip(wanted, contents, strict=True) if data}
        return CountsReading(frozenset(names), {name: counts for name, counts in read.items() if counts})

    def _read_folder(self, folder: Path, settled: AbstractSet[str]) -> CountsReading | None:
        names = set()
        changed = {}
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = entry.name
                    if not name.startswith(FILE_PREFIX) or not name.endswith(".json"):
                        continue
                    names.add(name)
                    if name not in settled and (counts := self._news(Path(entry.path))):
                        changed[name] = counts
        except FileNotFoundError:
            return CountsReading(frozenset(), {})
        except OSError:
            return None
        self._seen = {name: mark for name, mark in self._seen.items() if name in names and name not in settled}
        return CountsReading(frozenset(names), changed)

    def _news(self, path: Path) -> ReplicaCounts | None:
        with contextlib.suppress(OSError):
            found = path.lstat()
            mark = (found.st_ino, found.st_size, found.st_mtime_ns)
            if self._seen.get(path.name) == mark:
                return None
            self._seen[path.name] = mark
            if stat.S_ISREG(found.st_mode) and found.st_size <= MAX_BYTES:
                # A project may put something else in its place meanwhile: no link is followed, no pipe waited for.
                with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                    return self._parsed(path.name, file.read(MAX_BYTES))
            self._refuse(path.name, "it is no file of a usual size")
        return None

    def _parsed(self, name: str, data: bytes) -> ReplicaCounts | None:
        try:
            counts = ReplicaCounts.model_validate_json(data)
        except ValidationError as error:
            self._refuse(name, error.errors(include_url=False, include_input=False)[0]["msg"])
            return None
        if counts.file_name != name:
            self._refuse(name, "it says that it is another's")
            return None
        return counts

    def _refuse(self, name: str, why: str) -> None:
        if name not in self._refused:
            self._refused.add(name)
            logger.warning("requests.file_refused name=%s why=%s", name, why)
