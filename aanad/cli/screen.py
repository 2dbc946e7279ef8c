"""A terminal that is painted in place: the alternate screen, only what changed, and everything as it was afterwards."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import tty
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from aanad.cli.cells import RESET, clip, width

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

# The alternate screen; no cursor; no wrapping, in case the terminal's idea of a character's width differs from ours.
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J"
_LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_QUIT_KEYS = frozenset(b"qQ")
_ENDED_BY_SIGNAL = 128


class Size(NamedTuple):
    """Of a terminal, in cells."""

    columns: int
    rows: int


class Screen:
    """Standard output as a screen, and the keyboard where standard input is one; to be used from the main thread.

    Ctrl-C raises `KeyboardInterrupt`, also where whoever started the command had SIGINT ignored. SIGTERM and SIGHUP
    raise `SystemExit`, so that the terminal is restored; Ctrl-Z restores it for as long as the command is stopped.
    """

    def __init__(self) -> None:
        self._out = sys.stdout.fileno()
        self._encoding = sys.stdout.encoding or "utf-8"
        self._keyboard = _terminal_of(sys.stdin)
        self._cooked: list[Any] | None = None
        self._painted: list[str] = []
        self._painted_size: Size | None = None
        self._wakes, self._waker = -1, -1
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        sys.stdout.flush()
        with ExitStack() as stack:
            self._wakes, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            stack.callback(os.close, self._wakes)
            stack.callback(os.close, self._waker)
            stack.callback(self._let_go_of_the_waker)
            # Python writes a byte here for each signal that it handles, and so ends a wait.
            stack.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False))
            self._handle(stack, signal.SIGWINCH, _ignore)
            self._handle(stack, signal.SIGINT, signal.default_int_handler)
            self._handle(stack, signal.SIGTERM, _end)
            self._handle(stack, signal.SIGHUP, _end)
            self._handle(stack, signal.SIGTSTP, self._suspend)
            stack.callback(self._restore)
            self._take()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def size(self) -> Size:
        """The terminal's size now; 80x24 where it does not say."""
        with suppress(OSError):
            columns, rows = os.get_terminal_size(self._out)
            if columns and rows:
                return Size(columns, rows)
        return Size(80, 24)

    def paint(self, lines: Sequence[str]) -> None:
        """Show these lines, and write no more than what differs from those shown before.

        Args:
            lines: harmless texts with colours; what goes beyond the terminal's columns and rows is not shown.
        """
        size = self.size
        output = ""
        if size != self._painted_size:
            self._painted, self._painted_size = [], size
            output = "\x1b[H\x1b[2J"
        fitting = [clip(line, size.columns) for line in lines[: size.rows]]
        before = self._painted + [""] * (len(fitting) - len(self._painted))
        after = fitting + [""] * (len(self._painted) - len(fitting))
        output += "".join(
            _change(number, old, new) for number, (old, new) in enumerate(zip(before, after, strict=True), start=1)
        )
        self._painted = fitting
        self._write(output)

    def wait(self, timeout_s: float | None) -> bool:
        """Wait for a key, another size, `wake` or the end of the time; whether `q` was pressed."""
        watched = [self._wakes] + ([self._keyboard] if self._keyboard is not None else [])
        ready, _, _ = select.select(watched, [], [], timeout_s)
        if self._wakes in ready:
            with suppress(BlockingIOError):
                os.read(self._wakes, 1024)
        if self._keyboard is None or self._keyboard not in ready:
            return False
        pressed = os.read(self._keyboard, 1024)
        if not pressed:
            self._keyboard = None
        return not _QUIT_KEYS.isdisjoint(pressed)

    def wake(self) -> None:
        """End a `wait`; from any thread, and harmless once the screen is left."""
        with suppress(OSError):
            os.write(self._waker, b"\0")

    def _take(self) -> None:
        if self._keyboard is not None:
            self._cooked = termios.tcgetattr(self._keyboard)
            tty.setcbreak(self._keyboard)
        self._painted, self._painted_size = [], None
        self._write(_ENTER)

    def _restore(self) -> None:
        # The terminal may be gone, which is then why the command ends.
        with suppress(OSError, termios.error):
            self._write(_LEAVE)
            if self._keyboard is not None and self._cooked is not None:
                termios.tcsetattr(self._keyboard, termios.TCSADRAIN, self._cooked)

    def _suspend(self, _: int, __: FrameType | None) -> None:
        self._restore()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        # Here somebody has brought the command to the foreground again.
        signal.signal(signal.SIGTSTP, self._suspend)
        self._take()

    def _let_go_of_the_waker(self) -> None:
        self._waker = -1

    def _write(self, text: str) -> None:
        left = text.encode(self._encoding, "replace")
        while left:
            left = left[os.write(self._out, left) :]

    @staticmethod
    def _handle(stack: ExitStack, number: signal.Signals, handler: Callable[[int, FrameType | None], None]) -> None:
        stack.callback(signal.signal, number, signal.signal(number, handler))


def _change(row: int, old: str, new: str) -> str:
    """What turns one line into another: written from where they differ, or from the colour or width in doubt before."""
    if old == new:
        return ""
    differences = (at for at, (was, now) in enumerate(zip(old, new, strict=False)) if was != now)
    same = new[: next(differences, min(len(old), len(new)))]
    # Only columns of ASCII are counted alike by every terminal, and a combining mark belongs to the character before.
    same = next((same[: max(0, at - 1)] for at, character in enumerate(same) if not character.isascii()), same)
    if not f"{old[len(same) :][:1]}{new[len(same) :][:1]}".isascii():
        same = same[:-1]
    colour = same.rfind("\x1b")
    if colour >= 0 and not same.startswith(RESET, colour):
        same = same[:colour]
    erase = "\x1b[K" if width(new) < width(old) else ""
    changed = new[len(same) :]
    if width(new) == width(old):
        changed = changed.removesuffix(_common_end(old[len(same) :], changed))
    return f"\x1b[{row};{width(same) + 1}H{changed}{erase}"


def _common_end(old: str, new: str) -> str:
    """What both end with and can be left standing: ASCII only, and behind the last colour."""
    plain = [text[text.rfind("\x1b") :].partition("m")[2] if "\x1b" in text else text for text in (old, new)]
    pairs = enumerate(zip(*map(reversed, plain), strict=False))
    length = next((at for at, (was, now) in pairs if was != now or not now.isascii()), min(map(len, plain)))
    return new[len(new) - length :]


def _terminal_of(stream: Any) -> int | None:
    try:
        return stream.fileno() if stream.isatty() else None
    except (AttributeError, ValueError, OSError):  # closed, or none at all
        return None


def _ignore(_: int, __: FrameType | None) -> None:
    """A handler at all is what makes a signal end a wait."""


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(_ENDED_BY_SIGNAL + number)
