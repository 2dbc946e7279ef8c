"""``/v1/watch`` on a real server: what a reader is sent, and what becomes of one who does not read."""

from __future__ import annotations

import asyncio
import socket
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import uvicorn

from aanad.api import server, watch
from aanad.api.services import Services
from aanad.client import Client, Watched
from aanad.core import broadcasting
from aanad.core.watch import WatchHub
from aanad.wire.base import WireModel
from aanad.wire.projects import Project
from aanad.wire.status import Version
from tests.core.conftest import Box


async def until(client: Client, watched: Watched, condition: Callable[[Watched], object], *topics: str) -> Watched:
    """Apply changes until it is as it should be."""

    def follow() -> Watched:
        for change in client.watch(*topics):
            watched.apply(change)
            if condition(watched):
                return watched
        raise AssertionError

    async with asyncio.timeout(10):
        return await asyncio.to_thread(follow)


async def test_a_reader_gets_everything_and_then_each_change(served: Path, box: Box) -> None:
    """The snapshot has the projects as they are; a deploy comes as deltas, with its operation and its events."""
    await box.deploy("asr")
    with Client(f"unix://{served}") as client:
        watched = await until(client, Watched(), lambda w: w.state)
        assert ["asr"] == list(watched.state["projects"])
        assert [f"asr/model/{box.observation.cluster.applications['asr'].deployments['model'].replicas[0].id}"] == [
            key for key in watched.state["replicas"] if key.startswith("asr/model/")
        ]
        assert {"status"} == watched.state["daemon"].keys()

        waiting = asyncio.create_task(
            until(client, watched, lambda w: w.state["projects"].get("ocr", {}).get("phase") == "running")
        )
        await box.deploy("ocr")
        watched = await waiting

    assert {"asr", "ocr"} == watched.state["projects"].keys()


async def test_topics_are_chosen_and_unknown_ones_refused(served: Path, api: httpx.AsyncClient) -> None:
    """Only what was asked for is sent; a typing error names what there is."""
    with Client(f"unix://{served}") as client:
        watched = await until(client, Watched(), lambda w: w.state, "daemon", "events")
    assert {"daemon", "events"} == watched.state.keys()

    refused = await api.get("/v1/watch", params={"topics": "daemon,weather"})
    assert (422, "unknown_topic") == (refused.status_code, refused.json()["code"])
    assert "weather" in refused.json()["message"]
    assert "projects" in refused.json()["hint"]


async def test_a_link_that_is_cut_is_taken_up_where_it_was(
    served: Path, hub: WatchHub, measured: dict[str, WireModel]
) -> None:
    """EventSource's header or the two parameters: what was missed comes as deltas, without a snapshot."""
    seen = await read_raw(served, "/v1/watch?topics=gpus", until=b"event: snapshot")
    cursor = int(seen.rpartition(b'"cursor":')[2].split(b",")[0])
    measured["missed"] = Version(version="1", api_versions=[])

    for path, header in [
        (f"/v1/watch?topics=gpus&epoch={hub.epoch}&cursor={cursor}", ""),
        ("/v1/watch?topics=gpus", f"last-event-id: {hub.epoch}/{cursor}\r\n"),
    ]:
        again = await read_raw(served, path, header, until=b"event: delta")
        assert b"snapshot" not in again
        assert b'"key":"missed"' in again


