"""One other node for one reader: which files it has, and what is new in them.

One small request asks for what is new in one file: soon again where it grows, rarely where it is quiet.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import re
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
ROTATED = re.compile(r"\.(\d+)(?:\.(?:log|out|err))?$")
FORGOTTEN_AFTER_S = 30.0
ALL_READ = float("inf")


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
        self.is_silent = False
        """Whether it does not answer now."""
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
        listed = listing.matching(pattern, source.ends_with) if listing is not None else []
        place = f"{self._id}:"
        for family, wildcard in {found.family: found.wildcard for found in listed}.items():
            files = [file for file in list(self._by_key.values()) if file.family == family]
            for file in sorted(files, key=lambda file: -file.generation):
                yield Found(f"{place}{family}:{file.inode}", place + family, file.generation, wildcard), file

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
            if is_stale or self.is_silent or now - listed > LIST_EVERY_S:
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

    async def _list(self) -> None:
        self._is_stale = False
        await self._files.find_agent(self._id)
        listings = await self._listings_now()
        by_path = await self._assigned(listings)
        now = time.monotonic()
        for path, file in by_path.items():
            rotated = ROTATED.search(path)
            file.path, file.generation = path, int(rotated[1]) if rotated else 0
            file.is_suspect = False
            file.seen_at = now
        known = {(file.family, file.inode): file for file in by_path.values()}
        # One that cannot be found may be found again, and would be read again if it were forgotten meanwhile.
        known |= {key: file for key, file in self._by_key.items() if now - file.seen_at < FORGOTTEN_AFTER_S}
        self._has_changed = self._has_changed or by_path != self._by_path or known.keys() != self._by_key.keys()
        self._listings, self._by_path, self._by_key = listings, by_path, known
        self._due = {file: due for file, due in self._due.items() if (file.family, file.inode) in known}

    async def _listings_now(self) -> dict[str, Listing]:
        listings = {}
        for folder in {os.path.dirname(source.pattern) for source in self._sources}:  # noqa: PTH120 - plain text
            names = await self._files.names(self._id, os.path.join(folder, "*"))  # noqa: PTH118 - plain text
            listings[folder] = Listing(folder, map(os.path.basename, names))
        return listings

    async def _assigned(self, listings: dict[str, Listing]) -> dict[str, RemoteFile]:
        """Which file has which name now; where names of a family changed, all of its files are looked at."""
        wanted: dict[str, Found] = {}
        for source in self._sources:
            folder, pattern = os.path.split(source.pattern)
            if folder in listings:
                wanted |= {found.path: found for found in listings[folder].matching(pattern, source.ends_with)}
        moved = {file.family for path, file in self._by_path.items() if file.is_suspect or path not in wanted}
        moved |= {found.family for path, found in wanted.items() if path not in self._by_path}
        by_path = {path: file for path, file in self._by_path.items() if path in wanted and file.family not in moved}
        families: dict[str, list[str]] = {}
        for found in sorted(wanted.values(), key=lambda found: found.generation):
            if found.family in moved:
                families.setdefault(found.family, []).append(found.path)
        gate = asyncio.Semaphore(AT_ONCE)
        for named in await asyncio.gather(*(self._named(*family, gate) for family in families.items())):
            by_path |= named
        return by_path

    async def _named(self, family: str, paths: list[str], gate: asyncio.Semaphore) -> dict[str, RemoteFile]:
        """Which file of a family has which name.

        The newest is looked at first: files only move on to older names, so that one which does so meanwhile is seen
        twice, and none is missed. Then its older name counts, and who has the newer one is not known yet.
        """
        seen: dict[RemoteFile, str] = {}
        async with gate:
            for path in [*paths, f"{family}.{len(paths)}"]:
                file = await self._identify(family, path)
                if file is not None:
                    self._is_stale = self._is_stale or file in seen
                    seen[file] = path
        return {path: file for file, path in seen.items()}

    async def _identify(self, family: str, path: str) -> RemoteFile | None:
        """The file that has this name now; None while its first line is not complete."""
        piece = await self._files.piece(self._id, path, 0, HEAD_BYTES)
        head = first_line(piece.data) if piece is not None else None
        if piece is None or head is None:
            return None
        new = RemoteFile(self._id, path, family, head, piece, self._read)
        if self._task is not None:
            new.follow()
            new.is_waiting = True
        return self._by_key.get((new.family, new.inode), new)

    async def _poll(self) -> None:
        """Look at the files whose time has come."""
        behind: set[str] = set()
        for file in sorted(self._by_key.values(), key=lambda file: -file.generation):
            now = time.monotonic()
            # What was set aside is read to its end before the file that took its name.
            file.is_waiting = file.family in behind
            if file.generation and self._due.get(file, (0.0, 0.0))[0] != ALL_READ:
                behind.add(file.family)
            if file.is_waiting or self._by_path.get(file.path) is not file:
                continue
            due, pause = self._due.get(file, (0.0, self._first_pause(file)))
            if now < due and not file.is_behind:
                continue
            room = min(FILE_BYTES - file.buffered, NODE_BYTES - sum(each.buffered for each in self._by_path.values()))
            if room <= 0:
                continue
            await self._files.turn()
            end, overlap = file.wanted()
            count = overlap + min(PIECE_BYTES, room)
            piece = await self._files.piece(self._id, file.path, end - overlap, count)
            # Without bytes to compare, the first line tells whether it is this file still.
            head = None if file.has_tail else await self._files.piece(self._id, file.path, 0, len(file.head))
            is_new = file.take(end, overlap, piece, head)
            if file.is_suspect:
                return
            pause = FASTEST_S if is_new else min(pause * 2, SLOWEST_S)
            # Nothing more is written to a file that was rotated away.
            self._due[file] = (ALL_READ if file.generation and not is_new else now + pause, pause)

    @staticmethod
    def _first_pause(file: RemoteFile) -> float:
        return SLOWEST_S if time.time_ns() - file.modified > LONG_QUIET_NS else FASTEST_S / 2

    def _read(self, path: str, start: int, count: int) -> Piece | None:
        return self._files.read(self._id, path, start, count)

    def _turn(self, *, silent: bool, reason: str = "") -> None:
        """Note whether the node answers; what changes is said in the log and to the reader."""
        for file in self._by_path.values():
            file.is_silent = silent
        if silent == self.is_silent:
            return
        self.is_silent = silent
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
