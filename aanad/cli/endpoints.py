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
        ["NAME", "URL", "STREAM", "LIMITS", "TAGS", "PARAMETERS", "SUMMARY"],
        [
            [
                one.name,
                one.url,
                "yes" if one.streaming else "",
                _limits(one),
                " ".join(one.tags),
                _parameters(one),
                one.summary or "-",
            ]
            for one in listed
        ],
        empty=f"{project} has no endpoints.",
    )


def _parameters(endpoint: Endpoint) -> str:
    """Names as a signature has them; those that may be left out in brackets."""
    schema = endpoint.request_schema
    required = schema.get("required", [])
    return " ".join(name if name in required else f"[{name}]" for name in schema.get("properties", {})) or "-"


def _limits(endpoint: Endpoint) -> str:
    """Seconds a request may take, and how many are worked on at once plus how many may wait: ``30 s, 2+8``."""
    found = [] if endpoint.timeout_s is None else [f"{endpoint.timeout_s:g} s"]
    if endpoint.max_concurrent is not None:
        waiting = "" if endpoint.max_queued is None else f"+{endpoint.max_queued}"
        found.append(f"{endpoint.max_concurrent}{waiting}")
    return ", ".join(found)
