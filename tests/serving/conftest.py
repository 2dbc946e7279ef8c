from __future__ import annotations

import importlib
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from aanad.sdk import wiring
from aanad.sdk.loading import find_app
from aanad.serving.asgi import ProjectApp

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Ray's own, on import
    import ray.serve  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from types import ModuleType
    from typing import Any

    from aanad.sdk import AanaSDK

ROOT = Path(__file__).parent.parent.parent
FOLDERS = {
    "lowercase": ROOT / "projects",
    "playground": ROOT / "tests" / "projects",
    "studio": ROOT / "tests" / "projects",
}


class LocalHandle:
    """Has the shape of Serve's handle; calls an object of the deployment's class in this process."""

    def __init__(self, target: object, method: str = "__call__") -> None:
        self._target, self._method = target, method

    def options(self, *, method_name: str, stream: bool = False) -> LocalHandle:
        """Another method."""
        return LocalHandle(self._target, method_name)

    def remote(self, *args: Any) -> Any:
        """Call it: a coroutine or an async generator."""
        method = getattr(self._target, self._method)
        result = method(*args)
        if hasattr(result, "__await__") or hasattr(result, "__anext__"):
            return result

        async def value() -> Any:
            return result

        return value()


@pytest.fixture
def project_module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Import a module of one of the repository's projects, as a replica would."""
    before = set(sys.modules)
    for folder in FOLDERS.values():
        monkeypatch.syspath_prepend(str(folder))
    yield importlib.import_module
    for module in set(sys.modules) - before:
        if module.partition(".")[0] in FOLDERS:
            del sys.modules[module]


@pytest.fixture
async def serve_app() -> AsyncIterator[Callable[..., Awaitable[httpx.AsyncClient]]]:
    """Serve an app in process under the route prefix ``/p``, with local deployments: a client for it."""
    clients: list[httpx.AsyncClient] = []

    async def serve(app: AanaSDK, deployments: dict[str, object] | None = None) -> httpx.AsyncClient:
        targets = deployments or {}
        wiring.install(
            wiring.Wiring(
                project=app.name,
                handles={name: LocalHandle(target) for name, target in targets.items()},
                classes={name: type(target) for name, target in targets.items()},
            )
        )
        project = ProjectApp(app)
        await project.initialize()

        async def with_serve_s_request_id(scope: Any, receive: Any, send: Any) -> None:
            scope["headers"] = [*scope["headers"], (b"x-request-id", b"request-1")]
            await project(scope, receive, send)

        transport = httpx.ASGITransport(app=with_serve_s_request_id, root_path="/p")
        client = httpx.AsyncClient(transport=transport, base_url="http://box/p")
        clients.append(client)
        return client

    yield serve
    for client in clients:
        await client.aclose()
    wiring.install(None)


@pytest.fixture
async def lowercase(
    serve_app: Callable[..., Awaitable[httpx.AsyncClient]], project_module: Callable[[str], ModuleType]
) -> httpx.AsyncClient:
    """The lowercase project."""
    deployments = project_module("lowercase.deployments")
    return await serve_app(find_app("lowercase")[1], {"lowercase_deployment": deployments.Lowercase.func_or_class()})


@pytest.fixture
async def playground(
    serve_app: Callable[..., Awaitable[httpx.AsyncClient]], project_module: Callable[[str], ModuleType]
) -> httpx.AsyncClient:
    """The playground project."""
    deployments = project_module("playground.deployments")
    worker = deployments.Worker.func_or_class()
    await worker.reconfigure({"greeting": "hello"})
    counter = deployments.Counter.func_or_class()
    return await serve_app(find_app("playground")[1], {"counter": counter, "worker": worker})


@pytest.fixture
async def studio(
    serve_app: Callable[..., Awaitable[httpx.AsyncClient]], project_module: Callable[[str], ModuleType]
) -> httpx.AsyncClient:
    """The studio project: an endpoint for each kind of answer."""
    project_module("studio.endpoints")
    return await serve_app(find_app("studio")[1])
