"""The control API over the core on fakes, driven in process."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn

from aanad.adapters.logs.reader import LogFiles
from aanad.api import server
from aanad.api.app import create_app
from aanad.api.services import Services
from aanad.core import topics
from aanad.core.access import AccessRules
from aanad.core.broadcasting import Broadcasting
from aanad.core.logs import Logs
from aanad.core.status import DaemonStatus
from aanad.core.watch import WatchHub
from aanad.wire.access import Role
from aanad.wire.base import WireModel
from tests.core.conftest import Box, make_box
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.store import MemoryStore


class EchoEndpoint:
    """An endpoint that answers with what it got."""

    @asynccontextmanager
    async def post(self, url: str, *, headers: dict[str, str], body: AsyncIterator[bytes]):
        """The answer."""
        content = b"".join([chunk async for chunk in body])
        request = httpx.Request("POST", url)
        yield httpx.Response(
            201,
            headers={"content-type": headers.get("content-type", ""), "x-secret": "no", "x-request-id": "r1"},
            stream=_Stream([url.encode(), b"|", content]),
            request=request,
        )


@dataclass(frozen=True)
class Packed:
    """A packed folder."""

    name: str
    app: str | None = None
    git_commit: str | None = "abcdef0"

    async def chunks(self) -> AsyncIterator[bytes]:
        """As the fake archives want it."""
        yield f"{self.name}\nv1".encode()


class OneFolder:
    """Every path is the project asr."""

    async def pack(self, path: str) -> Packed:
        """Pack it."""
        return Packed("asr")


class _Stream(httpx.AsyncByteStream):
    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


@pytest.fixture
def box() -> Box:
    """A box with Ray up and no projects."""
    return make_box(MemoryStore(), FakeCluster(), FakeClock())


@pytest.fixture
def log_folder(tmp_path: Path) -> Path:
    """The log folder of Ray's session, with no files in it."""
    (tmp_path / "serve").mkdir()
    return tmp_path


@pytest.fixture
def peer() -> dict[str, str | int]:
    """Who asks; ann with root's number unless the test says otherwise."""
    return {"aana.actor": "ann", "aana.uid": 0}


@pytest.fixture
def hub() -> WatchHub:
    """What watches read from."""
    return WatchHub()


@pytest.fixture
def measured() -> dict[str, WireModel]:
    """What is measured: the topic ``gpus`` of watches."""
    return {}


@pytest.fixture
def services(box: Box, hub: WatchHub, measured: dict[str, WireModel], log_folder: Path) -> Services:
    """The core of the box."""
    status = DaemonStatus(
        store=box.store,
        overview=box.overview,
        observation=box.observation,
        clock=box.clock,
        socket="/run/aanad.sock",
        serve_url="http://box:8000",
        state_dir="/state",
        database_url="sqlite://",
        ray_mode="managed",
    )

    async def measure() -> dict[str, WireModel]:
        return measured

    broadcasting = Broadcasting(
        hub,
        topics.sources(
            overview=box.overview,
            operations=box.operations,
            events=box.events,
            status=status,
            requests=box.requests,
            hardware=box.hardware,
        )
        | {"gpus": measure},
        each_second=topics.NUMBERS,
    )
    box.operations.when_changed = lambda: broadcasting.wake("operations")
    box.events.when_recorded = lambda: broadcasting.wake("events")
    box.reconciler.when_seen = lambda: broadcasting.wake(*topics.SEEN_BY_THE_RECONCILER)
    return Services(
        access=AccessRules(os.geteuid(), {"vera": Role.VIEWER}),
        commands=box.commands,
        deploy=box.deploys,
        cancelling=box.cancelling,
        plans=box.plans,
        revisions=box.revisions,
        secrets=box.secret_changes,
        operations=box.operations,
        overview=box.overview,
        events=box.events,
        logs=Logs(
            store=box.store, secrets=box.secrets, observation=box.observation, reader=LogFiles(lambda: log_folder)
        ),
        requests=box.requests,
        broadcasting=broadcasting,
        hardware=box.hardware,
        status=status,
        inference=EchoEndpoint(),
        packing=OneFolder(),
    )


@pytest.fixture
async def api(services: Services, peer: dict[str, str | int]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API."""
    app = create_app(services)

    async def as_user(scope, receive, send) -> None:
        """As the listener does for whoever is at the other end of the socket."""
        await app({**scope, **peer}, receive, send)

    transport = httpx.ASGITransport(app=as_user, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://aanad") as client:
        yield client


@pytest.fixture
def web(services: Services) -> uvicorn.Server:
    """The server of the API."""
    return server.server(create_app(services))


@pytest.fixture
async def served(services: Services, web: uvicorn.Server) -> AsyncIterator[Path]:
    """The API on a real server and what feeds its watches, in this test's loop; gives the socket."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    socket = folder / "aanad.sock"
    listener = server.bind(socket)
    feeding = asyncio.create_task(services.broadcasting.run())
    serving = asyncio.create_task(web.serve(sockets=[listener]))
    while not web.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield socket
    services.broadcasting.stop()
    web.should_exit = True
    await serving
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)
    listener.close()
    shutil.rmtree(folder)
