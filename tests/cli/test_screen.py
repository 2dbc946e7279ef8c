"""A followed table on a real pseudo-terminal."""

from __future__ import annotations

import random
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from aanad.cli import screen
from aanad.wire.phase import Phase
from tests.cli.terminal import Grid, Terminal
from tests.client.fake_daemon import FakeDaemon, replica
from tests.client.served_daemon import served

AANA = Path(sys.executable).parent / "aana"
ROUTE = "GET /v1/replicas"


@pytest.fixture
def socket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s") / "s"


@pytest.fixture
def daemon() -> FakeDaemon:
    daemon = FakeDaemon()
    daemon.on(ROUTE, [replica(id="first"), replica(id="second")])
    return daemon


@pytest.fixture
def service(daemon: FakeDaemon, socket: Path) -> Iterator[None]:
    with served(daemon, socket):
        yield


def following(
    socket: Path, *, columns: int = 100, rows: int = 12, shell: Sequence[str] = (), **environment: str
) -> Terminal:
    return Terminal(
        [*shell, AANA, "--context", f"unix://{socket}", "replicas", "-f", "-d", "0.1"],
        columns=columns,
        rows=rows,
        **environment,
    )


@pytest.mark.usefixtures("service")
def test_it_repaints_in_place_and_only_what_changed(daemon: FakeDaemon, socket: Path) -> None:
    """A changed cell costs a few bytes; where nothing changes nothing is written."""
    with following(socket) as terminal:
        terminal.until_shown("second")
        asked, before = len(daemon.requests), len(terminal.received)
        terminal.eventually(lambda: len(daemon.requests) > asked + 3)
        assert terminal.received[before:] == b""

        daemon.answers[ROUTE].clear()
        daemon.on(ROUTE, [replica(id="first"), replica(id="second", phase=Phase.FAILED)])
        terminal.until_shown("failed")
        assert len(terminal.received) - before < 30
        assert terminal.grid.is_alternate
        assert terminal.grid.is_cursor_hidden


@pytest.mark.usefixtures("service")
def test_a_row_that_goes_leaves_nothing_behind(daemon: FakeDaemon, socket: Path) -> None:
    """Neither its text nor a second copy of what moved up."""
    with following(socket) as terminal:
        terminal.until_shown("second")
        daemon.answers[ROUTE].clear()
        daemon.on(ROUTE, [replica(id="second")])
        terminal.eventually(lambda: "first" not in terminal.text())

        assert [line.split()[0] for line in terminal.shown() if line] == ["ID", "second"]


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 128 + signal.SIGHUP)]
)
@pytest.mark.usefixtures("service")
def test_a_signal_restores_the_terminal(socket: Path, number: signal.Signals, status: int) -> None:
    """Whoever ends it gets the screen, the cursor and the keyboard back."""
    with following(socket) as terminal:
        terminal.until_shown("second")
        terminal.process.send_signal(number)

        assert terminal.ended() == status
        terminal.eventually(terminal.is_as_before)


@pytest.mark.parametrize(("key", "status"), [(b"q", 0), (b"\x03", 130)], ids=["q", "Ctrl-C"])
@pytest.mark.usefixtures("service")
def test_a_key_ends_it_and_restores_the_terminal(socket: Path, key: bytes, status: int) -> None:
    """At once, without a word."""
    with following(socket) as terminal:
        terminal.until_shown("second")
        terminal.press(key)

        assert terminal.ended() == status
        terminal.eventually(terminal.is_as_before)
        assert "Traceback" not in terminal.text()


