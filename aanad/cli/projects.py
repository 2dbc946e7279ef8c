"""Projects: list them, start, stop, restart, remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aanad.cli.session import Session, pass_session, project_argument, session_options
from aanad.cli.tables import age, print_json, print_table
from aanad.cli.waiting import finish, require_one_way_of_waiting, waiting_options

if TYPE_CHECKING:
    from aanad.client import Client
    from aanad.wire.operations import Operation
    from aanad.wire.projects import Project


@click.command()
@session_options
@pass_session
def ps(session: Session) -> None:
    """List the projects."""
    with session.client() as client:
        listed = client.projects()
    if session.is_json:
        print_json(listed)
        return
    print_table(
        ["NAME", "PHASE", "READY", "REVISION", "ROUTE", "SINCE", "REASON", "MESSAGE"],
        [
            [
                project.name,
                project.phase,
                f"{project.ready}/{project.replicas}",
                project.revision or "-",
                project.route_prefix,
                age(project.since),
                project.reason,
                _message(project),
            ]
            for project in listed
        ],
        empty="No projects yet: `aana deploy FOLDER` makes the first one.",
    )


@click.command()
@project_argument
@waiting_options
@session_options
@pass_session
def start(session: Session, project: str, timeout_s: float | None, *, detach: bool) -> None:
    """Start a project and wait until it serves."""
    require_one_way_of_waiting(timeout_s, detach=detach)
    with session.client() as client:
        finish(
            session,
            client,
            client.start(project),
            timeout_s=timeout_s,
            detach=detach,
            outcome=lambda _: standing(client, project),
        )


@click.command()
@project_argument
@waiting_options
@session_options
@pass_session
def stop(session: Session, project: str, timeout_s: float | None, *, detach: bool) -> None:
    """Stop a project; it stays known, and `start` brings it back."""
    require_one_way_of_waiting(timeout_s, detach=detach)
    with session.client() as client:
        finish(
            session,
            client,
            client.stop(project),
            timeout_s=timeout_s,
            detach=detach,
            outcome=lambda _: standing(client, project),
        )


@click.command()
@project_argument
@waiting_options
@session_options
@pass_session
def restart(session: Session, project: str, timeout_s: float | None, *, detach: bool) -> None:
    """Replace a project's replicas by new ones."""
    require_one_way_of_waiting(timeout_s, detach=detach)
    with session.client() as client:
        finish(
            session,
            client,
            client.restart(project),
            timeout_s=timeout_s,
            detach=detach,
            outcome=lambda _: standing(client, project),
        )


@click.command()
@project_argument
@click.option("--force", is_flag=True, help="Also where it is running: stop it first.")
@waiting_options
@session_options
@pass_session
def rm(session: Session, project: str, timeout_s: float | None, *, force: bool, detach: bool) -> None:
    """Remove a project with all its revisions."""
    require_one_way_of_waiting(timeout_s, detach=detach)
    with session.client() as client:
        finish(
            session,
            client,
            client.remove(project, force=force),
            timeout_s=timeout_s,
            detach=detach,
            outcome=lambda _: f"{project} is removed",
        )


def standing(client: Client, name: str) -> str:
    """One line on how a project stands now."""
    from aanad.client import sanitise
    from aanad.errors import NotFound

    try:
        project = client.project(name)
    except NotFound:  # What was asked for is done all the same; somebody has removed it since.
        return f"{name} is not there any more"
    parts = [f"{project.name} is {project.phase}"]
    if project.revision:
        parts.append(f"revision {project.revision}")
    if project.desired == "running":
        parts.append(f"at {project.url}")
    return sanitise(", ".join(parts))


def still_serving(client: Client, operation: Operation) -> str | None:
    """What serves after a change that failed, where an earlier revision does."""
    from aanad.errors import AanaError

    try:
        project = client.project(operation.project)
    except AanaError:  # A first deploy that failed leaves no project; and the failure itself is told already.
        return None
    if project.revision is None or project.revision == operation.revision or not project.ready:
        return None
    return f"{project.name} still serves revision {project.revision}"


def _message(project: Project) -> str:
    return f"{project.message} {project.hint}".strip() if project.phase != "running" else project.message
