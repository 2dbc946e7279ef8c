"""Tracebacks are written a line at a time and read as one record."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from aanad.adapters.logs.entries import LEVELS

if TYPE_CHECKING:
    from aanad.adapters.logs.entries import Entry

MAX_LINES = 2000
MAX_CHARS = 262_144
_CHAINS = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_TRACEBACK = "Traceback (most recent call last):"
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?::.*)?$", re.DOTALL)


class _State(Enum):
    HEAD = 1
    """A message that a traceback may follow."""
    FRAMES = 2
    GROUP = 3
    """An exception group: all of it is indented."""
    SAID = 4
    """The exception itself was seen; another may follow that it caused."""
    CHAINED = 5
    """It was said that another one follows."""


def begins(line: str) -> bool:
    """Whether a traceback begins with this line."""
    return line.endswith(_TRACEBACK) and line[: -len(_TRACEBACK)].strip(" |+") in {"", "Exception Group"}


def may_continue(line: str) -> bool:
    """Whether a line may be inside a traceback, as far as it shows by itself."""
    return not line or line[0].isspace() or begins(line) or line in _CHAINS or _EXCEPTION.match(line) is not None


class Joiner:
    """Holds one record back until it is certain that nothing belongs to it any more."""

    def __init__(self) -> None:
        self.held: Entry | None = None
        self._lines: list[str] = []
        self._chars = 0
        self._end = 0
        self._state = _State.HEAD
        self._is_printed = False

    def add(self, entry: Entry, *, may_lead: bool, is_printed: bool) -> list[Entry]:
        """Take up the next record; gives those that are complete.

        Args:
            entry: one line's.
            may_lead: whether a traceback in the next lines belongs to it: it carries a time, and is text.
            is_printed: whether Python's traceback module wrote the line, as Serve's JSON tells.
        """
        if self.held is not None and self._take(entry, is_printed=is_printed):
            return []
        complete = self.close()
        if begins(entry.message):
            self._hold(entry, _first_state(entry.message), is_printed=is_printed)
        elif may_lead:
            self._hold(entry, _State.HEAD, is_printed=False)
        elif entry.message:
            complete.append(entry)
        return complete

    def close(self) -> list[Entry]:
        """What was held; nothing more comes, or not soon."""
        entry, self.held = self.held, None
        if entry is None:
            return []
        if len(self._lines) > 1:
            entry.message = "\n".join(self._lines).rstrip("\n")
            entry.end = self._end
        self._lines = []
        if self._state is not _State.HEAD and entry.severity < LEVELS["error"]:
            entry.level = "error"
        return entry.pieces() if entry.message else []

    def _hold(self, entry: Entry, state: _State, *, is_printed: bool) -> None:
        self.held = entry
        self._lines = [entry.message]
        self._chars = len(entry.message)
        self._end = entry.end
        self._state = state
        self._is_printed = is_printed

    def _take(self, entry: Entry, *, is_printed: bool) -> bool:
        line = entry.message
        after = self._next_state(line)
        if self._is_printed and is_printed and not (self._state is _State.SAID and begins(line)):
            after = after or self._state  # a message of several lines
        if after is None or len(self._lines) >= MAX_LINES or self._chars > MAX_CHARS:
            return False
        self._state = after
        self._lines.append(line)
        self._chars += len(line)
        if line:
            self._end = entry.end
        return True

    def _next_state(self, line: str) -> _State | None:
        is_start = begins(line)
        match self._state:
            case _State.HEAD:
                return _first_state(line) if is_start else None
            case _State.FRAMES if not line or line[0].isspace() or is_start:
                return _State.FRAMES
            case _State.FRAMES:
                return _State.SAID
            case _State.CHAINED if is_start:
                return _first_state(line)
            case _State.CHAINED:
                return None if line else _State.CHAINED
        if line in _CHAINS:
            return _State.CHAINED
        return self._state if not line or line[0].isspace() else None


def _first_state(line: str) -> _State:
    return _State.GROUP if line.lstrip().startswith("+") else _State.FRAMES
