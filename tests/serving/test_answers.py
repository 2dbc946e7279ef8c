"""What a client gets back: values, streams, and errors that give nothing away."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Any

import pytest

from aanad import errors
from aanad.sdk import AanaSDK, Endpoint

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    ServeApp = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture(autouse=True)
def serve_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve's logger does not propagate; pytest listens at the root."""
    monkeypatch.setattr(logging.getLogger("ray.serve"), "propagate", True)


def app_with(endpoint_cls: type[Endpoint]) -> AanaSDK:
    app = AanaSDK(name="demo")
    app.register_endpoint(name="it", path="/it", summary="It", endpoint_cls=endpoint_cls)
    return app


async def test_a_plain_run_does_not_hold_up_the_others(serve_app: ServeApp) -> None:
    """A run that blocks runs in a thread of its own."""

    class Blocking(Endpoint):
        def run(self, seconds: float) -> float:
            time.sleep(seconds)
            return seconds

    client = await serve_app(app_with(Blocking))
    begun = time.monotonic()
    responses = await asyncio.gather(*(client.post("/it", json={"seconds": 0.2}) for _ in range(3)))

    assert [response.json() for response in responses] == [0.2, 0.2, 0.2]
    assert time.monotonic() - begun < 0.55


async def test_initialize_runs_once_before_the_first_request(serve_app: ServeApp) -> None:
    """A plain `def initialize` works as well."""
    calls = []

    class Ready(Endpoint):
        def initialize(self) -> None:  # type: ignore[override]
            calls.append("initialize")

        async def run(self) -> int:
            return len(calls)

    client = await serve_app(app_with(Ready))

    assert [(await client.post("/it")).json() for _ in range(2)] == [1, 1]


async def test_an_unexpected_error_stays_in_the_log(
    playground: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The client gets the request's id; the log has the traceback under it."""
    response = await playground.post("/fail", json={"message": "secret: the password"})

    assert response.status_code == 500
    assert response.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "code": "internal_error",
        "message": "Endpoint fail failed.",
        "hint": "The project's log has the reason, under this request id.",
        "request_id": "request-1",
        "errors": [],
    }
    assert "Endpoint fail failed (request request-1)" in caplog.text
    assert "RuntimeError: secret: the password" in caplog.text


async def test_a_result_that_does_not_fit_is_a_server_error(
    playground: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Its detail is in the log only."""
    response = await playground.post("/wrong", json={})

    assert (response.status_code, response.json()["code"]) == (500, "invalid_result")
    assert response.json()["request_id"] == "request-1"
    assert "secret" not in response.text
    assert "secret" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InvalidInput("No."), 400, "invalid_input"),
        (errors.NotFound("No.", code="no_speaker"), 404, "no_speaker"),
        (errors.Refused("No."), 409, "conflict"),
        (errors.TimedOut("No."), 504, "timeout"),
        (errors.Unavailable("No."), 503, "unavailable"),
        (errors.Failed("No."), 500, "failed"),
        (errors.AanaError("No."), 500, "internal_error"),
    ],
)
async def test_an_error_raised_on_purpose_speaks_for_itself(
    serve_app: ServeApp, error: errors.AanaError, status: int, code: str
) -> None:
    """Its message, code and hint reach the client with the right status."""
    error.hint = "Try harder."

    class Raises(Endpoint):
        async def run(self) -> None:
            raise error

    client = await serve_app(app_with(Raises))
    problem = (await client.post("/it")).json()

    assert (problem["status"], problem["code"]) == (status, code)
    assert (problem["message"], problem["hint"]) == ("No.", "Try harder.")


async def test_a_deployment_s_own_error_reaches_the_client(playground: httpx.AsyncClient) -> None:
    """From the deployment through the endpoint."""
    response = await playground.post("/missing", json={"name": "Bob"})

    assert (response.status_code, response.json()["code"]) == (404, "nothing_found")
    assert response.json()["message"] == "There is no Bob."


async def test_a_stream_is_one_json_document_a_line(playground: httpx.AsyncClient) -> None:
    """Sent as NDJSON."""
    response = await playground.post("/count", json={"limit": 3})

    assert response.headers["content-type"] == "application/x-ndjson"
    assert response.content == b'{"number":0}\n{"number":1}\n{"number":2}\n'


async def test_an_empty_stream_is_an_empty_answer(playground: httpx.AsyncClient) -> None:
    """With its status and media type."""
    response = await playground.post("/count", json={"limit": 0})

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "application/x-ndjson"


async def test_an_error_before_the_first_chunk_is_an_ordinary_problem(playground: httpx.AsyncClient) -> None:
    """Nothing was sent yet, so the status can say it."""
    response = await playground.post("/count", json={"limit": 3, "fail_at": 0})

    assert (response.status_code, response.json()["code"]) == (500, "internal_error")


async def test_an_error_in_the_middle_is_a_marked_last_line(playground: httpx.AsyncClient) -> None:
    """The status has gone out; the line says so instead."""
    response = await playground.post("/count", json={"limit": 3, "fail_at": 2})

    lines = [json.loads(line) for line in response.text.splitlines()]
    assert response.status_code == 200
    assert lines[:2] == [{"number": 0}, {"number": 1}]
    assert lines[2]["error"]["code"] == "internal_error"
    assert lines[2]["error"]["request_id"] == "request-1"
    assert "secret" not in response.text


async def test_a_chunk_that_does_not_fit_ends_the_stream(serve_app: ServeApp) -> None:
    """Each chunk is checked like any result; the generator is closed."""
    closed = []

    class Mixed(Endpoint):
        async def run(self) -> AsyncGenerator[int, None]:
            try:
                yield 1
                yield "two"  # type: ignore[misc]
                yield 3
            finally:
                closed.append(True)

    client = await serve_app(app_with(Mixed))
    lines = (await client.post("/it")).text.splitlines()

    assert lines[0] == "1"
    assert json.loads(lines[1])["error"]["code"] == "invalid_result"
    assert (len(lines), closed) == (2, [True])


async def test_a_plain_generator_streams_from_a_thread(serve_app: ServeApp) -> None:
    """So it may block between its chunks."""

    class Plain(Endpoint):
        def run(self, limit: int) -> Generator[int, None, None]:
            for number in range(limit):
                time.sleep(0.001)
                yield number

    client = await serve_app(app_with(Plain))

    assert (await client.post("/it", json={"limit": 3})).text == "0\n1\n2\n"


async def test_each_chunk_is_sent_when_it_is_made(serve_app: ServeApp) -> None:
    """A client sees the first before the second exists."""
    seen: asyncio.Queue[bytes] = asyncio.Queue()

    class Dialogue(Endpoint):
        async def run(self) -> AsyncGenerator[str, None]:
            yield "question"
            assert b"question" in await asyncio.wait_for(seen.get(), 5)
            yield "answer"

    client = await serve_app(app_with(Dialogue))
    transport: Any = client._transport

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            await seen.put(message["body"])

    scope = {"type": "http", "method": "POST", "path": "/p/it", "root_path": "/p", "headers": []}
    await asyncio.wait_for(transport.app(scope, receive, send), 5)

    assert [seen.get_nowait() for _ in range(seen.qsize())] == [b'"answer"\n', b""]
