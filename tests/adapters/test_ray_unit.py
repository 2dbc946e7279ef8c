"""The daemon's client of the Ray unit: what travels over the socket, and what is said when nobody answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from aanad.adapters.ray_unit import RayUnitClient
from aanad.errors import ClusterUnavailable
from aanad.wire.manifest import LoadFailure, LoadResult
from aanad.wire.unit import EnvironmentResult

FAILURE = LoadFailure(code="environment_failed", message="No.", hint="Try again.")


def client(answer: Callable[[httpx.Request], httpx.Response]) -> RayUnitClient:
    return RayUnitClient(
        Path("/run/aana/ray.sock"),
        load_timeout_s=1,
        environment_timeout_s=1,
        transport=httpx.MockTransport(answer),
    )


async def test_requirements_travel_as_they_are() -> None:
    """Also what is not ASCII arrives whole, and a failed installation is an answer."""
    seen: list[httpx.Request] = []
    result = EnvironmentResult(id="0" * 16, failure=FAILURE, seconds=1.5)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text=result.model_dump_json())

    unit = client(answer)
    assert await unit.prepare("rich  # schön\n") == result
    await unit.close()

    [request] = seen
    assert (request.method, request.url.path) == ("POST", "/v1/environment")
    assert request.content.decode() == "rich  # schön\n"


async def test_secrets_travel_in_a_header_only(tmp_path: Path) -> None:
    """Neither the address nor the body of a load, which may be logged, holds a secret."""
    archive = tmp_path / "a.zip"
    archive.write_bytes(b"zip")
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text=LoadResult(failure=FAILURE).model_dump_json())

    unit = client(answer)
    await unit.load(archive, project="shout", app=None)
    await unit.load(archive, project="shout", app="app:x", environment="e" * 16, secrets={"TOKEN": "geheim ü"})
    await unit.close()

    plain, full = seen
    assert str(plain.url) == "http://ray-unit/v1/load?project=shout"
    assert "aana-secrets" not in plain.headers
    assert dict(full.url.params) == {"project": "shout", "app": "app:x", "environment": "e" * 16}
    assert json.loads(base64.b64decode(full.headers["aana-secrets"])) == {"TOKEN": "geheim ü"}
    assert "geheim" not in f"{full.url}{full.content.decode()}"


async def test_a_silent_unit_is_said() -> None:
    """Where the unit does not answer, every call says so with a hint."""

    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    unit = client(answer)
    with pytest.raises(ClusterUnavailable) as caught:
        await unit.prepare("rich\n")
    await unit.close()

    assert caught.value.hint
