"""What becomes of a request that takes longer than its endpoint allows."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from aanad.sdk import AanaDeploymentHandle, AanaSDK, Endpoint

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    ServeApp = Callable[..., Awaitable[httpx.AsyncClient]]

MESSAGE = "Endpoint it did not finish within 0.05 s."


def app_with(endpoint_cls: type[Endpoint], **options: Any) -> AanaSDK:
    app = AanaSDK(name="demo")
    app.register_endpoint(
        name="it", path="/it", summary="It", endpoint_cls=endpoint_cls, **{"timeout_s": 0.05} | options
    )
    return app


async def test_a_request_that_takes_too_long_is_cancelled_and_answered(serve_app: ServeApp) -> None:
    """504 with a code of its own; the work sees its cancellation."""
    cancelled = asyncio.Event()

    class Endless(Endpoint):
        async def run(self) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise

    client = await serve_app(app_with(Endless))
    response = await client.post("/it")

    assert cancelled.is_set()
    assert response.status_code == 504
    problem = response.json()
    assert (problem["code"], problem["message"]) == ("endpoint_timeout", MESSAGE)
    assert problem["hint"]
    assert problem["request_id"] == "request-1"


async def test_the_work_of_a_deployment_is_cancelled_with_it(serve_app: ServeApp) -> None:
    """Through the handle, down to the method."""
    cancelled = asyncio.Event()

    class Model:
        async def think(self) -> str:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            return "never"

    class Asks(Endpoint):
        async def initialize(self) -> None:
            self.model = await AanaDeploymentHandle.create("model")

        async def run(self) -> str:
            answer: str = await self.model.think()
            return answer

    client = await serve_app(app_with(Asks), {"model": Model()})

    assert (await client.post("/it")).json()["code"] == "endpoint_timeout"
    await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_stream_that_takes_too_long_ends_with_a_marked_line(serve_app: ServeApp) -> None:
    """The status has gone out; the last line has the same problem, and the generator is closed."""
    closed = asyncio.Event()

    class Trickle(Endpoint):
        async def run(self) -> AsyncGenerator[int, None]:
            try:
                yield 1
                await asyncio.Event().wait()
                yield 2
            finally:
                closed.set()

    client = await serve_app(app_with(Trickle))
    response = await client.post("/it")

    assert closed.is_set()
    lines = [json.loads(line) for line in response.text.splitlines()]
    assert (response.status_code, lines[0], len(lines)) == (200, 1, 2)
    assert (lines[1]["error"]["code"], lines[1]["error"]["status"]) == ("endpoint_timeout", 504)


async def test_a_stream_without_a_first_chunk_in_time_is_an_ordinary_504(serve_app: ServeApp) -> None:
    """Nothing was sent yet."""

    class Late(Endpoint):
        async def run(self) -> AsyncGenerator[int, None]:
            await asyncio.Event().wait()
            yield 1

    client = await serve_app(app_with(Late))
    response = await client.post("/it")

    assert (response.status_code, response.json()["code"]) == (504, "endpoint_timeout")


async def test_a_client_that_reads_too_slowly_does_not_keep_a_stream_open(serve_app: ServeApp) -> None:
    """The time covers sending as well."""
    closed = asyncio.Event()

    class Endless(Endpoint):
        async def run(self) -> AsyncGenerator[int, None]:
            try:
                while True:
                    yield 1
            finally:
                closed.set()

    client = await serve_app(app_with(Endless))
    transport: Any = client._transport

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body" and message.get("more_body"):
            await asyncio.Event().wait()

    scope = {"type": "http", "method": "POST", "path": "/p/it", "root_path": "/p", "headers": []}
    await asyncio.wait_for(transport.app(scope, receive, send), 5)

    assert closed.is_set()


async def test_waiting_for_a_place_counts(serve_app: ServeApp) -> None:
    """A request that never got its turn is answered, and leaves the queue."""
    gate = threading.Event()
    calls = []

    class Blocks(Endpoint):
        def run(self) -> None:
            calls.append(1)
            assert gate.wait(10)

    client = await serve_app(app_with(Blocks, max_concurrent=1))
    responses = await asyncio.gather(*(client.post("/it") for _ in range(3)))
    gate.set()

    assert [response.json()["code"] for response in responses] == ["endpoint_timeout"] * 3
    assert calls == [1]


async def test_a_plain_run_is_answered_in_time_though_its_thread_runs_on(serve_app: ServeApp) -> None:
    """A thread cannot be stopped; the client does not wait for it."""
    gate = threading.Event()
    done = threading.Event()

    class Blocks(Endpoint):
        def run(self) -> None:
            assert gate.wait(10)
            done.set()

    client = await serve_app(app_with(Blocks))
    response = await client.post("/it")

    assert (response.status_code, done.is_set()) == (504, False)
    gate.set()
    assert done.wait(5)


async def test_an_answer_in_time_is_left_alone(serve_app: ServeApp) -> None:
    """Values and streams."""

    class Quick(Endpoint):
        async def run(self) -> str:
            return "quick"

    class Stream(Endpoint):
        async def run(self) -> AsyncGenerator[int, None]:
            yield 1

    app = app_with(Quick, timeout_s=60)
    app.register_endpoint(name="stream", path="/stream", summary="Stream", endpoint_cls=Stream, timeout_s=60)
    client = await serve_app(app)

    assert (await client.post("/it")).json() == "quick"
    assert (await client.post("/stream")).text == "1\n"


async def test_a_timeout_of_the_authors_own_is_not_the_endpoints(serve_app: ServeApp) -> None:
    """It is an unexpected error like any other."""

    class Raises(Endpoint):
        async def run(self) -> None:
            raise TimeoutError("a socket")

    client = await serve_app(app_with(Raises, timeout_s=60))

    assert (await client.post("/it")).json()["code"] == "internal_error"


async def test_what_an_author_makes_of_the_cancellation_does_not_matter(serve_app: ServeApp) -> None:
    """The answer is 504 all the same."""

    class Stubborn(Endpoint):
        async def run(self) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise RuntimeError("cannot be cancelled") from None

    client = await serve_app(app_with(Stubborn))

    assert (await client.post("/it")).json()["code"] == "endpoint_timeout"
