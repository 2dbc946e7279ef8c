"""How the console begins and ends: its signals, its terminal, and what is left where it breaks."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import termios
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from threading import Thread, Timer
from typing import TYPE_CHECKING

from aana_tui.state_folder import state_folder
from aanad.errors import AanaError

if TYPE_CHECKING:
    from pathlib import Path

    from aana_tui.app import Console

RESTORE = (
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"  # no mouse
    "\x1b[?2004l\x1b[?1004l\x1b[?2048l"  # no marked pastes, no news of focus or size
    "\x1b[<u\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[0m"  # plain keys, wrapped lines, the normal screen, a cursor
)
GRACE_S = 3.0
"""How long the console may take to end; a terminal that is gone may hold it for ever."""


def run(console: Console, *, mouse: bool) -> int:
    """Run the console until it ends, and leave the terminal as it was; its exit status.

    Whatever went wrong is one sentence, with the file that has the traceback.
    """
    fd = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
    before = None
    with suppress(termios.error):
        before = termios.tcgetattr(fd)
    failure: BaseException | None = None
    try:
        console.run(mouse=mouse)
        failure = console._exception  # noqa: SLF001 - Textual keeps it for its tests only
    except Exception as error:  # noqa: BLE001 - the last edge: it is told below
        failure = error
    if failure is not None:
        _restore(fd, before)
        said = f"error: The console failed ({type(failure).__name__}). {_kept(failure)}"
        sys.stderr.write(f"{said}\nhint: Nothing at the daemon has ended by this; please report it.\n")
        return 1
    return console.return_code or 0


def listen(console: Console) -> None:
    """End the console, with the terminal restored, by a signal or where the terminal is gone."""
    if console.is_headless:
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _end, console, 128 + number)

    def wait_for_hangup() -> None:
        poll = select.poll()
        # No event is asked for: what is left is that the other side is gone. It costs nothing until then.
        poll.register(sys.__stdin__.fileno() if sys.__stdin__ is not None else 0, 0)
        poll.poll()
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_end, console, 1)

    Thread(target=wait_for_hangup, name="hangup", daemon=True).start()


def _end(console: Console, status: int) -> None:
    def force() -> None:
        fd = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
        _restore(fd, None)
        os._exit(status)

    timer = Timer(GRACE_S, force)
    timer.daemon = True
    timer.start()
    console.exit(return_code=status)


def _restore(fd: int, attributes: list[object] | None) -> None:
    with suppress(OSError):
        os.write(sys.__stdout__.fileno() if sys.__stdout__ is not None else 1, RESTORE.encode())
    if attributes is not None:
        with suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSANOW, attributes)  # type: ignore[arg-type]


def write_private(name: str, text: str) -> Path:
    """Write a file into the state folder that only this user can read."""
    folder = state_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    # Made anew: an earlier file may have been made readable by others.
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path


def write_traceback(error: BaseException) -> Path:
    """Keep a traceback for whoever is asked to look into it."""
    text = "".join(traceback.format_exception(error))
    return write_private("crash.log", f"{datetime.now(UTC).isoformat()}\n{text}")


def say_failure(console: Console, error: BaseException) -> None:
    """Tell of what went wrong behind the screen, which goes on."""
    if isinstance(error, AanaError):
        console.say_error(error)
        return
    console.notify(f"Internal error ({type(error).__name__}). {_kept(error)}", severity="error")


def _kept(error: BaseException) -> str:
    """Where the traceback is; a full disk must not make a second failure of the first."""
    try:
        return f"The traceback is in {write_traceback(error)}."
    except OSError as fault:
        return f"The traceback could not be kept: {fault.strerror or fault}."