@pytest.mark.usefixtures("service")
def test_ctrl_c_ends_it_where_sigint_was_ignored(socket: Path) -> None:
    """As it is for what a script started in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with following(socket) as terminal:
            terminal.until_shown("second")
            terminal.press(b"\x03")

            assert terminal.ended() == 130
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("service")
def test_an_error_restores_the_terminal_and_is_told(daemon: FakeDaemon, socket: Path) -> None:
    """On the ordinary screen, where it can be read."""
    with following(socket) as terminal:
        terminal.until_shown("second")
        daemon.answers[ROUTE].clear()
        daemon.refuse(ROUTE, 403, "denied", "You may not see replicas.")

        assert terminal.ended() == 4
        terminal.until_shown("error: You may not see replicas.")
        assert terminal.is_as_before()


@pytest.mark.usefixtures("service")
def test_stopped_and_continued_it_paints_again(socket: Path) -> None:
    """While it is stopped the terminal is the shell's."""
    shell = ["bash", "-mc", '"$@"; echo stopped; read -r; fg', "bash"]
    with following(socket, shell=shell) as terminal:
        terminal.until_shown("second")
        terminal.press(b"\x1a")
        terminal.until_shown("stopped")
        assert terminal.is_as_before()
        terminal.press(b"\n")
        terminal.until_shown("second")
        assert terminal.grid.is_alternate
        terminal.press(b"q")
        assert terminal.ended() == 0


@pytest.mark.usefixtures("service")
def test_it_follows_the_terminals_size(daemon: FakeDaemon, socket: Path) -> None:
    """No line is longer than the terminal, and what does not fit is counted."""
    daemon.answers[ROUTE].clear()
    daemon.on(ROUTE, [replica(id=f"replica-{number:02d}", message="日本語" * 20) for number in range(30)])
    with following(socket, columns=120, rows=40) as terminal:
        terminal.until_shown("replica-29")
        terminal.resize(40, 8)
        terminal.until_shown("… 24 more lines")
        assert terminal.shown()[0].startswith("ID")
        terminal.resize(120, 40)
        terminal.until_shown("replica-29")


def test_a_lost_daemon_is_said_and_waited_for(daemon: FakeDaemon, socket: Path) -> None:
    """What was known stays on the screen, with how old it is."""
    with served(daemon, socket):
        terminal = following(socket)
        terminal.until_shown("second")
    with terminal:
        terminal.until_shown("No news for 1 s, below is what was known then.")
        assert "second" in terminal.text()
        terminal.until_shown("No news for 2 s")
        with served(daemon, socket):
            terminal.eventually(lambda: "No news" not in terminal.text())
            assert "second" in terminal.text()
            terminal.press(b"q")
            assert terminal.ended() == 0


def test_no_daemon_at_all_is_an_error(socket: Path) -> None:
    """Exit code 6, on the ordinary screen."""
    with following(socket) as terminal:
        assert terminal.ended() == 6
        terminal.until_shown("error: aanad is not running")
        assert b"\x1b[?1049h" not in terminal.received


@pytest.mark.usefixtures("service")
def test_no_colour_where_none_is_wanted(socket: Path) -> None:
    """`NO_COLOR` takes colours away, and nothing else."""
    with following(socket, NO_COLOR="1") as terminal:
        terminal.until_shown("second")
        assert b"m" not in {sequence[-1:] for sequence in terminal.received.split(b"\x1b[")[1:] if len(sequence) < 5}
        assert b"\x1b[1m" not in terminal.received
        assert terminal.grid.is_alternate


@pytest.mark.usefixtures("service")
def test_a_dumb_terminal_gets_one_table_after_the_other(socket: Path) -> None:
    """Nothing that moves a cursor."""
    with following(socket, TERM="dumb", NO_COLOR="1") as terminal:
        terminal.eventually(lambda: terminal.text().count("second") > 1)
        assert b"\x1b" not in terminal.received


@pytest.mark.parametrize("seed", range(200))
def test_any_line_becomes_any_other(seed: int) -> None:
    """However they differ, in colours, wide characters or combining marks."""
    chance = random.Random(seed)
    pieces = [
        "a",
        "b",
        " ",
        "m",
        "0",
        "語",
        "é",
        "e\u0301",
        "\x1b[31mred\x1b[0m",
        "\x1b[1mmore\x1b[0m",
        "\x1b[31m語\x1b[0m",
    ]

    def line() -> str:
        return "".join(chance.choices(pieces, k=chance.randrange(8)))

    start, end = line(), line()
    old, new = f"{start}{line()}{end}", f"{start}{line()}{end}"
    grid, fresh = Grid(80, 2), Grid(80, 2)
    grid.show(screen._change(1, "", old))
    grid.show(screen._change(1, old, new))
    fresh.show(new)

    assert grid.lines() == fresh.lines()
    assert grid.colours() == fresh.colours()
