"""Waiting for an operation and telling its outcome; every verb that changes something ends here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from aanad.cli.outcomes import ExitCode, report
from aanad.cli.tables import print_json
from aanad.client.terminal import sanitise

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from aanad.cli.session import Session
    from aanad.client import Client
    from aanad.errors import AanaError
    from aanad.wire.operations import Operation

Function = TypeVar("Function", bound="Callable[..., Any]")


def waiting_options(function: Function) -> Function:
    """Add ``--detach`` and ``--timeout`` to a verb."""
    function = click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Wait at most so long (exit code 5); what was asked for goes on. Default: until it is done.",
    )(function)
    return click.option("--detach", is_flag=True, help="Do not wait: print the operation and leave.")(function)


def require_one_way_of_waiting(timeout_s: float | None, *, detach: bool) -> None:
    """Refuse ``--detach`` with ``--timeout`` before anything is asked for."""
    if detach and timeout_s is not None:
        raise click.UsageError("--detach does not wait, so it takes no --timeout.")


def finish(
    session: Session,
    client: Client,
    operation: Operation,
    *,
    timeout_s: float | None,
    detach: bool,
    outcome: Callable[[Operation], str],
    wanted: str = "succeeded",
    failure: Callable[[Operation], AanaError] | None = None,
    aftermath: Callable[[Operation], str | None] = lambda _: None,
    document: Callable[[Operation], BaseModel] = lambda operation: operation,
) -> None:
    """Wait for an operation, say its outcome, and end the command with the right code.

    Args:
        session: which output.
        client: the daemon that runs it.
        operation: as the verb gave it.
        timeout_s: how long to wait at most.
        detach: do not wait.
        outcome: the sentence for people where it ended as wanted.
        wanted: the state it should end in.
        failure: what is reported where it ended otherwise; its own problem where not given.
        aftermath: a last note for people where it ended otherwise, how things stand now, say.
        document: what programs get in place of the operation.
    """
    if detach:
        if session.is_json:
            print_json(document(operation))
        else:
            click.echo(sanitise(f"{operation.kind} of {operation.project}: under way, operation {operation.id}"))
        return
    operation = _waited(session, client, operation, timeout_s)
    if session.is_json:
        print_json(document(operation))
    if operation.state == wanted:
        if not session.is_json:
            click.echo(outcome(operation))
        return
    from aanad.client.operations import outcome_error

    report((failure or outcome_error)(operation), as_json=session.is_json)
    if not session.is_json and (note := aftermath(operation)):
        click.echo(f"note: {sanitise(note)}", err=True)
    # It ran and failed: 1, whatever the problem's own kind would end a mere request with.
    click.get_current_context().exit(ExitCode.FAILED)


def _waited(session: Session, client: Client, operation: Operation, timeout_s: float | None) -> Operation:
    from aanad.cli.progress import progress_for

    progress = progress_for(as_json=session.is_json)
    latest = operation

    def show(now: Operation) -> None:
        nonlocal latest
        latest = now
        progress.show(now)

    try:
        return client.wait(operation, timeout_s=timeout_s, check=False, on_change=show)
    except KeyboardInterrupt:
        progress.close()
        click.echo("\n" + sanitise(f"The {latest.kind} of {latest.project} goes on in the daemon."), err=True)
        if latest.cancellable or latest.kind == "deploy":
            click.echo(sanitise(f"hint: `aana cancel {latest.id}` takes it back while it loads."), err=True)
        click.echo("hint: `aana ps` shows where it stands, `aana events -f` follows it.", err=True)
        click.get_current_context().exit(ExitCode.INTERRUPTED)
    finally:
        progress.close()
