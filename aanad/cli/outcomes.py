"""How the command ends: exit codes, and what is said when something went wrong."""

from __future__ import annotations

import json
from enum import IntEnum
from typing import TYPE_CHECKING

import click

from aanad.errors import AanaError, DaemonUnavailable, InvalidInput, NotFound, Refused, TimedOut

if TYPE_CHECKING:
    from aanad.wire.problems import Problem

EVIDENCE_LINES = 15


class ExitCode(IntEnum):
    """Stable: scripts compare them."""

    DONE = 0
    FAILED = 1
    """It was tried and did not work."""
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    TIMED_OUT = 5
    """Only the waiting is over; what was asked for goes on."""
    UNREACHABLE = 6
    INTERRUPTED = 130


_BY_ERROR: tuple[tuple[type[AanaError], ExitCode], ...] = (
    (DaemonUnavailable, ExitCode.UNREACHABLE),
    (TimedOut, ExitCode.TIMED_OUT),
    (NotFound, ExitCode.NOT_FOUND),
    (Refused, ExitCode.REFUSED),
    (InvalidInput, ExitCode.USAGE),
)


def exit_code_of(error: AanaError) -> ExitCode:
    """The code that an error ends the command with."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), ExitCode.FAILED)


def report(error: AanaError, *, as_json: bool) -> None:
    """Say on standard error what went wrong."""
    from aanad.client import problem_of

    report_problem(problem_of(error), as_json=as_json)


def report_problem(problem: Problem, *, as_json: bool) -> None:
    """Say on standard error what went wrong: evidence, one sentence, what to do; or the problem itself."""
    from aanad.client import sanitise

    if as_json:
        click.echo(json.dumps(problem.model_dump(mode="json", exclude_none=True)), err=True)
        return
    for line in (problem.detail or "").splitlines()[-EVIDENCE_LINES:]:
        click.echo(f"  {sanitise(line)}", err=True)
    click.echo(f"error: {sanitise(problem.message)}", err=True)
    for refused in problem.errors:
        click.echo(f"  {sanitise(refused.field)}: {sanitise(refused.message)}", err=True)
    if problem.hint:
        click.echo(f"hint: {sanitise(problem.hint)}", err=True)
