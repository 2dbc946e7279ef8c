"""Asks a head over its REST API whether it is up."""

from __future__ import annotations

import asyncio
import http.client
import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_S = 2.0


class Answer(NamedTuple):
    """What a head that is up says of itself."""

    session_dir: str
    node_address: str


async def ask(dashboard_url: str, token_path: Path, *, session_dir: str | None = None) -> Answer | None:
    """What the head says of itself; None where any part of it does not answer yet.

    Args:
        dashboard_url: where its REST API listens.
        token_path: the cluster's token.
        session_dir: the session that must answer, where known.
    """
    try:
        return await asyncio.to_thread(_ask, dashboard_url, token_path, session_dir)
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        return None


def _ask(dashboard_url: str, token_path: Path, session_dir: str | None) -> Answer | None:
    address = urlsplit(dashboard_url)
    headers = {"Authorization": f"Bearer {token_path.read_text().strip()}"}
    connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=TIMEOUT_S)
    try:
        # Only this route asks gcs_server itself; the others may answer from what the dashboard remembers.
        _get(connection, "/api/gcs_healthz", headers)
        nodes = json.loads(_get(connection, "/nodes?view=summary", headers))["data"]["summary"]
    finally:
        connection.close()
    for node in nodes:
        raylet: dict[str, Any] = node["raylet"]
        if raylet.get("isHeadNode") and raylet.get("state") == "ALIVE":
            answer = Answer(session_dir=raylet["sessionDir"], node_address=raylet["nodeManagerAddress"])
            return answer if session_dir in {None, answer.session_dir} else None
    return None


def _get(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> bytes:
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    if response.status != http.HTTPStatus.OK:
        raise ValueError(f"{path} answered {response.status}")
    return body
