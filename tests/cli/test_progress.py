"""What is seen while an operation is waited for."""

from __future__ import annotations

import io
from datetime import timedelta

from rich.console import Console

from aanad.cli.progress import LiveProgress
from aanad.wire.operations import OperationState, Step
from tests.client.fake_daemon import NOW, operation


def test_on_a_terminal_steps_have_marks_and_times() -> None:
    """Done, under way and to come are told apart without colour; names cannot steer the terminal."""
    output = io.StringIO()
    progress = LiveProgress(Console(file=output, force_terminal=True, color_system=None, width=80))
    steps = [
        Step(
            name="load",
            state=OperationState.SUCCEEDED,
            started_at=NOW,
            finished_at=NOW + timedelta(seconds=1.5),
            message="2 endpoints [/x]\x1b[2J",
        ),
        Step(name="build", state=OperationState.FAILED, done=0, total=3),
        Step(name="replicas", state=OperationState.PENDING),
    ]

    progress.show(operation(OperationState.RUNNING, steps=steps))
    progress.close()

    shown = output.getvalue()
    for part in ("✔  load", "1.5 s  2 endpoints [/x]", "✖  build", "0/3", "○  replicas"):
        assert part in shown
    assert "\x1b[2J" not in shown
