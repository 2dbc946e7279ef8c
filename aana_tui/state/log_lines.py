"""A record as lines of the screen: its parts, their tones, and how long lines are broken."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from zlib import crc32

from rich.cells import cell_len, get_character_cell_size, set_cell_size

from aanad.client import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from aana_tui.state.log_entries import LogEntry

Stamps = Literal["time", "full", "since", "none"]
STAMPS: tuple[Stamps, ...] = ("time", "full", "since", "none")
"""In the order in which the key changes them."""
SIGNS = {"debug": "D", "info": "I", "warning": "W", "error": "E", "critical": "C"}
TONES = {"debug": "dim", "info": "", "warning": "warn", "error": "bad", "critical": "bad"}
COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")
"""Of the origins; which one has which colour depends on its name alone."""
NAME_CELLS = 24
MOST_HITS = 200
"""That are shown in one line."""
MOST_PIECES = 2_000
"""Lines of the screen that one record may take, if it has that many lines."""
LEAST_BODY_CELLS = 24
"""A line is never broken into less than this; it is cut instead."""
GUTTER = "  │ "
"""Before the lines of a record after its first."""
SHORT_ID = 5
"""Of a replica's id, which is random: enough to tell the replicas of a deployment apart."""
_REPLICA_KNOWN = 3
_TAB = "    "
_UNITS = (("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("y", 31_536_000))


class Part(NamedTuple):
    """Some cells of a line, and how they look: a tone, or a colour of `COLOURS`."""

    text: str
    tone: str = ""
    colour: str = ""


@dataclass(frozen=True)
class LogLook:
    """How records are shown."""

    wrap: bool = True
    stamps: Stamps = "time"
    names: bool = True
    """Whether each line says who wrote it."""
    pretty: bool = False
    """Whether messages that are JSON are laid out."""
    known: int = 0
    """How much of a name all records share: nothing, the project, the deployment too, the replica too."""
    name_cells: int = 0
    """How wide the names are."""

    def changed(self, **changes: object) -> LogLook:
        """The same, but for this."""
        return replace(self, **changes)  # type: ignore[arg-type]


def prefix_of(entry: LogEntry, look: LogLook, before: LogEntry | None) -> list[Part]:
    """What stands before a message; `before` is the record above it."""
    # Parts of the same look are one: each change of it costs bytes.
    mark = "~" if entry.by_arrival else " "
    stamp = stamp_of(entry, look.stamps, before)
    parts = [Part(f"{mark}{stamp} " if stamp else mark, "dim")]
    parts.append(Part(f"{SIGNS.get(entry.level, ' ')} ", TONES.get(entry.level, "")))
    if look.names and look.name_cells:
        parts.append(Part(f"{_fitted(name_of(entry, look.known), look.name_cells)} ", "", colour_of(entry.origin)))
    return parts


def prefix_cells(look: LogLook) -> int:
    """How wide every prefix is."""
    stamp = {"time": 9, "full": 28, "since": 10, "none": 0}[look.stamps]
    return 1 + stamp + 2 + (look.name_cells + 1 if look.names and look.name_cells else 0)


def stamp_of(entry: LogEntry, stamps: Stamps, before: LogEntry | None) -> str:
    """A record's time: of day, with its date, or since the record before. Times are UTC."""
    match stamps:
        case "time":
            return f"{entry.time:%H:%M:%S}"
        case "full":
            return f"{entry.time:%Y-%m-%d %H:%M:%S.%f}Z"
        case "since":
            return since_of(entry.time, before.time if before is not None else None)
        case "none":
            return ""


def since_of(moment: datetime, before: datetime | None) -> str:
    """``+1.204s``, nine cells wide."""
    if before is None:
        return " " * 9
    seconds = (moment - before).total_seconds()
    sign, seconds = "-" if seconds < 0 else "+", abs(seconds)
    unit, size = next((unit, size) for unit, size in _UNITS if seconds < 1000 * size)
    text = f"{seconds:.3f}s" if unit == "s" else f"{seconds / size:.0f}{unit}"
    return f"{sign}{text}".rjust(9)


def name_of(entry: LogEntry, known: int) -> str:
    """Who wrote it, without what all records share (see `LogLook.known`)."""
    where = "/".join(filter(None, (entry.project, entry.deployment)[known:]))
    if entry.replica and known <= _REPLICA_KNOWN - 1:
        return f"{where}#{entry.replica[-SHORT_ID:]}"
    return where or ("" if known == _REPLICA_KNOWN and entry.replica else entry.source)


def name_cells_of(entry: LogEntry, known: int) -> int:
    """How many cells its name wants."""
    return min(NAME_CELLS, cell_len(name_of(entry, known)))


@lru_cache(maxsize=1024)
def _fitted(name: str, cells: int) -> str:
    if cell_len(name) <= cells:
        return set_cell_size(name, cells)
    # The end says which replica it is.
    tail = name[-(cells - 1) :]
    while cell_len(tail) > cells - 1:
        tail = tail[1:]
    return set_cell_size(f"…{tail}", cells)


@lru_cache(maxsize=1024)
def colour_of(origin: str) -> str:
    """An origin's colour, the same in every console."""
    return COLOURS[crc32(origin.encode()) % len(COLOURS)]


def body_of(entry: LogEntry, *, pretty: bool) -> list[str]:
    """A message's lines, with what is not kept of it said at its end."""
    text = pretty_of(entry.text) if pretty else entry.text
    lines = text.replace("\t", _TAB).split("\n")
    if entry.left_out:
        lines[-1] += f" … {size_of(entry.left_out)} more; ctrl+s saves all"
    return lines


class Piece(NamedTuple):
    """One line of the screen: text, and where in it the search has hits."""

    text: str
    hits: tuple[tuple[int, int], ...] = ()


def pieces_of(lines: list[str], find: Any = None, cells: tuple[int, int] | None = None) -> list[Piece]:
    """Lines, broken where they are too long.

    Args:
        lines: a message's.
        find: a compiled regular expression whose hits are told.
        cells: how long the first piece may be, and how long the others; None breaks nothing.
    """
    found: list[Piece] = []
    for number, line in enumerate(lines):
        hits = [match.span() for match in islice(find.finditer(line), MOST_HITS)] if find is not None else []
        for begin, end in _broken(line, cells, is_first=not found):
            here = ((max(start, begin) - begin, min(stop, end) - begin) for start, stop in hits if stop > begin)
            found.append(Piece(line[begin:end], tuple(hit for hit in here if hit[0] < hit[1])))
        if len(found) >= MOST_PIECES and number + 1 < len(lines):
            found.append(Piece(f"… {len(lines) - number - 1:,} more lines; ctrl+s saves all"))
            break
    return found


def _broken(line: str, cells: tuple[int, int] | None, *, is_first: bool) -> Iterator[tuple[int, int]]:
    """Where the pieces of a line begin and end."""
    at, is_ascii = 0, line.isascii()
    room = cells[0] if is_first and cells else cells[1] if cells else len(line)
    while cells is not None:
        window = line[at : at + room + 1]
        fitting = room if is_ascii else _fitting(window, room)
        if at + fitting >= len(line):
            break
        # After a blank, if there is one near the end.
        blank = window.rfind(" ", fitting * 2 // 3, fitting)
        end = at + (blank + 1 if blank > 0 else max(1, fitting))
        yield at, end
        at, room = end, cells[1]
    yield at, len(line)


def _fitting(text: str, cells: int) -> int:
    """How many of its characters have room in so many cells."""
    for at, character in enumerate(text):
        cells -= get_character_cell_size(character)
        if cells < 0:
            return at
    return len(text)


def pretty_of(text: str) -> str:
    """A message that is JSON, or ends with it, laid out; any other as it is."""
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    if start < 0:
        return text
    try:
        value = json.loads(text[start:])
    except (ValueError, RecursionError):
        return text
    if not isinstance(value, dict | list):
        return text
    # Escapes that were written as \u001b become characters here.
    laid_out = sanitise(json.dumps(value, indent=2, ensure_ascii=False), lines=True)
    return f"{text[:start].rstrip()}\n{laid_out}".lstrip("\n")


def size_of(chars: int) -> str:
    """A number of characters, for people."""
    if chars >= 1 << 20:
        return f"{chars / (1 << 20):.1f} MB"
    return f"{chars / 1024:.0f} KB" if chars >= 1024 else f"{chars} B"  # noqa: PLR2004
