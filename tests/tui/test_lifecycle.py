"""How the console ends: whatever ends it, the terminal is as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from aana_tui import lifecycle

STARTED = b"asr"
BREAKING = """
import sys
from aana_tui import lifecycle
from aana_tui.app import Console
from aana_tui.demo.session import demo_session

class Broken(Console):
    def pull(self):
        raise ZeroDivisionError("on purpose")

sys.exit(lifecycle.run(Broken(demo_session()), mouse=True))
"""


class Pty:
    """A console on a pseudo-terminal whose other side is ours."""

    def __init__(self, arguments: list[str], home: Path) -> None:
        self.ours, theirs = os.openpty()
        subprocess.run(["stty", "rows", "24", "cols", "80"], stdin=theirs, check=True)
        environment = {**os.environ, "HOME": str(home), "XDG_STATE_HOME": str(home), "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            arguments, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)
        self.seen = b""

    def read_until(self, wanted: bytes, within_s: float = 30) -> None:
        """Read what it writes until this is among it."""
        end = time.monotonic() + within_s
        while wanted not in self.seen:
            assert time.monotonic() < end, self.seen[-2000:]
            self.seen += os.read(self.ours, 65536)

    def end(self, within_s: float = 20) -> int:
        """Its exit status, with all that it wrote read."""
        with suppress(OSError):
            while piece := os.read(self.ours, 65536):
                self.seen += piece
        return self.process.wait(within_s)


@contextmanager
def console(home: Path, code: str | None = None) -> Iterator[Pty]:
    """A console that shows the demo."""
    arguments = ["-c", code] if code else ["-m", "aana_tui", "--demo"]
    pty = Pty([sys.executable, *arguments], home)
    try:
        yield pty
    finally:
        pty.process.kill()
        pty.process.wait()
        with suppress(OSError):
            os.close(pty.ours)


def is_restored(seen: bytes) -> bool:
    """Whether the last word on each mode was to leave it."""
    pairs = [(b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?25h"), (b"\x1b[?1003h", b"\x1b[?1003l")]
    return all(seen.rfind(off) > seen.rfind(on) for on, off in pairs if on in seen) and b"\x1b[?1049l" in seen


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_the_terminal_restored(tmp_path: Path, number: signal.Signals) -> None:
    """Whoever ends it from outside gets the status that shells use, and the operator the screen there was."""
    with console(tmp_path) as pty:
        pty.read_until(STARTED)
        pty.process.send_signal(number)

        assert pty.end() == 128 + number
        assert is_restored(pty.seen)


def test_it_ends_where_its_terminal_is_gone(tmp_path: Path) -> None:
    """A console whose window was closed neither stays nor spins."""
    with console(tmp_path) as pty:
        pty.read_until(STARTED)
        os.close(pty.ours)

        assert pty.process.wait(20) != 0


def test_a_failure_restores_the_terminal_and_leaves_a_private_traceback(tmp_path: Path) -> None:
    """What breaks is one sentence on the terminal; what happened is in a file that only its user can read."""
    with console(tmp_path, BREAKING) as pty:
        status = pty.end()
        said = pty.seen[pty.seen.rfind(b"\x1b[?1049l") :]
        file = tmp_path / "aana" / "console" / "crash.log"

        assert status == 1
        assert is_restored(pty.seen)
        assert b"The console failed (ZeroDivisionError)" in said
        assert b"Traceback" not in said
        assert "on purpose" in file.read_text()
        assert file.stat().st_mode & 0o777 == 0o600


def test_the_mouse_is_off_over_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over ssh no terminal is asked to tell of each movement of the mouse; `:mouse` asks it."""
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    with console(tmp_path) as pty:
        pty.read_until(STARTED)
        assert b"\x1b[?1003h" not in pty.seen

        os.write(pty.ours, b":mouse\r")
        pty.read_until(b"\x1b[?1003h")
        os.write(pty.ours, b":mouse\r")
        pty.read_until(b"\x1b[?1003l")


def test_a_traceback_that_cannot_be_kept_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, or a folder that is none, makes no second failure of the first."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))

    assert lifecycle._kept(ValueError("broken")) == "The traceback could not be kept: Not a directory."
