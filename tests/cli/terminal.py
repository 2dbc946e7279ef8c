"""A command on a terminal of its own: a pseudo-terminal, and what stands on its screen.

It understands what this command sends, and fails on anything else: a sequence that slips through is an error.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Self

from rich.cells import cell_len

_SEQUENCE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])")
_INCOMPLETE = re.compile(r"\x1b(\[[?0-9;]*)?\Z")


class Grid:
    """What a terminal shows: cells with colours, and a cursor."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.colour = ""
        self._rest = ""
        self.clear()
        self.is_alternate = self.is_cursor_hidden = False
        self.is_wrapping = True

    def clear(self) -> None:
        """Everything is blank."""
        self.cells = [[" "] * self.columns for _ in range(self.rows)]
        self.painted: dict[tuple[int, int], str] = {}
        self.row = self.column = 0

    def lines(self) -> list[str]:
        """The text of each row."""
        return ["".join(row).rstrip() for row in self.cells]

    def colours(self) -> dict[tuple[int, int], str]:
        """The colours of characters that have one, by row and column."""
        return {place: colour for place, colour in self.painted.items() if colour}

    def show(self, text: str) -> None:
        """Take in what was written, also a part of a sequence."""
        text = self._rest + text
        self._rest = ""
        while text:
            if found := _SEQUENCE.match(text):
                self.steer(found[1], found[2])
                text = text[found.end() :]
            elif _INCOMPLETE.match(text):
                self._rest = text
                return
            else:
                self.put(text[0])
                text = text[1:]

    def put(self, character: str) -> None:
        """Show one character, or do what a control says."""
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
            if self.row == self.rows:
                self.cells = [*self.cells[1:], [" "] * self.columns]
                self.row -= 1
        else:
            assert character.isprintable(), f"the control {character!r} reached the terminal"
            taken = cell_len(character)
            if not taken:
                self.cells[self.row][max(0, self.column - 1)] += character
                return
            if self.column + taken > self.columns:
                if self.is_wrapping:
                    self.put("\r")
                    self.put("\n")
                else:
                    self.column = self.columns - taken
            self.cells[self.row][self.column : self.column + taken] = [character, *[""] * (taken - 1)]
            for column in range(self.column, self.column + taken):
                self.painted[self.row, column] = self.colour
            self.column += taken

    def steer(self, parameters: str, final: str) -> None:
        """Do what a sequence says."""
        match parameters, final:
            case colour, "m":
                self.colour = "" if colour in {"", "0"} else self.colour + colour
            case ("2", "J"):
                self.clear()
            case (("" | "0"), "K"):
                self.cells[self.row][self.column :] = [" "] * (self.columns - self.column)
                self.painted = {
                    place: colour for place, colour in self.painted.items() if place < (self.row, self.column)
                }
            case place, "H":
                row, column = (int(each) for each in (place or "1;1").split(";"))
                self.row, self.column = min(row, self.rows) - 1, min(column, self.columns) - 1
            case "?1049", "h" | "l":
                self.is_alternate = final == "h"
                self.clear()
            case "?25", "h" | "l":
                self.is_cursor_hidden = final == "l"
            case "?7", "h" | "l":
                self.is_wrapping = final == "h"
            case _:
                raise AssertionError(f"the sequence {parameters}{final} reached the terminal")


class Terminal:
    """A running command with a screen and a keyboard."""

    def __init__(
        self, command: Sequence[str | os.PathLike[str]], *, columns: int, rows: int, **environment: str
    ) -> None:
        self.grid = Grid(columns, rows)
        self.received = b""
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self._main, inner = pty.openpty()
        self._inner = inner
        self._set_size(columns, rows)
        self.cooked = termios.tcgetattr(inner)
        inherited = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "LINES"}}
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],  # a session of its own, whose terminal this is
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=inherited | {"TERM": "xterm-256color"} | environment,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._inner)
        self._reader.join(5)
        os.close(self._main)

    def shown(self) -> list[str]:
        """The rows of the screen now."""
        with self._lock:
            if self._error is not None:
                raise self._error
            return self.grid.lines()

    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.shown())

    def eventually(self, is_true: Callable[[], object], within_s: float = 30) -> None:
        """Wait until something is so; says what was on the screen when the time is over."""
        deadline = time.monotonic() + within_s
        while not is_true():
            assert time.monotonic() < deadline, f"it did not come true in time; on the screen:\n{self.text()}"
            time.sleep(0.02)

    def until_shown(self, text: str) -> None:
        """Wait for a text on the screen."""
        self.eventually(lambda: text in self.text())

    def press(self, keys: bytes) -> None:
        """Type; Ctrl-C is the byte 3."""
        os.write(self._main, keys)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; as a real one it keeps what fits."""
        with self._lock:
            before = self.grid.cells
            self.grid.columns, self.grid.rows = columns, rows
            self.grid.cells = [[*row, *[" "] * columns][:columns] for row in before][:rows]
            self.grid.cells += [[" "] * columns for _ in range(rows - len(self.grid.cells))]
            self.grid.row, self.grid.column = min(self.grid.row, rows - 1), min(self.grid.column, columns - 1)
        self._set_size(columns, rows)

    def ended(self, within_s: float = 20) -> int:
        """Wait for the command's end; its exit status."""
        return self.process.wait(within_s)

    def is_as_before(self) -> bool:
        """Whether the screen and the keyboard are as the command found them."""
        with self._lock:
            grid = self.grid
            is_plain = not grid.is_alternate and not grid.is_cursor_hidden and grid.is_wrapping
        return is_plain and termios.tcgetattr(self._inner) == self.cooked

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._main, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")()
        with suppress(OSError):  # how a pseudo-terminal says that its other end is closed
            while received := os.read(self._main, 65536):
                with self._lock:
                    self.received += received
                    try:
                        self.grid.show(decoder.decode(received))
                    except BaseException as error:  # noqa: BLE001 - raised where the test looks
                        self._error = self._error or error
