"""Secrets of a project: set, list remove them. A value comes in by standard input and goes to the daemon alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from aanad.cli.projects import standing
from aanad.cli.session import Session, pass_session, project_argument, session_options
from aanad.cli.tables import print_json, print_table
from aanad.cli.waiting import finish, require_one_way_of_waiting, waiting_options
from aanad.client.terminal import sanitise
from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from aanad.client import Client
    from aanad.wire.operations import Operation
    from aanad.wire.secrets import SecretChange


@click.group()
@session_options
def secret() -> None:
    """Give a project's replicas what must not stand in its files: keys, passwords."""


@secret.command(name="list")
@project_argument
@session_options
@pass_session
def list_secrets(session: Session, project: str) -> None:
    """List the names of a project's secrets; values are shown nowhere."""
    with session.client() as client:
        listed = client.secrets(project)
    if session.is_json:
        print_json(listed)
        return
    print_table(
        ["NAME"],
        [[one.name] for one in listed],
        empty=f"{project} has no secrets: `aana secret set {project} NAME` sets the first one.",
    )


@secret.command(name="set")
@project_argument
@click.argument("name")
@waiting_options
@session_options
@pass_session
def set_secret(session: Session, project: str, name: str, timeout_s: float | None, *, detach: bool) -> None:
    """Set a secret; the replicas of a running project are replaced.

    Its value is asked for on a terminal, and else read from standard input, without one last line break. Replicas
    get it as the environment variable NAME.

    \b
    aana secret set lowercase API_KEY
    aana secret set lowercase API_KEY < key.txt
    """
    from aanad.client.changes import require_secret_name

    require_one_way_of_waiting(timeout_s, detach=detach)
    require_secret_name(name)
    value = _read_value(project, name)
    with session.client() as client:
        change = client.set_secret(project, name, value)
        _finish(session, client, project, change, f"{name} is set", timeout_s, detach=detach)


@secret.command(name="rm")
@project_argument
@click.argument("name")
@waiting_options
@session_options
@pass_session
def remove_secret(session: Session, project: str, name: str, timeout_s: float | None, *, detach: bool) -> None:
    """Remove a secret; the replicas of a running project are replaced."""
    require_one_way_of_waiting(timeout_s, detach=detach)
    with session.client() as client:
        change = client.remove_secret(project, name)
        _finish(session, client, project, change, f"{name} is removed", timeout_s, detach=detach)


def _finish(
    session: Session,
    client: Client,
    project: str,
    change: SecretChange,
    done: str,
    timeout_s: float | None,
    *,
    detach: bool,
) -> None:
    if change.operation is None:
        if session.is_json:
            print_json(change)
        else:
            click.echo(sanitise(f"{done}; {standing(client, project)}"))
        return

    def document(operation: Operation) -> SecretChange:
        return change.model_copy(update={"operation": operation})

    finish(
        session,
        client,
        change.operation,
        timeout_s=timeout_s,
        detach=detach,
        outcome=lambda _: f"{done}; {standing(client, project)}",
        document=document,
    )


def _read_value(project: str, name: str) -> str:
    from aanad.wire.secrets import MAX_SECRET_BYTES

    if is_asked():
        value = click.prompt(f"Value of {name}", hide_input=True, default="", show_default=False, err=True)
        content = str(value).encode(errors="surrogateescape")
    else:
        # What is more than allowed by two bytes is too much whatever follows, even where it never ends.
        content = sys.stdin.buffer.read(MAX_SECRET_BYTES + 2).removesuffix(b"\n")
    if not content:
        raise InvalidInput(
            f"There is no value for {name}.",
            hint=f"Give it on standard input, or take the secret away: `aana secret rm {project} {name}`.",
            code="empty_secret",
        )
    if len(content) > MAX_SECRET_BYTES:
        raise InvalidInput(
            f"The value of {name} is longer than {MAX_SECRET_BYTES} bytes.",
            hint="Keep it in a file that the daemon's machine can read, and set the file's path.",
            code="secret_too_large",
        )
    try:
        return content.decode()
    except UnicodeDecodeError:
        # Without the cause, which quotes the value.
        raise InvalidInput(
            f"The value of {name} is not UTF-8 text.", hint="Encode it, as base64 say.", code="invalid_secret"
        ) from None


def is_asked() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin.isatty()
