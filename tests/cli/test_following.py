"""Following without a screen: for files, pipes and programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import Result

from aanad.cli import following
from tests.client.fake_daemon import FakeDaemon, replica

Run = Callable[..., Result]
ROUTE = "GET /v1/replicas"


class Readings:
    """In place of sleeping: what happens before each further reading; then Ctrl-C."""

    def __init__(self) -> None:
        self.steps: list[Callable[[], None]] = []
        self.slept: list[float] = []
        self._next: Iterator[Callable[[], None]] | None = None

    def sleep(self, seconds: float) -> None:
        """Do the next step."""
        self.slept.append(seconds)
        self._next = self._next or iter(self.steps)
        step = next(self._next, None)
        if step is None:
            raise KeyboardInterrupt
        step()


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    readings = Readings()
    monkeypatch.setattr(following.time, "sleep", readings.sleep)
    return readings


def test_programs_get_the_list_on_a_line(run: Run, daemon: FakeDaemon, readings: Readings) -> None:
    """One line a reading, until Ctrl-C."""
    daemon.on(ROUTE, [replica(id="first")])
    daemon.on(ROUTE, [])
    readings.steps = [lambda: None]

    result = run("replicas", "-f", "-d", "0.5", "-o", "json")

    assert [["first"], []] == [[each["id"] for each in json.loads(line)] for line in result.stdout.splitlines()]
    assert result.exit_code == 130
    assert readings.slept == [0.5, 0.5]


def test_people_get_one_table_after_the_other(run: Run, daemon: FakeDaemon, readings: Readings) -> None:
    """A blank line between them, and words where there is nothing."""
    daemon.on(ROUTE, [replica(id="first")])
    daemon.on(ROUTE, [])
    readings.steps = [lambda: None]

    lines = run("replicas", "--follow").stdout.splitlines()

    assert [line.split()[:1] for line in lines] == [["ID"], ["first"], [], ["No"]]
    assert readings.slept == [2.0, 2.0]


def test_a_lost_daemon_is_told_once_and_waited_for(run: Run, daemon: FakeDaemon, readings: Readings) -> None:
    """On standard error, so that the readings stay what they are."""
    daemon.on(ROUTE, [replica()])

    def away(is_away: bool) -> Callable[[], None]:
        return lambda: setattr(daemon, "is_away", is_away)

    readings.steps = [away(True), lambda: None, away(False)]

    result = run("replicas", "-f")

    assert result.stdout.count("r1") == 2
    assert result.stderr.count("error: aanad is not running") == 1
    assert result.stderr.endswith("The daemon is back.\n")


def test_programs_get_the_problem_of_a_lost_daemon(run: Run, daemon: FakeDaemon, readings: Readings) -> None:
    """As an object, and nothing else on standard error."""
    daemon.on(ROUTE, [replica()])
    readings.steps = [lambda: setattr(daemon, "is_away", True), lambda: setattr(daemon, "is_away", False)]

    result = run("replicas", "-f", "-o", "json")

    assert json.loads(result.stderr)["code"] == "daemon_unavailable"
    assert len(result.stdout.splitlines()) == 2


def test_a_project_that_is_gone_ends_it(run: Run, daemon: FakeDaemon, readings: Readings) -> None:
    """With its own exit code: nothing will come any more."""
    route = "GET /v1/projects/lowercase/replicas"
    daemon.on(route, [replica()])
    daemon.refuse(route, 404, "project_not_found", "There is no project lowercase.")
    readings.steps = [lambda: None]

    result = run("replicas", "lowercase", "-f")

    assert result.exit_code == 3
    assert result.stderr == "error: There is no project lowercase.\n"


def test_without_a_daemon_it_does_not_begin(run: Run, daemon: FakeDaemon, readings: Readings) -> None:
    """The first reading must succeed."""
    daemon.is_away = True

    assert run("replicas", "-f").exit_code == 6
    assert readings.slept == []
