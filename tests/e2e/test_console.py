"""The console in a real terminal, on a real daemon with a real Ray: what an operator does in a night."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.box import BIN, TEST_PROJECTS, Box
from tests.e2e.sshd import running_sshd
from tests.e2e.tmux import Tmux

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def deployed(box: Box) -> Iterator[str]:
    """A project of these tests' own."""
    box.ok("deploy", TEST_PROJECTS / "narrator")
    yield "narrator"
    box.remove("narrator")


@pytest.fixture
def narrator(box: Box, deployed: str) -> str:
    """It does not run."""
    box.ok("stop", deployed)
    return deployed


def console(box: Box, columns: int, rows: int, *arguments: str, **variables: str) -> Tmux:
    environment = variables | {
        name: value for name, value in box.environment.items() if name not in {"COLUMNS", "NO_COLOR"}
    }
    environment["XDG_STATE_HOME"] = str(box.root / "console-state")
    return Tmux([BIN / "aana-tui", *arguments], environment=environment, columns=columns, rows=rows, folder=box.root)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 48)])
def test_a_night_with_the_console(box: Box, narrator: str, tmp_path: Path, columns: int, rows: int) -> None:
    """Start a project and see it come up, find an error in its logs, see a stream, stop it, outlive the daemon."""
    with console(box, columns, rows) as terminal:
        a_night(terminal, box, narrator, tmp_path)


def test_the_same_over_ssh(box: Box, narrator: str, tmp_path: Path) -> None:
    """The daemon of another box, as far as the console can tell: the system's ssh carries everything."""
    with (
        running_sshd() as sshd,
        console(box, 80, 24, "--context", sshd.context(box.socket), AANA_SSH=sshd.ssh) as terminal,
    ):
        a_night(terminal, box, narrator, tmp_path)


def a_night(terminal: Tmux, box: Box, project: str, folder: Path) -> None:
    """What the issue asks for, key by key."""
    terminal.until("live", project)

    # Start it, and watch it come up.
    terminal.keys("/")
    terminal.type(project)
    terminal.keys("Enter")
    terminal.until(project, "○ stopped")
    terminal.keys("s")
    terminal.until("running", "2/2", within=120)

    # Its logs, and the error in them.
    terminal.keys("l")
    terminal.until("logs", "epilogue")
    terminal.keys("E")
    terminal.until("the narrator has lost its page")
    terminal.keys("q")

    # A test request whose answer comes bit by bit.
    let_go = folder / "go"
    terminal.keys("T")
    terminal.until("title")
    terminal.keys("Enter")
    terminal.type("A tale")
    terminal.keys("Enter")
    terminal.type(str(let_go))
    terminal.keys("Enter", "C-j")
    terminal.until("A tale: once", without="upon a time")
    let_go.touch()
    terminal.until("upon a time")
    terminal.keys("q")

    # Stop it, by its name.
    terminal.until(project, "running")
    terminal.keys("x")
    terminal.until(f"Type {project} to confirm")
    terminal.type(project)
    terminal.keys("Enter")
    terminal.until("○ stopped", within=60)

    # The daemon dies and comes back; the console stays.
    box.kill_daemon()
    terminal.until("unreachable", project)
    box.start()
    terminal.until("live", project, without="unreachable", within=60)

    terminal.keys("Escape")
    terminal.until("Projects", without="filter /")
    terminal.keys("q")
    terminal.until("shell>", without="live")
