"""Replicas: the processes that serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aanad.cli.following import Table, follow_options, show_table
from aanad.cli.replica_cells import replica_cells
from aanad.cli.session import Session, pass_session, project_names, session_options
from aanad.cli.tables import age

if TYPE_CHECKING:
    from aanad.wire.projects import Replica


@click.command()
@click.argument("project", required=False, shell_complete=project_names)
@follow_options
@session_options
@pass_session
def replicas(session: Session, project: str | None, delay_s: float, *, follow: bool) -> None:
    """List the replicas of one project, or of all."""
    table = Table(
        [
            *("ID", "PROJECT", "DEPLOYMENT", "PHASE", "NODE", "PID", "GPUS", "GPU-MEMORY", "RSS", "RESTARTS", "AGE"),
            *("LAST-EXIT", "REASON", "MESSAGE"),
        ],
        _row,
        empty=f"{project} has no replicas." if project else "No replicas: nothing runs.",
    )
    with session.client() as client:
        show_table(session, lambda: client.replicas(project), table, follow=follow, delay_s=delay_s)


def _row(replica: Replica) -> list[str]:
    return [
        *replica_cells(replica),
        f"{replica.last_exit.kind} {age(replica.last_exit.at)} ago" if replica.last_exit else "-",
        replica.reason or "-",
        f"{replica.message} {replica.hint}".strip() if replica.phase != "running" else "",
    ]
