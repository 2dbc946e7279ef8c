"""A program on a pseudo-terminal of ours: all bytes that it writes are kept, and a screen is made of them."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import pyte

QUESTION_SYNC = b"\x1b[?2026$p"
ANSWER_SYNC = b"\x1b[?2026;2$y"
"""A terminal of today can show a frame at once, which costs 16 bytes a frame: it is counted as there."""
KEYS = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "pagedown": "\x1b[6~", "pageup": "\x1b[5~", "up": "\x1b[A",
    "down": "\x1b[B", "ctrl+d": "\x04", "ctrl+u": "\x15", "ctrl+p": "\x10", "ctrl+r": "\x12",
}  # fmt: skip
POLL_S = 0.01
END_S = 5.0


class Terminal:
    """A program, its screen and its bytes; the program is ended when the terminal is left.

    Args:
        command: the program and its arguments.
        size: columns and rows.
        environment: on top of ours.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        size: tuple[int, int] = (120, 40),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = [str(word) for word in command]
        self.size = size
        self._environment = {
            name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}
        } | {"TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
        self.output = bytearray()
        """Everything that was written."""
        self.arrivals: list[tuple[float, int]] = []
        """When (`time.monotonic`) bytes arrived, and how many there were in all then."""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0
        self._lock = threading.Lock()
        self._pressed = 0.0

    def __enter__(self) -> Self:
        self._home = tempfile.TemporaryDirectory(prefix="aana-terminal-")
        for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
            self._environment[name] = self._home.name
        self._ours, theirs = pty.openpty()
        columns, rows = self.size
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.began = time.monotonic()
        self._child = subprocess.Popen(
            self._command, stdin=theirs, stdout=theirs, stderr=theirs, env=self._environment, start_new_session=True
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._child.send_signal(signal.SIGKILL)
        self._child.wait()
        self._reader.join(END_S)
        os.close(self._ours)
        self._home.cleanup()

    @property
    def pid(self) -> int:
        """The program's."""
        return self._child.pid

    @property
    def is_running(self) -> bool:
        """Whether the program has not ended."""
        return self._child.poll() is None

    # Keys

    def press(self, *keys: str) -> None:
        """Press keys: characters, or names of `KEYS`."""
        for key in keys:
            self.write(KEYS.get(key, key).encode())

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._pressed = time.monotonic()
        os.write(self._ours, data)

    # What is seen

    @property
    def text(self) -> str:
        """The screen, line by line."""
        with self._lock:
            fresh = bytes(self.output[self._fed :])
            self._fed += len(fresh)
        self._stream.feed(fresh)
        return "\n".join(line.rstrip() for line in self._screen.display)

    def until(self, *texts: str, within: float = 30.0) -> str:
        """Wait until all of these are on the screen, and give it."""
        self.wait(lambda: all(each in self.text for each in texts), f"{texts} on the screen", within)
        return self.text

    def wait(self, is_true: Callable[[], object], what: str, within: float = 30.0) -> None:
        """Wait until something is so."""
        end = time.monotonic() + within
        while not is_true():
            assert time.monotonic() < end, f"not within {within} s: {what}; the screen:\n{self.text}"
            assert self.is_running, f"the program ended with {self._child.returncode}:\n{self.text}"
            time.sleep(POLL_S)

    # Bytes

    @property
    def count(self) -> int:
        """How many bytes were written until now."""
        return len(self.output)

    def arrival_of(self, data: bytes, after: int = 0) -> float:
        """When (`time.monotonic`) these bytes, the first of them after so many others, had been written."""
        end = self.output.index(data, after) + len(data)
        return next(at for at, count in self.arrivals if count >= end)

    def settle(self, quiet_s: float = 1.2, within: float = 30.0) -> None:
        """Wait until nothing has been written for so long; longer than the console takes between two looks."""

        def is_quiet() -> bool:
            last = self.arrivals[-1][0] if self.arrivals else self.began
            return time.monotonic() - max(last, self._pressed) > quiet_s

        self.wait(is_quiet, f"{quiet_s} s without a byte", within)

    def counted(self, seconds: float) -> int:
        """How many bytes are written in the next seconds."""
        before = self.count
        time.sleep(seconds)
        return self.count - before

    def cost(self, *keys: str, quiet_s: float = 0.4) -> int:
        """How many bytes are written because of these keys."""
        before = self.count
        self.press(*keys)
        self.wait(lambda: self.count > before, f"bytes after {keys}", 5)
        self.settle(quiet_s)
        return self.count - before

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._ours], [], [], 0.5)
            if not ready:
                if self._child.poll() is not None:
                    return
                continue
            try:
                data = os.read(self._ours, 1 << 16)
            except OSError as error:
                if error.errno == errno.EIO:  # the other side is closed
                    return
                raise
            if not data:
                return
            with self._lock:
                self.output += data
                self.arrivals.append((time.monotonic(), len(self.output)))
            if QUESTION_SYNC in data:
                self.write(ANSWER_SYNC)


def console(
    *arguments: str, size: tuple[int, int] = (120, 40), environment: Mapping[str, str] | None = None
) -> Terminal:
    """The real ``aana-tui`` program."""
    return Terminal([Path(sys.executable).with_name("aana-tui"), *arguments], size=size, environment=environment)
