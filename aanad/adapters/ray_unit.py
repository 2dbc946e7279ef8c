"""The Ray unit over its Unix socket."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING

import httpx
from pydantic import ValidationError

from aanad.errors import ClusterUnavailable, Failed
from aanad.wire.manifest import LoadResult
from aanad.wire.unit import EnvironmentResult, UnitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STATUS_TIMEOUT_S = 3.0
SLACK_S = 120.0
"""Beyond the unit's own limits: a load may wait for others before it."""


class RayUnitClient:
    """The unit's three calls."""

    def __init__(
        self,
        socket: Path,
        *,
        load_timeout_s: float,
        environment_timeout_s: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._socket = socket
        self._load_timeout_s = load_timeout_s + SLACK_S
        # The unit installs one at a time, so another's whole installation may come first.
        self._environment_timeout_s = 2 * environment_timeout_s + SLACK_S
        self._client = httpx.AsyncClient(
            base_url="http://ray-unit",
            timeout=STATUS_TIMEOUT_S,
            transport=transport or httpx.AsyncHTTPTransport(uds=str(socket)),
        )

    async def close(self) -> None:
        """Close idle connections."""
        await self._client.aclose()

    async def status(self) -> UnitStatus:
        """How the unit and its head are."""
        try:
            response = await self._client.get("/v1/unit")
            response.raise_for_status()
            return UnitStatus.model_validate_json(response.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise self._unavailable(error) from error

    async def prepare(self, requirements: str) -> EnvironmentResult:
        """Install what a ``requirements.txt`` names into an environment of its own; the same text, the same one."""
        try:
            response = await self._client.post(
                "/v1/environment",
                content=requirements.encode(),
                headers={"content-type": "text/plain; charset=utf-8"},
                timeout=httpx.Timeout(self._environment_timeout_s, connect=STATUS_TIMEOUT_S),
            )
            response.raise_for_status()
            return EnvironmentResult.model_validate_json(response.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise self._unavailable(error) from error

    async def load(
        self,
        archive: Path,
        *,
        project: str,
        app: str | None,
        environment: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> LoadResult:
        """Import a project in a process of its own and say what is in it."""
        given = {"project": project, "app": app, "environment": environment}
        headers = {"content-type": "application/zip"}
        if secrets:
            headers["aana-secrets"] = base64.b64encode(json.dumps(dict(secrets)).encode()).decode()
        try:
            content = await asyncio.to_thread(archive.read_bytes)
        except OSError as error:
            raise Failed(f"The archive cannot be read: {error.strerror}.", code="archive_missing") from error
        try:
            response = await self._client.post(
                "/v1/load",
                params={name: value for name, value in given.items() if value},
                content=content,
                headers=headers,
                timeout=httpx.Timeout(self._load_timeout_s, connect=STATUS_TIMEOUT_S),
            )
            response.raise_for_status()
            return LoadResult.model_validate_json(response.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> ClusterUnavailable:
        return ClusterUnavailable(
            f"The Ray unit does not answer on {self._socket} ({type(error).__name__}).",
            hint="A daemon in a terminal starts it by itself; under systemd: systemctl status aana-ray.",
        )
