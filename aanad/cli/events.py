"""Events: what happened, and who did it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aanad.cli.session import Session, pass_session, project_names, session_options
from aanad.cli.tables import print_json, print_json_line

if TYPE_CHECKING:
    from aanad.wire.events import Event


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on with new events until Ctrl-C.")
@click.option("--since", type=click.IntRange(min=0), metavar="CURSOR", help="Only events after this cursor.")
@click.option("--project", shell_complete=project_names, help="Only events of this project.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many to begin with.")
@session_options
@pass_session
def events(session: Session, since: int | None, project: str | None, limit: int, *, follow: bool) -> None:
    """Print what happened, the newest last; with -f and -o json one event a line."""
    with session.client() as client:
        if follow:
            for event in client.follow_events(project=project, since=since, limit=limit):
                if session.is_json:
                    print_json_line(event)
                else:
                    click.echo(_line(event))
            return
        listed = client.events(project=project, since=since, limit=limit)
    if session.is_json:
        print_json(listed)
        return
    for event in listed:
        click.echo(_line(event))


def _line(event: Event) -> str:
    from aanad.client import sanitise

    when = f"{event.time:%Y-%m-%dT%H:%M:%SZ}"
    return sanitise(f"{event.cursor} {when} {event.type} {event.project or '-'} ({event.actor}) {event.message}")
