"""Where in a file a time begins, found by halving it: a log of half a gigabyte is not read for its last minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.adapters.logs.parsing import Parser

if TYPE_CHECKING:
    from aanad.adapters.logs.files import LogFile
    from aanad.adapters.logs.remote import RemoteFile

PROBE = 65_536
SMALL = 1_048_576
"""A file of less is read whole."""
SLACK_NS = 2_000_000_000
"""Lines of several threads do not stand in the order of their times."""


def offset_of(file: LogFile | RemoteFile, since: int, now: int) -> int:
    """The start of a line before which nothing is as late as `since`."""
    if file.modified < since - SLACK_NS:
        return line_start(file, file.size)
    low, high = 0, file.size
    while high - low > SMALL:
        middle = (low + high) // 2
        time = _time_at(file, middle, now)
        if time is None:
            return 0
        if time < since - SLACK_NS:
            low = middle
        else:
            high = middle
    return line_start(file, low)


def _time_at(file: LogFile | RemoteFile, offset: int, now: int) -> int | None:
    """The time of the first line after an offset that carries one."""
    data = file.read(offset, PROBE)
    at, parser = 0, Parser()
    for line in data.split(b"\n")[1:-1]:
        for entry in parser.parse([(at, at + 1, line)], arrived=0, now=now) + parser.close():
            if not entry.by_arrival:
                return entry.time
    return None


def line_start(file: LogFile | RemoteFile, offset: int) -> int:
    """The start of the line that an offset is in."""
    upto = offset
    while upto > 0:
        start = max(0, upto - PROBE)
        newline = file.read(start, upto - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        upto = start
    return 0
