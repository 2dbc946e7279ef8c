"""One reading of the logs: finds the files, reads them in steps, and gives what is due as NDJSON.

A step is short and blocks; the reader runs each in a thread. At no time is more than `BUDGET` held of all files
together, however far some of them are behind.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from aanad.adapters.logs import cursors
from aanad.adapters.logs.backwards import last_entries
from aanad.adapters.logs.crashes import CrashFeed
from aanad.adapters.logs.encoding import cursor_line
from aanad.adapters.logs.feed import FOREVER, Feed
from aanad.adapters.logs.files import LogFile
from aanad.adapters.logs.filters import Filter
from aanad.adapters.logs.folders import Folders
from aanad.adapters.logs.seeking import line_start, offset_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aanad.adapters.logs.entries import Entry
    from aanad.adapters.logs.folders import Found
    from aanad.adapters.logs.nodes import Nodes
    from aanad.adapters.logs.remote import RemoteFile
    from aanad.core.records import LogQuery, LogSource

BUDGET = 32 * 1024 * 1024
"""Bytes that the records of all files together take which wait for their turn."""
MIN_SHARE = 32_768
MAX_READ = 524_288
"""Bytes taken from one file at a time, so that one loud file does not keep the others waiting."""
MAX_STEP = 2 * 1024 * 1024
"""Bytes taken from all files in one step."""
QUIET_NS = 10_000_000_000
"""A file that did not grow for this long is closed; it is opened again when it grows."""
MAX_OPEN = 256
TURNS = 4
"""In how many steps all quiet files are looked at."""


class Session:
    """The files of one query, and how far each was read."""

    def __init__(self, query: LogQuery, nodes: Nodes | None = None) -> None:
        """Raises InvalidInput: ``invalid_pattern``, ``invalid_cursor``."""
        self._query = query
        self._filter = Filter(query)
        self._behind: Mapping[bytes, int] | None = cursors.decode(query.cursor) if query.cursor else None
        self._is_first = True
        self._folders = Folders()
        self._nodes = nodes
        self._feeds: dict[tuple[str, int], Feed] = {}
        self._crashes: dict[str, CrashFeed] = {}
        self._sources: list[LogSource] = []
        self._root: Path | None = None
        self._must_scan = True
        self._turn = 0
        self._is_waiting = True
        """Whether records wait for their turn, so that every file must be looked at."""
        self._lock = threading.Lock()
        self._is_closed = False
        self.is_behind = False
        """Whether there is more to read at once."""
        self.wants_cursor = False
        """Whether a record was passed on that must not be read again in another shape."""

    @property
    def is_over(self) -> bool:
        """Whether, without following, everything was read."""
        return all(feed.at_end and not feed.queue for feed in self._feeds.values())

    def close(self) -> None:
        """Let go of all files; waits for the step that runs."""
        with self._lock:
            self._is_closed = True
            for feed in self._feeds.values():
                feed.file.close()

    def use(self, sources: list[LogSource], root: Path | None) -> None:
        """What is to be read from now on."""
        if sources != self._sources or root != self._root:
            self._sources, self._root = sources, root
            self._must_scan = True

    def begin(self) -> Iterator[bytes]:
        """Find the files, and give the tail; nothing again and again while it is searched."""
        with self._lock:
            self._scan(time.time_ns())
        tail = self._query.tail
        if tail is None or self._behind is not None:
            return
        feeds = list(self._feeds.values())
        now = time.time_ns()
        searching = last_entries(feeds, tail, self._filter, now)
        while True:
            with self._lock:
                found = None if self._is_closed else next(searching, None)
            if found is None:
                break
            yield self._tail(found, tail) if found else b""

    def _tail(self, found: list[tuple[Feed, Entry]], tail: int) -> bytes:
        for feed, _ in found:
            if not feed.encoder.identity:
                feed.name()
        lines = [(entry.key, feed.encoder.line(entry)) for feed, entry in found]
        lines += [
            (crash.entry.key, crash.encoder.line(crash.entry))
            for crash in self._crashes.values()
            if crash.is_wanted(self._filter)
        ]
        return b"".join([line for _, line in sorted(lines, key=_key)[-tail:]])

    def step(self) -> bytes:
        """Look at the files, read on, and give the records whose turn has come."""
        with self._lock:
            return b"" if self._is_closed else self._step()

    def _step(self) -> bytes:
        now = time.time_ns()
        if self._query.follow and (self._must_scan or self._have_changed()):
            self._scan(now)
        feeds = list(self._feeds.values())
        looked_at = self._look(feeds, now)
        behind = [feed for feed in looked_at if not feed.at_end]
        share = max(MIN_SHARE, BUDGET // max(1, len(behind)))
        left = MAX_STEP
        # Those that hold the others back come first.
        for feed in sorted(behind, key=Feed.frontier):
            if left <= 0:
                break
            if feed.queued_bytes < share:
                left -= feed.read(min(MAX_READ, share), now)
        for feed in looked_at:
            if feed.at_end:
                feed.settle(now)
        self.is_behind = left < MAX_STEP and any(not feed.at_end for feed in looked_at)
        was_waiting, self._is_waiting = self._is_waiting, any(feed.is_waiting for feed in looked_at)
        due = self._due(feeds) if was_waiting or self._is_waiting else b""
        if due or self._turn == 0:
            self._let_go(feeds, now)
        return due

    def _look(self, feeds: list[Feed], now: int) -> list[Feed]:
        """Note which files grew. Quiet ones are looked at in turns, as long as nothing waits for them."""
        self._turn = (self._turn + 1) % TURNS
        first = [
            feed
            for number, feed in enumerate(feeds)
            if self._is_waiting or number % TURNS == self._turn or feed.is_fresh(now)
        ]
        rest: list[Feed] = []
        self._note_sizes(first, now)
        if len(first) < len(feeds) and not all(feed.at_end for feed in first):
            known = set(first)
            rest = [feed for feed in feeds if feed not in known]
            self._note_sizes(rest, now)
        return [*first, *rest]

    def _note_sizes(self, feeds: list[Feed], now: int) -> None:
        for feed in feeds:
            if not feed.look(now) and not feed.is_gone:
                self._must_scan = True

    def _due(self, feeds: list[Feed]) -> bytes:
        upto = min((feed.frontier() for feed in feeds), default=FOREVER)
        found: list[tuple[int, bytes]] = []
        for feed in feeds:
            entries = feed.take(upto)
            if entries:
                feed.name()
                line = feed.encoder.line
                found += [(entry.key, line(entry)) for entry in entries]
            if feed.took_early():
                self.wants_cursor = True
        for crash in self._crashes.values():
            if not crash.is_told:
                crash.is_told = True
                if crash.is_wanted(self._filter):
                    found.append((crash.entry.key, crash.encoder.line(crash.entry)))
        found.sort(key=_key)
        return b"".join([line for _, line in found])

    def cursor(self) -> bytes:
        """Where all files stand, as a line of the stream."""
        with self._lock:
            is_partial = self._nodes is not None and self._nodes.are_silent
            # What the last reader had of a node that does not answer is not forgotten.
            offsets = dict(self._behind) if is_partial and self._behind is not None else {}
            offsets |= {
                identity: feed.done
                for feed in self._feeds.values()
                if not feed.is_rewritten and (identity := feed.name()) is not None
            }
            offsets |= {crash.identity: 1 for crash in self._crashes.values()}
            self.wants_cursor = False
            return cursor_line(cursors.encode(offsets))

    def _scan(self, now: int) -> None:
        """Find the files of the sources by the names that they have now."""
        self._must_scan = False
        self._have_changed()
        named: set[tuple[str, int]] = set()
        replicas: set[str] = set()
        for source, found, file in self._found():
            key = (found.family, file.inode)
            named.add(key)
            if source.kind == "serve":
                replicas.add(found.wildcard)
            feed = self._feeds.get(key)
            if feed is None:
                feed = self._feeds[key] = self._feed(source, found, file, now)
                if not self._is_first:
                    feed.backlog = 0  # after what the file before it still gives, where neither carries times
            else:
                if isinstance(file, LogFile):  # one of another node is known to its node, and is the same one
                    feed.file.path = found.path
                feed.source = source
            feed.is_rotated = found.generation > 0
        for key, feed in self._feeds.items():
            if key not in named:
                feed.is_gone = True
        self._take_crashes(replicas)
        self._is_first = False

    def _have_changed(self) -> bool:
        """Whether there are other files than before, here or on other nodes."""
        here = self._folders.changed()
        return (self._nodes is not None and self._nodes.changed()) or here

    def _found(self) -> Iterator[tuple[LogSource, Found, LogFile | RemoteFile]]:
        seen: set[str] = set()
        for source in self._sources:
            if source.kind == "crash":
                continue
            for found, file in self._files(source):
                if found.path not in seen:
                    seen.add(found.path)
                    yield source, found, file

    def _files(self, source: LogSource) -> Iterator[tuple[Found, LogFile | RemoteFile]]:
        if source.node_id is not None:
            if self._nodes is not None:
                yield from self._nodes.found(source)
            return
        for found in self._folders.files(source, self._root):
            try:
                status = os.stat(found.path)  # noqa: PTH116 - called often
            except OSError:
                continue
            yield found, LogFile(found.path, found.family, status)

    def _feed(self, source: LogSource, found: Found, file: LogFile | RemoteFile, now: int) -> Feed:
        replica = source.replica or (found.wildcard if source.kind == "serve" else None)
        query = self._query
        identity = file.identity()  # noted now: the file may be written anew before it is read
        offset = 0
        if self._behind is not None:
            # Another node may answer for the first time when much has been read already.
            may_be_known = self._is_first or not isinstance(file, LogFile)
            if may_be_known and identity is not None:
                offset = self._behind.get(identity, 0)
                offset = offset if offset <= file.size else 0
        elif self._is_first and query.tail is not None:
            offset = line_start(file, file.size)
        elif self._is_first and self._filter.since is not None:
            offset = offset_of(file, self._filter.since, now)
        limit = None if query.follow else file.size
        file.close()
        return Feed(source, file, replica=replica, offset=offset, limit=limit, filter_=self._filter)

    def _take_crashes(self, replicas: set[str]) -> None:
        """Crashes of replicas whose files are not there."""
        for source in self._sources:
            if source.crash is None or source.crash.replica in replicas:
                continue
            feed = CrashFeed(source)
            if feed.key in self._crashes:
                continue
            self._crashes[feed.key] = feed
            self._is_waiting = True
            is_behind = self._behind is not None and feed.identity in self._behind
            feed.is_told = is_behind or (self._is_first and self._query.tail is not None and self._behind is None)

    def _let_go(self, feeds: list[Feed], now: int) -> None:
        for key, feed in list(self._feeds.items()):
            if feed.is_gone and feed.is_drained:
                feed.file.close()
                del self._feeds[key]
                self._must_scan = self._must_scan or feed.is_rewritten
        opened = [feed for feed in feeds if feed.file.is_open]
        opened.sort(key=lambda feed: feed.changed, reverse=True)
        for number, feed in enumerate(opened):
            if feed.at_end and (number >= MAX_OPEN or now - feed.changed > QUIET_NS or not self._query.follow):
                feed.file.close()


def _key(pair: tuple[int, bytes]) -> int:
    return pair[0]
