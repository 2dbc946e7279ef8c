"""One box that is broken in every way, one after the other; and the table of what each fault cost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.box import PROJECTS, Box, running_box
from tests.faults.fault import DEPLOYMENT

LINES = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, which is of interest above all where everything passed."""
    lines = config.stash.get(LINES, [])
    if lines:
        terminalreporter.section("faults under load")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config) -> list[str]:
    """Lines for the table of faults."""
    return pytestconfig.stash.setdefault(LINES, [])


@pytest.fixture(scope="session")
def box() -> Iterator[Box]:
    """A box with a project that runs, one with two replicas, and one that was stopped and must stay so.

    Every test leaves it so again; making one costs half a minute.
    """
    with running_box() as box:
        box.ok("deploy", box.copy_project(PROJECTS / "lowercase"))
        pair = box.copy_project(PROJECTS / "lowercase", "pair")
        (pair / "project.toml").write_text(f"[deployments.{DEPLOYMENT}]\nreplicas = 2\n")
        box.ok("deploy", pair)
        box.ok("deploy", box.copy_project(PROJECTS / "lowercase", "idle"))
        box.ok("stop", "idle")
        yield box
