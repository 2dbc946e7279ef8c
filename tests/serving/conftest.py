from __future__ import annotations

import importlib
import sys
import warnings
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from aanad.sdk.loading import find_app
from aanad.serving.testing import serving

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Ray's own, on import
    import ray.serve  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from types import ModuleType

    from aanad.sdk import AanaSDK
    from aanad.wire.requests import RequestRules

ROOT = Path(__file__).parent.parent.parent
TEST_PROJECTS = sorted(folder.name for folder in (ROOT / "tests" / "projects").iterdir() if folder.is_dir())
FOLDERS = {"lowercase": ROOT / "projects", **dict.fromkeys(TEST_PROJECTS, ROOT / "tests" / "projects")}


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


@pytest.fixture(params=sorted(FOLDERS))
def any_project(request: pytest.FixtureRequest) -> str:
    """The name of each project that is there for tests."""
    return str(request.param)


@pytest.fixture
async def serve_app() -> AsyncIterator[Callable[..., Awaitable[httpx.AsyncClient]]]:
    """Serve an app in process under the route prefix ``/p``, with local deployments: a client for it."""
    async with AsyncExitStack() as stack:

        async def serve(
            app: AanaSDK, deployments: dict[str, object] | None = None, rules: RequestRules | None = None
        ) -> httpx.AsyncClient:
            client = await stack.enter_async_context(serving(app, deployments or {}, route_prefix="/p", rules=rules))
            client.headers["x-request-id"] = "request-1"
            client.base_url = httpx.URL("http://box/p")
            return client

        yield serve


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


@pytest.fixture
def intake(
    serve_app: Callable[..., Awaitable[httpx.AsyncClient]], project_module: Callable[[str], ModuleType]
) -> Callable[..., Awaitable[httpx.AsyncClient]]:
    """Serve the intake project under some rules: a client for it."""
    project_module("intake.endpoints")

    async def serve(rules: RequestRules | None = None) -> httpx.AsyncClient:
        return await serve_app(find_app("intake")[1], rules=rules)

    return serve
