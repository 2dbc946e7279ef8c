"""Endpoints: what a project answers, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aanad.cli.session import Session, pass_session, project_argument, session_options
from aanad.cli.tables import print_json, print_table

if TYPE_CHECKING:
    from aanad.wire.projects import Endpoint

_WORDS = {"application/json": "json", "application/x-ndjson": "stream", "application/octet-stream": "bytes"}


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
        ["NAME", "URL", "ANSWER", "LIMITS", "TAGS", "PARAMETERS", "SUMMARY"],
        [
            [
                one.name,
                one.url,
                _answer(one),
                _limits(one),
                " ".join(one.tags),
                _parameters(one),
                one.summary or "-",
            ]
            for one in listed
        ],
        empty=f"{project} has no endpoints.",
    )


def _answer(endpoint: Endpoint) -> str:
    """What comes back, in one word: json, stream, image, audio, video, or a media type."""
    if not endpoint.media_types:  # of a revision that was made before they were known
        return "stream" if endpoint.streaming else "json"
    first = endpoint.media_types[0]
    family, _, kind = first.partition(";")[0].partition("/")
    if first in _WORDS:
        word = _WORDS[first]
    elif family in {"image", "audio", "video"}:
        word = family
    else:
        word = f"{family}/{kind}"
    return f"{word} stream" if endpoint.streaming and word != "stream" else word


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
