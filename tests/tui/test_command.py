"""The `aana-tui` command: what it takes, what it says, and what it does not load for that."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from aana_tui.session import session_of
from aanad import __version__

BIN = Path(sys.executable).parent


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """On a terminal; what it says on standard error is caught."""
    terminal, inside = pty.openpty()
    try:
        return subprocess.run(
            [BIN / "aana-tui", *arguments],
            stdin=inside,
            stdout=inside,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
            env=os.environ | environment,
        )
    finally:
        os.close(inside)
        os.close(terminal)


def test_a_context_that_cannot_be_used_is_told_before_the_screen_is_taken(tmp_path: Path) -> None:
    """One sentence and a hint; the status of a usage error."""
    done = run("--context", "nowhere", XDG_CONFIG_HOME=str(tmp_path))

    assert done.returncode == 2
    assert done.stderr.startswith("error: There is no context nowhere.\nhint: There are: local;")


def test_without_a_terminal_it_says_what_does_without_one() -> None:
    """Nothing of an escape sequence goes into a pipe."""
    done = subprocess.run([BIN / "aana-tui"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error: The console needs a terminal.\nhint: `aana ps`")


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_no_textual_and_no_client(option: str) -> None:
    """It is there at once."""
    code = f"""
import sys
from aana_tui.command import main
sys.argv = ["aana-tui", {option!r}]
try:
    main()
except SystemExit as ended:
    assert ended.code == 0, ended
for module in ("textual", "httpx", "pydantic"):
    assert module not in sys.modules, module
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)
    assert (f"aana-tui {__version__}\n" == done.stdout) if option == "--version" else "--read-only" in done.stdout


@pytest.mark.parametrize(("read_only", "header"), [(True, "viewer"), (False, None)])
def test_a_read_only_console_asks_the_daemon_to_be_a_viewer(*, read_only: bool, header: str | None) -> None:
    """With each request; the daemon enforces it."""
    session = session_of("unix:///run/nowhere.sock", read_only=read_only)

    with session.connect() as client:
        assert client._connection._http.headers.get("aana-role") == header
    assert "unix:///run/nowhere.sock" == session.name
