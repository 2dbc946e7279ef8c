"""The daemon itself: is it well, is Ray, where does it listen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from aanad.cli.session import Session, pass_session, session_options
from aanad.cli.tables import print_json

if TYPE_CHECKING:
    from aanad.wire.status import Status


@click.command()
@session_options
@pass_session
def status(session: Session) -> None:
    """Say how the daemon, Ray and the store are."""
    with session.client() as client:
        found = client.status()
    if session.is_json:
        print_json(found)
        return
    from aanad.client import sanitise

    lines = _lines(found)
    width = max(len(title) for title, _ in lines)
    for title, text in lines:
        click.echo(f"{title.ljust(width)}  {sanitise(text)}".rstrip())


def _lines(found: Status) -> list[tuple[str, str]]:
    cluster, store = found.cluster, found.store
    lines = [
        ("aanad", f"{found.version}, pid {found.pid}, up {timedelta(seconds=int(found.uptime_s))}"),
        ("socket", found.socket),
        ("ray", f"{cluster.state} ({cluster.mode})" + (f": {cluster.message}" if cluster.message else "")),
    ]
    if cluster.hint:
        lines.append(("", cluster.hint))
    if cluster.cold_starts > 1:
        lines.append(("", f"cold starts: {cluster.cold_starts}"))
    lines.extend(
        ("", f"{process.name}, pid {process.pid}, run again {process.restarts} times") for process in cluster.processes
    )
    if cluster.dashboard_url:
        lines.append(("dashboard", cluster.dashboard_url))
    lines += [
        ("store", store.url if store.ok else f"{store.url}: {store.message}"),
        ("state", found.state_dir),
        ("serves at", found.serve_url),
        ("projects", f"{found.projects}, {found.running} running"),
    ]
    return lines
