"""Events: what happened, and who did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aanad.cli.session import Session, pass_session, project_names, session_options
from aanad.cli.since import time_since
from aanad.cli.tables import print_json, print_json_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from aanad.client import Client
    from aanad.wire.events import Event

PAGE = 1000
DEFAULT_LIMIT = 50


def _since(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | datetime | None:
    """Digits alone are a cursor."""
    if value is None:
        return None
    return int(value) if value.isdecimal() else time_since(value)


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on with new events until Ctrl-C.")
@click.option(
    "--since",
    callback=_since,
    metavar="CURSOR|TIME|AGO",
    help="Only events after this cursor (0: all that are kept), or not older than this: 2h, 30m, 2026-01-31T12:00.",
)
@click.option("--project", multiple=True, shell_complete=project_names, help="Only events of this project; repeatable.")
@click.option("--type", "types", multiple=True, help="Only events of this type, or all like 'replica.*'; repeatable.")
@click.option("--actor", help="Only what this user did; aanad is the daemon itself.")
@click.option(
    "--limit",
    type=click.IntRange(1, PAGE),
    help=f"How many at most, with -f to begin with: {DEFAULT_LIMIT}, or with --since all.",
)
@session_options
@pass_session
def events(
    session: Session,
    since: int | datetime | None,
    project: tuple[str, ...],
    types: tuple[str, ...],
    actor: str | None,
    limit: int | None,
    *,
    follow: bool,
) -> None:
    """Print what happened, the newest last; with -f and -o json one event a line."""
    asked: dict[str, Any] = {"project": project or None, "type": types or None, "actor": actor}
    with session.client() as client:
        found = _events(client, asked, since, limit, follow=follow)
        if session.is_json and not follow:
            print_json(list(found))
            return
        for event in found:
            if session.is_json:
                print_json_line(event)
            else:
                click.echo(_line(event))


def _events(
    client: Client, asked: dict[str, Any], since: int | datetime | None, limit: int | None, *, follow: bool
) -> Iterator[Event]:
    cursor = since if isinstance(since, int) else None
    if since is not None and cursor is None:
        asked["after"] = since
    if limit is None and since is None:
        limit = DEFAULT_LIMIT
    if limit is None and cursor is None:
        cursor = 0  # all of that time, not only the last ones
    if follow:
        yield from client.follow_events(**asked, since=cursor, limit=limit or PAGE)
    elif limit is not None:
        yield from client.events(**asked, since=cursor, limit=limit)
    else:
        yield from _all(client, asked, cursor or 0)


def _all(client: Client, asked: dict[str, Any], cursor: int) -> Iterator[Event]:
    is_last = False
    while not is_last:
        batch = client.events(**asked, since=cursor, limit=PAGE)
        yield from batch
        is_last = len(batch) < PAGE
        cursor = batch[-1].cursor if batch else cursor


def _line(event: Event) -> str:
    from aanad.client import sanitise

    when = f"{event.time:%Y-%m-%dT%H:%M:%SZ}"
    return sanitise(f"{event.cursor} {when} {event.type} {event.project or '-'} ({event.actor}) {event.message}")
