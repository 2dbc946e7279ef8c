"""The simulated daemon itself: version, access, health, status, and the watch."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aana_tui.demo.routes import Call, Routes, answered, role_of, streamed
from aanad.wire.access import Access
from aanad.wire.status import Health, Version

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from aana_tui.demo.box import SimulatedBox
    from aanad.wire.base import WireModel

HEARTBEAT_S = 10.0
routes = Routes()


@routes("GET", "/v1/version")
def version(call: Call) -> httpx.Response:
    """Which daemon it plays."""
    return answered(Version(version=call.box.version, api_versions=call.box.api_versions))


@routes("GET", "/v1/access")
def access(call: Call) -> httpx.Response:
    """Who its user is."""
    box = call.box
    return answered(Access(actor=box.actor, role=role_of(call.request, box.role), granted=box.role))


@routes("GET", "/healthz")
def health(_call: Call) -> httpx.Response:
    """It is alive."""
    return answered(Health(status="ok", cluster="ready", store="ok"))


@routes("GET", "/v1/status")
def status(call: Call) -> httpx.Response:
    """The daemon's own."""
    return answered(call.box.items("daemon")["status"])


@routes("GET", "/v1/watch")
def watch(call: Call) -> httpx.Response:
    """A snapshot and then deltas; only the latter where it is read on."""
    topics = {name for name in call.query.get("topics", "").split(",") if name}
    return streamed(call, _watch(call, topics), "text/event-stream")


def _watch(call: Call, topics: set[str]) -> Iterator[bytes]:
    box = call.box
    cursor = _resumed(call)
    if cursor is None:
        snapshot = box.snapshot(topics)
        cursor = snapshot.cursor
        yield _event(box, "snapshot", cursor, snapshot)
    while True:
        for delta in box.deltas_after(cursor):
            cursor = delta.cursor
            if not topics or delta.topic in topics:
                yield _event(box, "delta", cursor, delta)
        if not call.wait_for(partial(box.is_past, cursor), HEARTBEAT_S):
            yield b": still here\n\n"


def _resumed(call: Call) -> int | None:
    """The cursor to go on from, where all that came after it is still kept."""
    cursor = call.query.get("cursor", "")
    if call.query.get("epoch") != call.box.epoch or not cursor.isdecimal():
        return None
    return int(cursor) if call.box.keeps(int(cursor)) else None


def _event(box: SimulatedBox, kind: str, cursor: int, data: WireModel) -> bytes:
    return f"event: {kind}\nid: {box.epoch}/{cursor}\ndata: {data.model_dump_json()}\n\n".encode()