async def test_a_reader_that_never_reads_is_dropped_and_holds_up_nobody(
    served: Path,
    hub: WatchHub,
    web: uvicorn.Server,
    measured: dict[str, WireModel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What waits for it is bounded while it is there and gone soon after; others get each change at once."""
    monkeypatch.setattr(watch, "SEND_LIMIT_S", 3.0)
    monkeypatch.setattr(server, "CUT_AFTER_S", 0.2)
    sleeper = socket.socket(socket.AF_UNIX)
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleeper.setblocking(False)
    sleeper.connect(str(served))
    sleeper.send(b"GET /v1/watch?topics=gpus HTTP/1.1\r\nhost: a\r\n\r\n")
    reader, writer = await asyncio.open_unix_connection(str(served), limit=2**24)
    writer.write(b"GET /v1/watch?topics=gpus HTTP/1.1\r\nhost: a\r\n\r\n")
    async with asyncio.timeout(30):
        await reader.readuntil(b"event: snapshot")
        delays, waiting = [], []
        text = "x" * 10_000
        for number in range(150):
            measured["a"] = Version(version=f"{number} {text}", api_versions=[])
            hub.publish("gpus", measured)
            began = time.monotonic()
            await reader.readuntil(f'"version":"{number} '.encode())
            delays.append(time.monotonic() - began)
            waiting += [each.transport.get_write_buffer_size() for each in web.server_state.connections]
        while len(web.server_state.connections) > 1:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.05)
    sleeper.close()
    writer.close()

    assert statistics.median(delays) < 0.5
    assert max(waiting) < 512 * 1024


async def test_a_reader_that_slept_finds_the_reason(
    served: Path,
    hub: WatchHub,
    web: uvicorn.Server,
    measured: dict[str, WireModel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it finds after what was sent before is why there is no more, and how to go on."""
    monkeypatch.setattr(watch, "SEND_LIMIT_S", 0.3)
    reader, writer = await asyncio.open_unix_connection(str(served), limit=1024)
    writer.write(b"GET /v1/watch?topics=gpus HTTP/1.1\r\nhost: a\r\n\r\n")
    async with asyncio.timeout(30):
        await reader.readuntil(b"event: snapshot")
        for number in range(200):
            measured["a"] = Version(version=f"{number} {'x' * 10_000}", api_versions=[])
            hub.publish("gpus", measured)
            await asyncio.sleep(0)
        while not any(each.cycle and each.cycle.response_complete for each in web.server_state.connections):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        rest = await reader.read(-1)
    writer.close()

    assert b'"reason":"too_slow"' in rest[-400:]
    assert rest.endswith(b"0\r\n\r\n")


async def test_the_stop_of_the_daemon_is_said(served: Path, services: Services) -> None:
    """A reader learns that the daemon stops, and that it may come back."""
    stopping = asyncio.get_running_loop().call_later(0.3, services.broadcasting.stop)
    seen = await read_raw(served, "/v1/watch?topics=daemon", until=b"event: dropped")
    stopping.cancel()

    assert b'"reason":"stopping"' in seen


async def test_too_many_readers_are_refused(
    served: Path, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One more than the daemon carries gets a sentence, and those that are there go on."""
    monkeypatch.setattr(broadcasting, "MAX_READERS", 1)
    reader, writer = await asyncio.open_unix_connection(str(served))
    writer.write(b"GET /v1/watch?topics=daemon HTTP/1.1\r\nhost: a\r\n\r\n")
    await reader.readuntil(b"event: snapshot")

    refused = await api.get("/v1/watch")
    writer.close()

    assert (409, "too_many_readers") == (refused.status_code, refused.json()["code"])


async def test_nothing_is_read_while_nobody_watches(served: Path, box: Box) -> None:
    """Without readers the store is left alone; the next reader gets what changed meanwhile as deltas all the same."""
    await box.deploy("asr")
    with Client(f"unix://{served}") as client:
        watched = await until(client, Watched(), lambda w: w.state, "projects")
    reads = []
    store_projects = box.overview._store.projects
    monitored = box.overview.projects

    async def counted() -> list[Project]:
        reads.append(await store_projects())
        return await monitored()

    box.overview.projects = counted  # type: ignore[method-assign]
    await asyncio.sleep(0.3)
    await box.deploy("ocr")
    await asyncio.sleep(0.3)
    assert [] == reads

    seen = await read_raw(
        served, f"/v1/watch?topics=projects&epoch={watched.epoch}&cursor={watched.cursor}", until=b"event: delta"
    )
    assert b'"key":"ocr"' in seen
    assert b"snapshot" not in seen


async def read_raw(socket_path: Path, path: str, header: str = "", *, until: bytes) -> bytes:
    """What the server sends up to the end of the event of that kind."""
    reader, writer = await asyncio.open_unix_connection(str(socket_path), limit=2**24)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: a\r\n{header}\r\n".encode())
    try:
        async with asyncio.timeout(10):
            return await reader.readuntil(until) + await reader.readuntil(b"\n\n")
    finally:
        writer.close()
