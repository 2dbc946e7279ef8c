"""How many replicas deployments have."""

from __future__ import annotations

import click

from aanad.cli.projects import standing
from aanad.cli.session import Session, pass_session, project_argument, session_options
from aanad.cli.waiting import finish, require_one_way_of_waiting, waiting_options

target_option = click.option(
    "--target-ongoing-requests",
    "target",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="Requests at once that a replica of a range should have; above it replicas are added.",
)


@click.command()
@project_argument
@click.argument("deployments", nargs=-1, required=True, metavar="DEPLOYMENT=N|MIN..MAX|reset...")
@target_option
@waiting_options
@session_options
@pass_session
def scale(
    session: Session,
    project: str,
    deployments: tuple[str, ...],
    target: float | None,
    timeout_s: float | None,
    *,
    detach: bool,
) -> None:
    """Set how many replicas deployments have; it survives a redeploy.

    \b
    aana scale lowercase lowercase_deployment=3       three
    aana scale lowercase lowercase_deployment=1..4    as many as the requests need
    aana scale lowercase lowercase_deployment=reset   as the project itself says
    """
    from aanad.client.scale_words import scale_request

    require_one_way_of_waiting(timeout_s, detach=detach)
    request = scale_request(deployments, target)
    with session.client() as client:
        finish(
            session,
            client,
            client.scale(project, request),
            timeout_s=timeout_s,
            detach=detach,
            outcome=lambda _: standing(client, project),
        )
