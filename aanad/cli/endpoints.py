"""Endpoints: what a project answers, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aanad.cli.session import Session, pass_session, project_argument, session_options
from aanad.cli.tables import print_json, print_table

if TYPE_CHECKING:
    from aanad.wire.projects import Endpoint


@click.command()
@project_argument
@session_options
@pass_session
def endpoints(session: Session, project: str) -> None:
    """List a project's endpoints with their parameters."""
    with session.client() as client:
        listed = client.endpoints(project)
    if session.is_json:
        print_json(listed)
        return
    print_table(
        ["NAME", "URL", "STREAM", "PARAMETERS", "SUMMARY"],
        [[one.name, one.url, "yes" if one.streaming else "", _parameters(one), one.summary or "-"] for one in listed],
        empty=f"{project} has no endpoints.",
    )


def _parameters(endpoint: Endpoint) -> str:
    """Names as a signature has them; those that may be left out in brackets."""
    schema = endpoint.request_schema
    required = schema.get("required", [])
    return " ".join(name if name in required else f"[{name}]" for name in schema.get("properties", {})) or "-"
