"""One other node for one reader: which files it has, and what is new in them.

One small request asks for what is new in one file: soon again where it grows, rarely where it is quiet.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import time
from typing import TYPE_CHECKING

from aanad.adapters.logs.encoding import Encoder
from aanad.adapters.logs.entries import Entry
from aanad.adapters.logs.files import HEAD_BYTES, ID_BYTES
from aanad.adapters.logs.folders import Found, Listing
from aanad.adapters.logs.node_files import NodeSilent
from aanad.adapters.logs.remote import RemoteFile, first_line
from aanad.core.records import LogSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aanad.adapters.logs.node_files import NodeFiles, Piece

logger = logging.getLogger(__name__)
LIST_EVERY_S = 4.0
FASTEST_S, SLOWEST_S = 0.5, 6.0
"""Between two looks at one file; each look in vain doubles the pause."""
LONG_QUIET_NS = 600_000_000_000
"""A file that nothing was written to for this long is looked at slowly from the beginning."""
PIECE_BYTES = 256 * 1024
FILE_BYTES = 512 * 1024
"""Fetched of one file ahead of the reader, at most."""
NODE_BYTES = 8 * 1024 * 1024
"""The same of all files of a node."""
PAUSE_S, LONGEST_PAUSE_S = 2.0, 60.0
"""Before a node that did not answer is asked again."""
AT_ONCE = 4
AGAIN_S = 0.2


class Node:
    """The files of one node."""

    def __init__(self, node_id: str, address: str, files: NodeFiles) -> None:
        self.notices: list[bytes] = []
        """Records of what happened to the node itself, which nobody has taken yet."""
        self._sources: list[LogSource] = []
        self._is_stale = True
        """Whether there may be other files than are known."""
        self._id = node_id
        self._address = address
        self._files = files
        self._listings: dict[str, Listing] = {}
        self._by_path: dict[str, RemoteFile] = {}
        self._by_key: dict[tuple[str, int], RemoteFile] = {}
        self._due: dict[RemoteFile, tuple[float, float]] = {}
        """When each file is looked at next, and the pause that this includes."""
        self._has_changed = True
        self._is_silent = False
        self._task: asyncio.Task[None] | None = None

    def use(self, sources: list[LogSource]) -> None:
        """What is wanted of this node from now on."""
        if sources != self._sources:
            self._sources, self._is_stale = sources, True

    def take_change(self) -> bool:
        """Whether there are other files than when this was asked last."""
        changed, self._has_changed = self._has_changed, False
        return changed

    def found(self, source: LogSource) -> Iterator[tuple[Found, RemoteFile]]:
        """A source's files, the oldest generation first."""
        folder, pattern = os.path.split(source.pattern)
        listing = self._listings.get(folder)
        for found in listing.matching(pattern, source.ends_with) if listing is not None else ():
            file = self._by_path.get(found.path)
            if file is not None:
                place = f"{self._id}:"
                yield Found(place + found.path, place + found.family, found.generation, found.wildcard), file

    def follow(self) -> None:
        """Fetch what is new from now on, until stopped."""
        for file in self._by_key.values():
            file.follow()
        self._task = asyncio.create_task(self._run(), name=f"log files of {self._address}")

    async def stop(self) -> None:
        """Ask nothing more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def look(self) -> bool:
        """List the node's files and find out which is which; False where the node does not answer."""
        try:
            await self._list()
        except NodeSilent as error:
            self._turn(silent=True, reason=error.message)
            return False
        self._turn(silent=False)
        return True

    async def _run(self) -> None:
        pause = PAUSE_S
        listed = time.monotonic()
        while True:
            now = time.monotonic()
            is_stale = self._is_stale or any(file.is_suspect for file in self._by_path.values())
            if is_stale or self._is_silent or now - listed > LIST_EVERY_S:
                listed = now
                if not await self.look():
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE_S)
                    continue
                pause = PAUSE_S
            try:
                await self._poll()
            except NodeSilent as error:
                self._turn(silent=True, reason=error.message)
            await asyncio.sleep(0.05)

    async def _list(self, tries: int = 2) -> None:
        self._is_stale = False
        await self._files.find_agent(self._id)
        folders = {os.path.dirname(source.pattern) for source in self._sources}  # noqa: PTH120 - plain text
        listings = {}
        for folder in folders:
            names = await self._files.names(self._id, os.path.join(folder, "*"))  # noqa: PTH118 - plain text
            listings[folder] = Listing(folder, map(os.path.basename, names))
        wanted: dict[str, Found] = {}
        for source in self._sources:
            folder, pattern = os.path.split(source.pattern)
            wanted |= {found.path: found for found in listings[folder].matching(pattern, source.ends_with)}
        moved = {file.family for file in self._by_path.values() if file.is_suspect}
        moved |= {found.family for path, found in wanted.items() if path not in self._by_path}
        known = {path: file for path, file in self._by_path.items() if path in wanted and file.family not in moved}
        gate = asyncio.Semaphore(AT_ONCE)
        looks = [self._identify(found, gate) for path, found in wanted.items() if path not in known]
        known |= {file.path: file for file in await asyncio.gather(*looks) if file is not None}
        if tries and any(file not in known.values() for file in self._by_path.values()):
            # Was one removed, or renamed while it was looked for? A file must not be taken for another, new one.
            await asyncio.sleep(AGAIN_S)
            await self._list(tries - 1)
            return
        self._has_changed = self._has_changed or known != self._by_path
        self._listings = listings
        self._by_path = known
        self._by_key = {(file.family, file.inode): file for file in known.values()}
        self._due = {file: due for file, due in self._due.items() if self._by_path.get(file.path) is file}

    async def _identify(self, found: Found, gate: asyncio.Semaphore) -> RemoteFile | None:
        """The file that has this name now; None while its first line is not complete."""
        async with gate:
            piece = await self._files.piece(self._id, found.path, 0, HEAD_BYTES)
        head = first_line(piece.data) if piece is not None else None
        if piece is None or head is None:
            return None
        new = RemoteFile(self._id, found.path, found.family, head, piece, self._read)
        file = self._by_key.get((new.family, new.inode), new)
        file.path = found.path
        file.is_rotated = found.generation > 0
        file.is_suspect = False
        if file is new and self._task is not None:
            file.follow()
        return file

    async def _poll(self) -> None:
        """Look at the files whose time has come."""
        for file in list(self._by_path.values()):
            now = time.monotonic()
            due, pause = self._due.get(file, (0.0, self._first_pause(file)))
            if now < due and not file.is_behind:
                continue
            room = min(FILE_BYTES - file.buffered, NODE_BYTES - sum(each.buffered for each in self._by_path.values()))
            if room <= 0:
                continue
            await self._files.turn()
            end, overlap = file.wanted()
            count = overlap + min(PIECE_BYTES, room)
            is_new = file.take(end, overlap, await self._files.piece(self._id, file.path, end - overlap, count))
            if file.is_suspect:
                return
            pause = FASTEST_S if is_new else min(pause * 2, SLOWEST_S)
            # Nothing more is written to a file that was rotated away.
            self._due[file] = (float("inf") if file.is_rotated and not is_new else now + pause, pause)

    @staticmethod
    def _first_pause(file: RemoteFile) -> float:
        return SLOWEST_S if time.time_ns() - file.modified > LONG_QUIET_NS else FASTEST_S / 2

    def _read(self, path: str, start: int, count: int) -> Piece | None:
        return self._files.read(self._id, path, start, count)

    def _turn(self, *, silent: bool, reason: str = "") -> None:
        """Note whether the node answers; what changes is said in the log and to the reader."""
        for file in self._by_path.values():
            file.is_silent = silent
        if silent == self._is_silent:
            return
        self._is_silent = silent
        if silent:
            logger.warning("node_logs.silent node=%s %s", self._address, reason)
            self._notice(f"The log files of node {self._address} cannot be read now: {reason}", "warning")
        else:
            logger.info("node_logs.back node=%s", self._address)
            self._notice(f"The log files of node {self._address} can be read again.", "info")

    def _notice(self, message: str, level: str) -> None:
        now = time.time_ns()
        encoder = Encoder(LogSource(None, None, None, "daemon", "", node=self._address), None)
        encoder.identity = hashlib.blake2b(f"{self._id} {now}".encode(), digest_size=ID_BYTES).hexdigest()
        self.notices.append(encoder.line(Entry(0, 1, now, message, level)))
