"""Streams: server-sent events by Accept, bytes as they are made, and how each of them ends."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from aanad.sdk import AanaSDK, Endpoint
from aanad.serving.answers import streams
from aanad.serving.answers.streams import EventStream, StreamCut

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    ServeApp = Callable[..., Awaitable[httpx.AsyncClient]]

EVENTS = {"accept": "text/event-stream"}


class Sent:
    """What an ASGI application sent, as it came."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __call__(self, message: dict[str, Any]) -> None:
        """Send."""
        await self.messages.put(message)

    async def until(self, text: bytes) -> bytes:
        """What came up to and with the first body that has `text`."""
        seen = b""
        while text not in seen:
            seen += (await asyncio.wait_for(self.messages.get(), 5)).get("body", b"")
        return seen


async def test_chunks_are_numbered_events_by_accept(studio: httpx.AsyncClient) -> None:
    """The last event says that it is complete."""
    response = await studio.post("/count", json={"limit": 2}, headers=EVENTS)

    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["cache-control"] == "no-store"
    assert response.text == 'id: 1\ndata: "number 0"\n\nid: 2\ndata: "number 1"\n\nevent: end\ndata: {}\n\n'


async def test_an_empty_stream_of_events_ends_all_the_same(studio: httpx.AsyncClient) -> None:
    """With the event that says so."""
    response = await studio.post("/count", json={"limit": 0}, headers=EVENTS)

    assert (response.status_code, response.text) == (200, "event: end\ndata: {}\n\n")


@pytest.mark.parametrize("accept", ["application/x-ndjson", "*/*", "text/event-stream;q=0.5, application/*"])
async def test_lines_of_json_are_the_default(studio: httpx.AsyncClient, accept: str) -> None:
    """Events come only to whom wants them more."""
    response = await studio.post("/count", json={"limit": 1}, headers={"accept": accept})

    assert (response.headers["content-type"], response.text) == ("application/x-ndjson", '"number 0"\n')


async def test_an_error_in_the_middle_is_the_last_event(studio: httpx.AsyncClient) -> None:
    """It carries the problem, and no event `end` follows."""
    response = await studio.post("/count", json={"limit": 3, "fail_at": 1}, headers=EVENTS)

    first, last = response.text.strip().split("\n\n")
    assert first == 'id: 1\ndata: "number 0"'
    assert last.startswith('event: error\ndata: {"type":"about:blank"')
    assert '"code":"internal_error"' in last
    assert "secret" not in last


async def test_an_error_before_the_first_event_is_an_ordinary_problem(studio: httpx.AsyncClient) -> None:
    """The status can still say it."""
    response = await studio.post("/count", json={"limit": 3, "fail_at": 0}, headers=EVENTS)

    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")


async def test_each_line_of_the_data_is_marked() -> None:
    """However it ends; a reader joins them again by newlines."""
    sent = Sent()
    events = EventStream(sent)
    await events.chunk(b"one\r\ntwo\rthree\nfour")
    await events.end()

    assert await sent.until(b"\n\n") == b"id: 1\ndata: one\ndata: two\ndata: three\ndata: four\n\n"


async def test_comments_keep_a_silent_stream_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """They come even before the first event, and end with the stream."""
    monkeypatch.setattr(streams, "KEEP_ALIVE_S", 0.02)
    sent = Sent()
    events = EventStream(sent)

    assert await sent.until(b"\n\n") == b": still here\n\n"
    await events.chunk(b"1")
    assert (await sent.until(b": ")).startswith(b"id: 1\ndata: 1\n\n")
    await events.end()
    assert events._keeper.done()


async def test_a_stream_that_is_left_leaves_nothing_running(serve_app: ServeApp) -> None:
    """Cancelling the request closes the generator and the comments with it."""
    closed = asyncio.Event()

    class Endless(Endpoint):
        async def run(self) -> AsyncGenerator[int, None]:
            try:
                yield 1
                await asyncio.Event().wait()
            finally:
                closed.set()

    app = AanaSDK(name="demo")
    app.register_endpoint(name="it", path="/it", summary="It", endpoint_cls=Endless)
    transport: Any = (await serve_app(app))._transport
    headers = [(b"accept", b"text/event-stream")]
    scope = {"type": "http", "method": "POST", "path": "/p/it", "root_path": "/p", "headers": headers}
    sent = Sent()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    before = asyncio.all_tasks()
    request = asyncio.create_task(transport.app(scope, receive, sent))
    await sent.until(b"data: 1")
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request

    await asyncio.wait_for(closed.wait(), 5)
    assert asyncio.all_tasks() == before


async def test_a_plain_generator_keeps_its_thread(serve_app: ServeApp) -> None:
    """So it may read from a connection of sqlite3, which belongs to a thread, and many may at once."""

    class Rows(Endpoint):
        def run(self) -> Iterator[int]:
            with contextlib.closing(sqlite3.connect(":memory:")) as connection:
                connection.execute("create table numbers as select 1 as number union select 2 union select 3")
                for (number,) in connection.execute("select number from numbers order by number"):
                    yield number

    app = AanaSDK(name="demo")
    app.register_endpoint(name="rows", path="/rows", summary="Rows", endpoint_cls=Rows)
    client = await serve_app(app)
    answers = await asyncio.gather(*(client.post("/rows") for _ in range(20)))

    assert {answer.text for answer in answers} == {"1\n2\n3\n"}


async def test_bytes_are_sent_as_they_are_made(studio: httpx.AsyncClient) -> None:
    """Nothing is put between them."""
    response = await studio.post("/radio", json={"limit": 3})

    assert response.headers["content-type"] == "audio/mpeg"
    assert response.content == b"".join(bytes([number]) * 1000 for number in range(3))


async def test_bytes_that_fail_in_the_middle_do_not_end_well(studio: httpx.AsyncClient) -> None:
    """The connection is cut, as an ordinary end would pass for a complete answer."""
    with pytest.raises(StreamCut):
        await studio.post("/radio", json={"limit": 3, "fail_at": 2})


async def test_bytes_that_fail_at_once_are_an_ordinary_problem(studio: httpx.AsyncClient) -> None:
    """Nothing was sent yet."""
    response = await studio.post("/radio", json={"limit": 3, "fail_at": 0})

    assert (response.status_code, response.json()["code"]) == (500, "internal_error")


async def test_a_stream_of_bytes_that_yields_text_is_refused(serve_app: ServeApp) -> None:
    """Text has no bytes before somebody chose an encoding."""

    class Text(Endpoint):
        async def run(self) -> AsyncGenerator[bytes, None]:
            yield "text"  # type: ignore[misc]

    app = AanaSDK(name="demo")
    app.register_endpoint(name="it", path="/it", summary="It", endpoint_cls=Text)
    response = await (await serve_app(app)).post("/it")

    assert (response.status_code, response.json()["code"]) == (500, "invalid_result")
