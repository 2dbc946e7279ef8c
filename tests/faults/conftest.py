"""A box of its own for every module that kills, and the table of what each fault cost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.box import Box, running_box

LINES = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, which is of interest above all where everything passed."""
    lines = config.stash.get(LINES, [])
    if lines:
        terminalreporter.section("faults under load")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def report(pytestconfig: pytest.Config) -> list[str]:
    """Lines for the table of faults."""
    return pytestconfig.stash.setdefault(LINES, [])


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    """A box that may be broken."""
    with running_box() as box:
        yield box
