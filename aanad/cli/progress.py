"""An operation's progress on standard error: a live list of steps on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import click

from aanad.client.terminal import sanitise
from aanad.wire.operations import OperationState

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from aanad.wire.operations import Operation, Step

_MARKS = {
    OperationState.PENDING: ("○", "dim"),
    OperationState.RUNNING: ("●", "yellow"),
    OperationState.SUCCEEDED: ("✔", "green"),
    OperationState.FAILED: ("✖", "red"),
    OperationState.CANCELLED: ("-", "dim"),
}


class Progress(Protocol):
    """Shows an operation while it is waited for."""

    def show(self, operation: Operation) -> None:
        """Take in how the operation stands now."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class NoProgress:
    """For programs, whose standard error holds nothing but a problem."""

    def show(self, operation: Operation) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Nothing was opened."""


class PlainProgress:
    """One line for each change of a step: for files, pipes and `NO_COLOR`."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[OperationState, str, str]] = {}

    def show(self, operation: Operation) -> None:
        """Say which steps changed."""
        for step in operation.steps:
            now = (step.state, counted(step), step.message)
            if step.state is not OperationState.PENDING and self._said.get(step.name) != now:
                self._said[step.name] = now
                text = f"{operation.kind} {operation.project}: {step.name} {step.state} {counted(step)}".rstrip()
                click.echo(sanitise(f"{text}: {step.message}" if step.message else text), err=True)

    def close(self) -> None:
        """Nothing was opened."""


class LiveProgress:
    """All steps with marks and times, redrawn in place."""

    def __init__(self, console: Console | None = None) -> None:
        from rich.console import Console
        from rich.live import Live

        # Nothing turns or counts by itself: it is drawn when the daemon has said something, twice a second.
        self._live = Live(console=console or Console(stderr=True), auto_refresh=False)
        self._is_open = False

    def show(self, operation: Operation) -> None:
        """Redraw."""
        if not self._is_open:
            self._live.start()
            self._is_open = True
        self._live.update(_steps(operation), refresh=True)

    def close(self) -> None:
        """Stop redrawing; what was drawn last stays."""
        if self._is_open:
            self._live.stop()
            self._is_open = False


def progress_for(*, as_json: bool) -> Progress:
    """What suits where standard error goes."""
    if as_json:
        return NoProgress()
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        return LiveProgress()
    return PlainProgress()


def counted(step: Step) -> str:
    """How much of a step is done, ``1/2``; nothing where nothing is counted."""
    return f"{step.done or 0}/{step.total}" if step.total else ""


def _steps(operation: Operation) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    for step in operation.steps:
        mark, style = _MARKS[step.state]
        table.add_row(
            Text(mark, style=style),
            Text(sanitise(step.name)),
            Text(counted(step), justify="right"),
            Text(_seconds(step), style="dim", justify="right"),
            Text(sanitise(step.message), style="dim"),
        )
    return table


def _seconds(step: Step) -> str:
    if step.started_at is None:
        return ""
    end = step.finished_at or datetime.now(UTC)
    return f"{max(0.0, (end - step.started_at).total_seconds()):.1f} s"
