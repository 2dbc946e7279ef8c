"""Operations: list what was asked for, cancel what is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aanad.cli.projects import standing
from aanad.cli.session import Session, pass_session, project_names, session_options
from aanad.cli.tables import age, print_json, print_table
from aanad.cli.waiting import finish, require_one_way_of_waiting, waiting_options
from aanad.errors import AanaError, Failed, NotFound

if TYPE_CHECKING:
    from aanad.client import Client
    from aanad.wire.operations import Operation, Step


@click.command()
@click.argument("project", required=False, shell_complete=project_names)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@session_options
@pass_session
def operations(session: Session, project: str | None, limit: int) -> None:
    """List the operations of one project, or of all, the newest first."""
    with session.client() as client:
        listed = client.operations(project, limit=limit)
    if session.is_json:
        print_json(listed)
        return
    print_table(
        ["ID", "KIND", "PROJECT", "STATE", "STEP", "ACTOR", "AGE", "MESSAGE"],
        [
            [
                operation.id,
                operation.kind,
                operation.project,
                operation.state,
                _step(operation),
                operation.actor,
                age(operation.created_at),
                _message(operation),
            ]
            for operation in listed
        ],
        empty=f"{project} has no operations." if project else "No operations yet.",
    )


@click.command()
@click.argument("operation", metavar="OPERATION|PROJECT", shell_complete=project_names)
@waiting_options
@session_options
@pass_session
def cancel(session: Session, operation: str, timeout_s: float | None, *, detach: bool) -> None:
    """Cancel an operation that is still loading; what ran before is brought back.

    A project's name stands for its unfinished operation.
    """
    require_one_way_of_waiting(timeout_s, detach=detach)
    with session.client() as client:
        finish(
            session,
            client,
            client.cancel(_operation_id(client, operation)),
            timeout_s=timeout_s,
            detach=detach,
            outcome=lambda ended: f"{ended.kind} of {ended.project} is cancelled; {standing(client, ended.project)}",
            wanted="cancelled",
            failure=_not_cancelled,
        )


def _operation_id(client: Client, given: str) -> str:
    """An operation's own id first: a project may be called like one, and the id is what was printed."""
    try:
        return client.operation(given).id
    except NotFound:
        pass
    try:
        client.project(given)
    except NotFound as error:
        raise NotFound(
            f"There is no operation and no project {given}.",
            hint="`aana operations` lists operations, `aana ps` projects.",
            code="operation_not_found",
        ) from error
    unfinished = [one for one in client.operations(given) if not one.state.is_final]
    if not unfinished:
        raise NotFound(
            f"{given} has no unfinished operation.",
            hint=f"`aana operations {given}` lists what was asked for.",
            code="operation_not_found",
        )
    return unfinished[0].id


def _not_cancelled(operation: Operation) -> AanaError:
    from aanad.client.operations import outcome_error

    if operation.state != "succeeded":
        return outcome_error(operation)
    return Failed(
        f"The {operation.kind} of {operation.project} was done before it could be cancelled.",
        hint=f"`aana rollback {operation.project}` goes back to the revision before.",
        code="not_cancelled",
    )


def _step(operation: Operation) -> str:
    step = _telling_step(operation)
    if step is None:
        return "-"
    from aanad.cli.progress import counted

    return f"{step.name} {counted(step)}".rstrip()


def _message(operation: Operation) -> str:
    if operation.problem is not None:
        return operation.problem.message
    step = _telling_step(operation)
    return step.message if step else ""


def _telling_step(operation: Operation) -> Step | None:
    """The step that is under way, or the one it ended at."""
    return next((step for step in operation.steps if step.state in {"running", "failed", "cancelled"}), None)
