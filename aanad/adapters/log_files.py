"""Reads the log files of the current Ray session on this machine: the last lines, and new ones as they come."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aanad.adapters.log_lines import LineParser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aanad.core.records import LogSource
    from aanad.wire.logs import LogRecord

POLL_S = 0.25
REFRESH_S = 1.0
"""How often a follower looks for new files."""
HEARTBEAT_S = 10.0
TAIL_BLOCK = 65_536
MAX_READ = 1_048_576
"""Bytes taken from one file at a time, so that one loud file does not keep the others waiting."""
MAX_LINE = 262_144
"""A longer line is passed on in pieces."""


class _File:
    """One open log file."""

    def __init__(self, source: LogSource, path: Path) -> None:
        self.path = path
        self._parser = LineParser(source, source.replica or _replica_of(source, path), _modified(path))
        self._offset = 0
        self._rest = b""

    def tail(self, lines: int) -> list[LogRecord]:
        """The last complete lines; reading goes on after them."""
        with self.path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            start, data = end, b""
            while start > 0 and data.count(b"\n") <= lines and end - start < MAX_READ:
                start = max(0, start - TAIL_BLOCK)
                file.seek(start)
                data = file.read(end - start)
        complete, newline, self._rest = data.rpartition(b"\n")
        self._offset = end
        if not newline:
            return []
        found = complete.split(b"\n")
        if start > 0:
            found = found[1:]  # the first one may be cut
        return self._parser.parse(_decode(found[-lines:] if lines else []))

    def news(self) -> list[LogRecord]:
        """Complete lines that were added since the last look; a file that shrank is read from its start."""
        try:
            size = self.path.stat().st_size
            if size < self._offset:
                self._offset, self._rest = 0, b""
            if size == self._offset:
                return []
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(MAX_READ)
        except OSError:
            return []
        self._offset += len(data)
        data = self._rest + data
        complete, newline, self._rest = data.rpartition(b"\n")
        if len(self._rest) > MAX_LINE:
            complete, newline, self._rest = data, b"\n", b""
        return self._parser.parse(_decode(complete.split(b"\n")), datetime.now(UTC)) if newline else []


class LogFiles:
    """The port's reader; all file access runs in threads."""

    def __init__(self, folder: Callable[[], Path | None]) -> None:
        """`folder` is asked each time: a cold start of Ray makes a new session with new files."""
        self._folder = folder

    async def read(
        self, sources: Callable[[], Awaitable[list[LogSource]]], *, tail: int, follow: bool
    ) -> AsyncIterator[LogRecord | None]:
        """The last `tail` records of all sources together, then, following, each new one."""
        files: dict[Path, _File] = {}
        first = await asyncio.to_thread(self._open, files, await sources())
        records = await asyncio.to_thread(lambda: [record for file in first for record in file.tail(tail)])
        for record in sorted(records, key=lambda record: record.time)[-tail:] if tail else []:
            yield record
        looked = said = time.monotonic()
        while follow:
            await asyncio.sleep(POLL_S)
            now = time.monotonic()
            if now - looked > REFRESH_S:
                looked = now
                await asyncio.to_thread(self._open, files, await sources())
            news = await asyncio.to_thread(lambda: [record for file in files.values() for record in file.news()])
            for record in sorted(news, key=lambda record: record.time):
                yield record
            if news:
                said = now
            elif now - said > HEARTBEAT_S:
                said = now
                yield None

    def _open(self, files: dict[Path, _File], sources: list[LogSource]) -> list[_File]:
        """Take up the files that are there by now; those of an earlier session are let go."""
        folder = self._folder()
        if folder is None:
            return []
        for path in [path for path in files if not path.is_relative_to(folder)]:
            del files[path]
        opened = []
        for source in sources:
            for path in sorted(folder.glob(source.pattern)):
                if path not in files and _belongs(source, path):
                    files[path] = _File(source, path)
                    opened.append(files[path])
        return opened


def _replica_of(source: LogSource, path: Path) -> str | None:
    """The part of the file's name that the pattern's `*` stands for, for Serve's replica logs."""
    if source.kind != "serve":
        return None
    prefix, _, suffix = Path(source.pattern).name.partition("*")
    return path.name.removeprefix(prefix).removesuffix(suffix) or None


def _belongs(source: LogSource, path: Path) -> bool:
    """Whether `*` stands for one id, and not for a longer deployment's name and an id."""
    prefix, _, suffix = Path(source.pattern).name.partition("*")
    return source.kind != "serve" or "_" not in path.name.removeprefix(prefix).removesuffix(suffix)


def _modified(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return datetime.now(UTC)


def _decode(lines: list[bytes]) -> list[str]:
    return [line.decode(errors="replace").rstrip("\r") for line in lines]
