"""Logs of replicas, merged in the order of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aanad.cli.session import Session, pass_session, project_names, session_options
from aanad.cli.tables import is_coloured, print_json_line

if TYPE_CHECKING:
    from aanad.wire.logs import LogRecord

_LEVEL_COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red", "DEBUG": "bright_black"}


@click.command()
@click.argument("project", required=False, shell_complete=project_names)
@click.option("-f", "--follow", is_flag=True, help="Go on with new records until Ctrl-C.")
@click.option(
    "--tail", type=click.IntRange(0, 100_000), default=200, show_default=True, help="How many records to begin with."
)
@click.option("--deployment", help="Only this deployment.")
@click.option("--replica", help="Only this replica.")
@session_options
@pass_session
def logs(
    session: Session, project: str | None, tail: int, deployment: str | None, replica: str | None, *, follow: bool
) -> None:
    """Print the logs of one project, or of all; with -o json one record a line."""
    with session.client() as client:
        for record in client.logs(project, deployment=deployment, replica=replica, tail=tail, follow=follow):
            if session.is_json:
                print_json_line(record)
            else:
                click.echo(_line(record, coloured=is_coloured()))


def _line(record: LogRecord, *, coloured: bool) -> str:
    from aanad.client import sanitise

    where = "/".join(filter(None, (record.project, record.deployment))) or record.source
    if record.replica:
        where = f"{where}#{record.replica[-8:]}"
    level = sanitise(record.level or "-")
    # Lines after the first, a traceback's say, are indented: a record is then seen as one.
    message = sanitise(record.message.rstrip("\n"), lines=True).replace("\n", "\n    ")
    if coloured:
        where = click.style(sanitise(where), fg="cyan")
        level = click.style(level, fg=_LEVEL_COLOURS.get(level.upper()))
    else:
        where = sanitise(where)
    return f"{record.time:%Y-%m-%dT%H:%M:%S}.{record.time.microsecond // 1000:03d}Z {where} {level} {message}"
