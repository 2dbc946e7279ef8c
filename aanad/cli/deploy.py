"""Deploying: a folder becomes a revision, and the revision runs."""

from __future__ import annotations

import click

from aanad.cli.projects import standing, still_serving
from aanad.cli.session import Session, pass_session, session_options
from aanad.cli.waiting import finish, require_one_way_of_waiting, waiting_options


@click.command()
@click.argument("target", type=click.Path())
@waiting_options
@session_options
@pass_session
def deploy(session: Session, target: str, timeout_s: float | None, *, detach: bool) -> None:
    """Upload a project and run it.

    TARGET is a folder with an app.py, a file in it, or module:attribute (app:aana_app) from where you are.
    """
    from aanad.client import pack, parse_target

    require_one_way_of_waiting(timeout_s, detach=detach)
    archive = pack(parse_target(target))
    with session.client() as client:
        finish(
            session,
            client,
            client.deploy(archive),
            timeout_s=timeout_s,
            detach=detach,
            outcome=lambda _: standing(client, archive.name),
            aftermath=lambda operation: still_serving(client, operation),
        )
