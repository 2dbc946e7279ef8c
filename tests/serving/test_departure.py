"""A client leaves: Serve cancels the request's task, and everything that was done for it ends with it."""

# ruff: noqa: D102 - endpoints as their authors write them

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from aanad.sdk import AanaDeploymentHandle, AanaSDK, Endpoint, wiring
from aanad.serving.asgi import ProjectApp
from aanad.serving.local_handle import LocalHandle


class Model:
    """Notes when its calls begin and end."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()
        self.has_ended = asyncio.Event()

    async def value(self) -> int:
        """Never comes."""
        try:
            self.has_begun.set()
            await asyncio.Event().wait()
        finally:
            self.has_ended.set()
        return 1

    async def stream(self) -> AsyncGenerator[int, None]:
        """One item, and no more."""
        try:
            yield 0
            self.has_begun.set()
            await asyncio.Event().wait()
        finally:
            self.has_ended.set()


class Value(Endpoint):
    """One value of the model's."""

    async def initialize(self) -> None:
        self.model = await AanaDeploymentHandle.create("model")

    async def run(self) -> int:
        return await self.model.value()  # type: ignore[no-any-return]


class Stream(Value):
    """The model's items."""

    async def run(self) -> AsyncGenerator[int, None]:  # type: ignore[override]
        async for item in self.model.stream():
            yield item


class Plain(Value):
    """A plain generator, which blocks."""

    async def initialize(self) -> None:
        await super().initialize()
        self.loop = asyncio.get_running_loop()
        self.target = wiring.current().handles["model"]._target  # type: ignore[union-attr]

    def run(self) -> Iterator[int]:  # type: ignore[override]
        try:
            yield 0
            self.loop.call_soon_threadsafe(self.target.has_begun.set)
            while True:
                yield 1
        finally:
            self.loop.call_soon_threadsafe(self.target.has_ended.set)


Ask = Callable[[str], "asyncio.Task[None]"]


@pytest.fixture
async def model() -> Model:
    """Behind the endpoints."""
    return Model()


@pytest.fixture
async def ask(model: Model) -> AsyncIterator[tuple[Ask, list[Any]]]:
    """Send a request as Serve passes it on: its task, and the messages that were sent."""
    wiring.install(wiring.Wiring(project="left", handles={"model": LocalHandle(model)}, classes={"model": type(model)}))
    app = AanaSDK(name="left")
    app.register_endpoint("value", "/value", "One value", Value)
    app.register_endpoint("stream", "/stream", "Items", Stream)
    app.register_endpoint("plain", "/plain", "Items", Plain)
    project = ProjectApp(app)
    await project.initialize()
    sent: list[Any] = []

    def begin(path: str) -> asyncio.Task[None]:
        messages = iter([{"type": "http.request", "body": b"{}", "more_body": False}])

        async def receive() -> Any:
            for message in messages:
                return message
            return await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b""}
        return asyncio.ensure_future(project(scope, receive, send))

    yield begin, sent
    wiring.install(None)


@pytest.mark.parametrize(("path", "messages"), [("/value", 0), ("/stream", 2)])
async def test_the_deployment_s_work_ends_with_the_request(
    ask: tuple[Ask, list[Any]], model: Model, path: str, messages: int
) -> None:
    """Its ``finally`` has run when the request's task is over, and nothing more is sent."""
    begin, sent = ask
    request = begin(path)
    await asyncio.wait_for(model.has_begun.wait(), 5)
    request.cancel()

    with pytest.raises(asyncio.CancelledError):
        await request
    assert model.has_ended.is_set()
    assert len(sent) == messages


async def test_a_plain_generator_ends_after_its_item(ask: tuple[Ask, list[Any]], model: Model) -> None:
    """It blocks, so it cannot end at once; its ``finally`` runs all the same."""
    request = ask[0]("/plain")
    await asyncio.wait_for(model.has_begun.wait(), 5)
    request.cancel()

    with pytest.raises(asyncio.CancelledError):
        await request
    await asyncio.wait_for(model.has_ended.wait(), 5)
