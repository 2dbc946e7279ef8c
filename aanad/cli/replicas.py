"""Replicas: the processes that serve."""

from __future__ import annotations

import click

from aanad.cli.session import Session, pass_session, project_names, session_options
from aanad.cli.tables import age, print_json, print_table, size


@click.command()
@click.argument("project", required=False, shell_complete=project_names)
@session_options
@pass_session
def replicas(session: Session, project: str | None) -> None:
    """List the replicas of one project, or of all."""
    with session.client() as client:
        listed = client.replicas(project)
    if session.is_json:
        print_json(listed)
        return
    print_table(
        [
            *("ID", "PROJECT", "DEPLOYMENT", "PHASE", "NODE", "PID", "GPUS", "GPU-MEMORY", "RSS", "RESTARTS", "AGE"),
            *("REASON", "MESSAGE"),
        ],
        [
            [
                replica.id,
                replica.project,
                replica.deployment,
                replica.phase,
                replica.node,
                str(replica.pid or "-"),
                ",".join(map(str, replica.gpus)) or "-",
                size(replica.gpu_memory_bytes),
                size(replica.rss_bytes),
                str(replica.restarts),
                age(replica.started_at),
                replica.reason or "-",
                f"{replica.message} {replica.hint}".strip() if replica.phase != "running" else "",
            ]
            for replica in listed
        ],
        empty=f"{project} has no replicas." if project else "No replicas: nothing runs.",
    )
