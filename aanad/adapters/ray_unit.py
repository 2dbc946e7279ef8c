"""The Ray unit over its Unix socket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
from pydantic import ValidationError

from aanad.errors import ClusterUnavailable, Failed
from aanad.wire.manifest import LoadResult
from aanad.wire.unit import UnitStatus

if TYPE_CHECKING:
    from pathlib import Path

STATUS_TIMEOUT_S = 3.0
LOAD_SLACK_S = 120.0
"""Beyond the unit's own limit: a load may wait for others before it."""


class RayUnitClient:
    """The unit's two calls."""

    def __init__(
        self, socket: Path, *, load_timeout_s: float, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._socket = socket
        self._load_timeout_s = load_timeout_s + LOAD_SLACK_S
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

    async def load(self, archive: Path, *, project: str, app: str | None) -> LoadResult:
        """Import a project in a process of its own and say what is in it."""
        params = {"project": project} | ({"app": app} if app else {})
        try:
            content = await asyncio.to_thread(archive.read_bytes)
        except OSError as error:
            raise Failed(f"The archive cannot be read: {error.strerror}.", code="archive_missing") from error
        try:
            response = await self._client.post(
                "/v1/load",
                params=params,
                content=content,
                headers={"content-type": "application/zip"},
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
