"""Tables on a terminal."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from aanad.cli.tables import print_table

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    """A standard output that says it is a terminal."""

    def isatty(self) -> bool:
        """Whatever runs the tests."""
        return True


def shown(monkeypatch: pytest.MonkeyPatch, titles: list[str], rows: list[list[str]]) -> list[str]:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    print_table(titles, rows, empty="")
    return terminal.getvalue().splitlines()


def test_the_last_column_is_folded_under_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long message stays in its column."""
    lines = shown(monkeypatch, ["NAME", "MESSAGE"], [["lowercase", "word " * 20]])

    assert len(lines) == 3
    assert all(len(line) <= 60 for line in lines)
    assert lines[2].startswith(" " * len("lowercase  "))


def test_no_cell_is_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room the terminal wraps; what stands there can still be copied."""
    lines = shown(monkeypatch, ["ID", "NAME", "AGE"], [["i" * 40, "n" * 40, "3s"]])

    assert lines[1] == f"{'i' * 40}  {'n' * 40}  3s"


def test_columns_that_say_nothing_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without GPUs nobody sees columns for them."""
    lines = shown(monkeypatch, ["ID", "GPUS", "AGE"], [["a", "-", "3s"], ["b", "", "4s"]])

    assert lines[0].split() == ["ID", "AGE"]


def test_phases_have_colours_unless_nobody_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """`NO_COLOR` means what it says."""
    assert "\x1b" not in "".join(shown(monkeypatch, ["PHASE", "X"], [["failed", "x"]]))
    monkeypatch.delenv("NO_COLOR")
    print_table(["PHASE", "X"], [["failed", "x"]], empty="")

    assert "\x1b[31mfailed" in sys.stdout.getvalue()  # type: ignore[attr-defined]
