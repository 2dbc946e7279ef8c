"""Each request is counted once, under its endpoint and the status that its client saw."""

# ruff: noqa: D101, D102 - endpoints as their author writes them

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from starlette.responses import PlainTextResponse

from aanad.errors import Unavailable
from aanad.sdk import AanaSDK, Endpoint
from aanad.sdk.counts import Counts
from aanad.serving.asgi import ProjectApp
from aanad.serving.in_process import InProcessTransport
from aanad.wire.requests import PROBE_HEADER, RequestRules

router = APIRouter()


@router.get("/fine")
async def fine() -> str:
    return "fine"


@router.get("/crash")
async def crash() -> None:
    raise RuntimeError("secret")


async def breaks(scope: Any, receive: Any, send: Any) -> None:
    """An application that fails in the middle of its answer."""
    if scope["type"] != "http":
        return
    if scope["path"].endswith("/whole"):
        await PlainTextResponse("whole")(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise RuntimeError("secret")


class Echo(Endpoint):
    async def run(self, text: str) -> str:
        return text


class Fail(Endpoint):
    async def run(self, how: str) -> str:
        if how == "unavailable":
            raise Unavailable("Later.", code="later")
        raise RuntimeError("secret")


class Wait(Endpoint):
    """Waits until somebody lets it go."""

    async def initialize(self) -> None:
        self.go = asyncio.Event()
        going.append(self.go)

    async def run(self) -> str:
        await self.go.wait()
        return "gone"


class Lines(Endpoint):
    async def run(self, count: int, fail_at: int | None = None) -> AsyncGenerator[int, None]:
        for number in range(count):
            if number == fail_at:
                raise RuntimeError("secret")
            yield number
            await asyncio.sleep(0)


class Octets(Endpoint):
    async def run(self, fail: bool = False) -> AsyncGenerator[bytes, None]:
        yield b"some"
        if fail:
            raise RuntimeError("secret")


going: list[asyncio.Event] = []


class Served:
    """A project in process, with its counts."""

    def __init__(self, app: ProjectApp, client: httpx.AsyncClient) -> None:
        self.app = app
        self.client = client

    def counted(self) -> dict[str, dict[str, int]]:
        """Requests by endpoint and status."""
        return {name: series["outcomes"] for name, series in self.document().items() if series["outcomes"]}

    def document(self) -> dict[str, Any]:
        """All series that were used."""
        found: dict[str, Any] = self.app.counts.document()["endpoints"]
        return found


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """A project with an endpoint and a router for each way a request can go."""
    going.clear()
    app = AanaSDK(name="counted")
    for endpoint in (Echo, Fail, Lines, Octets):
        name = endpoint.__name__.lower()
        app.register_endpoint(name=name, path=f"/{name}", summary=name, endpoint_cls=endpoint)
    app.register_endpoint(name="wait", path="/wait", summary="wait", endpoint_cls=Wait, max_concurrent=1, max_queued=1)
    app.register_router(router, prefix="/house")
    app.register_router(breaks, prefix="/shed")
    project = ProjectApp(app, Counts())
    await project.initialize()
    transport = InProcessTransport(project, "/p")
    async with httpx.AsyncClient(transport=transport, base_url="http://box/p") as client:
        yield Served(project, client)
    await project.close()


async def test_each_status_of_an_endpoint(served: Served) -> None:
    """Well answered, refused, failed: all under its name, other methods of its path too."""
    for body in ({"text": "a"}, {"text": "b"}, {"text": 1}):
        await served.client.post("/echo", json=body)
    await served.client.post("/echo", content=b"{")
    await served.client.get("/echo")
    await served.client.options("/echo")
    await served.client.post("/fail", json={"how": "crash"})
    await served.client.post("/fail", json={"how": "unavailable"})

    assert served.counted() == {
        "echo": {"200": 2, "422": 1, "400": 1, "405": 1, "204": 1},
        "fail": {"500": 1, "503": 1},
    }
    echo = served.document()["echo"]
    assert sum(echo["buckets"].values()) == 6
    assert echo["sum_s"] > 0
    assert echo["ongoing"] == 0


async def test_what_is_no_endpoint_has_names_that_none_can_have(served: Served) -> None:
    """Pages, routers by their prefix, and paths that lead nowhere."""
    for path in ("/", "/docs", "/openapi.json", "/nowhere", "/house/fine", "/house/nowhere", "/shed/whole"):
        await served.client.get(path)
    await served.client.head("/docs")
    await served.client.get("/house/crash")

    assert served.counted() == {
        "(pages)": {"200": 4},
        "(no route)": {"404": 2},
        "(router /house)": {"200": 1, "500": 1},
        "(router /shed)": {"200": 1},
    }
    assert {series["ongoing"] for series in served.document().values()} == {0}


async def test_the_daemon_s_own_look_is_no_request(served: Served) -> None:
    """It reads the index to see whether the route leads here; whoever reads numbers looks for clients."""
    answer = await served.client.get("/", headers={PROBE_HEADER: "1"})

    assert answer.status_code == 200
    assert served.counted() == {}


async def test_a_stream_counts_when_it_has_ended(served: Served) -> None:
    """Its duration is up to its last byte, and it is under way until then."""
    async with served.client.stream("POST", "/lines", json={"count": 3}) as response:
        lines = response.aiter_lines()
        await anext(lines)
        under_way = served.document()["lines"]
        assert [line async for line in lines] == ["1", "2"]

    assert (under_way["ongoing"], under_way["outcomes"]) == (1, {})
    assert served.counted() == {"lines": {"200": 1}}


async def test_a_stream_that_broke_in_the_middle_is_an_error(served: Served) -> None:
    """Its status had gone out as 200; what counts is how it ended. One that failed before is what it was answered."""
    await served.client.post("/lines", json={"count": 3, "fail_at": 2})
    await served.client.post("/lines", json={"count": 3, "fail_at": 0})
    await served.client.post("/lines", json={"count": 3, "fail_at": 1}, headers={"accept": "text/event-stream"})
    with pytest.raises(Exception):  # noqa: B017, PT011 - the connection is cut, however the client says it
        await served.client.post("/octets", json={"fail": True})
    with pytest.raises(Exception):  # noqa: B017, PT011
        await served.client.get("/shed/half")

    assert served.counted() == {"lines": {"500": 3}, "octets": {"500": 1}, "(router /shed)": {"500": 1}}


async def test_a_client_that_left_is_499(served: Served) -> None:
    """Whether it waited for the answer, for a place, or read a stream."""
    async with served.client.stream("POST", "/lines", json={"count": 100_000}) as response:
        await anext(response.aiter_lines())
    waiting = [asyncio.create_task(served.client.post("/wait", json={})) for _ in range(2)]
    await until(lambda: served.document().get("wait", {}).get("queued") == 1)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    await until(lambda: served.counted() == {"lines": {"499": 1}, "wait": {"499": 2}})
    assert {(each["ongoing"], each["queued"]) for each in served.document().values()} == {(0, 0)}


async def test_what_waits_for_a_place_is_queued(served: Served) -> None:
    """And what finds none in the queue is a 429."""
    waiting = [asyncio.create_task(served.client.post("/wait", json={})) for _ in range(2)]
    await until(lambda: served.document().get("wait", {}).get("queued") == 1)
    under_way = served.document()["wait"]
    refused = await served.client.post("/wait", json={})
    going[0].set()
    answers = await asyncio.gather(*waiting)

    assert (under_way["ongoing"], under_way["queued"]) == (2, 1)
    assert refused.status_code == 429
    assert [answer.status_code for answer in answers] == [200, 200]
    assert served.counted() == {"wait": {"429": 1, "200": 2}}
    assert (served.document()["wait"]["ongoing"], served.document()["wait"]["queued"]) == (0, 0)


async def test_many_at_once_are_counted_exactly(served: Served) -> None:
    """Whatever order they end in."""
    await asyncio.gather(
        *(served.client.post("/echo", json={"text": "a" if number % 3 else 1}) for number in range(300))
    )

    assert served.counted() == {"echo": {"200": 200, "422": 100}}


async def test_with_cors_too(served: Served) -> None:
    """What CORS answers by itself, a browser's question before a request, is no request."""
    served.app.apply_rules(RequestRules(cors_origins=["https://shop.example"]))
    headers = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    preflight = await served.client.options("/echo", headers=headers)
    await served.client.post("/echo", json={"text": "a"}, headers={"origin": "https://shop.example"})

    assert preflight.status_code == 200
    assert served.counted() == {"echo": {"200": 1}}


async def test_the_counts_can_be_written_at_any_moment(served: Served) -> None:
    """What is half done is consistent: as many durations as outcomes."""
    sending = asyncio.gather(*(served.client.post("/echo", json={"text": "a"}) for _ in range(50)))
    while not sending.done():
        await asyncio.sleep(0)
        for series in json.loads(json.dumps(served.document())).values():
            assert sum(series["outcomes"].values()) == sum(series["buckets"].values())
    await sending


async def until(look: Callable[[], bool]) -> None:
    """Let the application work until it is so."""
    for _ in range(2000):
        if look():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never was so")
