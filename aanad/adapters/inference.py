"""Test requests to a project's endpoints, passed through Serve's own port as any client's would be."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx

from aanad.errors import ClusterUnavailable
from aanad.wire.requests import PROBE_HEADER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CONNECT_TIMEOUT_S = 5.0
PROBE_TIMEOUT_S = 2.0


class InferenceClient:
    """Sends a request and hands over the answer as it arrives."""

    def __init__(self, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        timeout = httpx.Timeout(None, connect=CONNECT_TIMEOUT_S)
        self._base_url = base_url
        self._client = httpx.AsyncClient(timeout=timeout, trust_env=False, transport=transport)

    async def close(self) -> None:
        """Close idle connections."""
        await self._client.aclose()

    @asynccontextmanager
    async def post(
        self, url: str, *, headers: dict[str, str], body: AsyncIterator[bytes]
    ) -> AsyncIterator[httpx.Response]:
        """The answer's head; its body is read by the caller."""
        try:
            async with self._client.stream("POST", url, headers=headers, content=body) as response:
                yield response
        except httpx.ConnectError as error:
            raise ClusterUnavailable(
                f"Serve does not answer at {url}.", hint="Does the project run? aana ps", code="serve_unavailable"
            ) from error

    async def leads_to(self, prefix: str, project: str) -> bool:
        """Whether the page that every project has under its prefix is this project's."""
        try:
            answer = await self._client.get(
                f"{self._base_url}{prefix}/", headers={PROBE_HEADER: "1"}, timeout=PROBE_TIMEOUT_S
            )
            return answer.is_success and answer.json().get("project") == project
        except (httpx.HTTPError, ValueError, AttributeError):
            return False
