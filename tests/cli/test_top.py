"""aana top as a command."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from aanad.cli import top
from aanad.cli.top_table import SORTS
from tests.cli.samples import gpu, node, stats, status
from tests.cli.terminal import Terminal
from tests.client.fake_daemon import FakeDaemon, project, replica
from tests.client.served_daemon import served

Run = Callable[..., Result]


@pytest.fixture
def daemon() -> FakeDaemon:
    daemon = FakeDaemon()
    daemon.on("GET /v1/status", status())
    daemon.on("GET /v1/projects", [project(), project("llm")])
    daemon.on("GET /v1/replicas", [replica(), replica(id="m1", project="llm", deployment="model", gpus=[0])])
    daemon.on("GET /v1/requests", [stats(), stats(kind="endpoint", name="lowercase")])
    daemon.on("GET /v1/gpus", [gpu()])
    daemon.on("GET /v1/nodes", [node()])
    return daemon


def test_one_reading(run: Run) -> None:
    """Without a screen columns are as wide as they need to be, and nothing steers."""
    result = run("top", "-n", "1")

    assert result.exit_code == 0
    assert "lowercase  running    2/2  0123456789ab     12    0.5  3.2 ms  120 ms     3      1" in result.stdout
    assert "held by llm" in result.stdout
    assert "REPLICA" not in result.stdout
    assert "\x1b" not in result.stdout


def test_as_many_readings_as_are_wanted(run: Run, daemon: FakeDaemon) -> None:
    """One object a line, of the projects that are wanted."""
    result = run("top", "llm", "-n", "2", "-d", "0.1", "-o", "json", "--replicas")

    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [["llm"], ["llm"]] == [[each["name"] for each in document["projects"]] for document in found]
    assert found[0]["projects"][0]["requests"] is None
    assert [each["id"] for each in found[1]["replicas"]] == ["m1"]
    assert daemon.seen().count("GET /v1/status") == 2


def test_an_unknown_project_is_an_error(run: Run) -> None:
    """A mistyped name is not an empty table."""
    result = run("top", "lowercase", "nosuch")

    assert result.exit_code == 3
    assert result.stderr.startswith("error: There is no project nosuch.")


def test_the_ways_to_sort_are_those_of_the_table() -> None:
    """The command names them itself, so that its help loads nothing."""
    assert list(top._SORTS) == list(SORTS)


def test_on_a_terminal_it_repaints_what_changed(daemon: FakeDaemon, tmp_path_factory: pytest.TempPathFactory) -> None:
    """At 80x24; a new number costs a few bytes, the last reading stays on the ordinary screen."""
    socket = tmp_path_factory.mktemp("s") / "s"
    aana = Path(sys.executable).parent / "aana"
    with (
        served(daemon, socket),
        Terminal([aana, "--context", f"unix://{socket}", "top", "-d", "0.1"], columns=80, rows=24) as terminal,
    ):
        terminal.until_shown("lowercase running")
        assert terminal.grid.is_alternate
        before = len(terminal.received)
        daemon.answers["GET /v1/requests"].clear()
        daemon.on("GET /v1/requests", [stats(rate=77)])
        terminal.until_shown(" 77 ")
        terminal.press(b"q")
        assert terminal.ended() == 0
        terminal.eventually(terminal.is_as_before)
        # The number, and the clock's seconds once or twice.
        assert len(terminal.received) - before < 150


def test_the_last_of_some_readings_stays_on_the_screen(
    daemon: FakeDaemon, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whoever asks for two wants to read the second one afterwards."""
    socket = tmp_path_factory.mktemp("s") / "s"
    command = [Path(sys.executable).parent / "aana", "--context", f"unix://{socket}", "top", "-n", "2", "-d", "0.1"]
    with served(daemon, socket), Terminal(command, columns=120, rows=24) as terminal:
        assert terminal.ended() == 0
        terminal.eventually(terminal.is_as_before)
        terminal.until_shown("lowercase  running")
