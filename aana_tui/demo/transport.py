"""The simulated daemon's control API, as a transport of httpx: the client is the real one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from aana_tui.demo.box import EPOCH
from aanad.wire.problems import MEDIA_TYPE, Problem
from aanad.wire.status import Version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aana_tui.demo.box import SimulatedBox
    from aanad.wire.base import WireModel

HEARTBEAT_S = 10.0


class SimulatedTransport(httpx.BaseTransport):
    """Answers for a box; one for each client, so that `close` ends what that client reads."""

    def __init__(self, box: SimulatedBox) -> None:
        self._box = box
        self._is_closed = False

    def close(self) -> None:
        """End the streams."""
        self._is_closed = True
        with self._box.changed:
            self._box.changed.notify_all()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        request.read()
        match request.method, request.url.path:
            case "GET", "/v1/version":
                return _json(Version(version="0.1.0", api_versions=["v1"]))
            case "GET", "/v1/access":
                return _json(self._box.access())
            case "GET", "/v1/watch":
                return _stream(self._watch(), "text/event-stream")
            case "GET", "/v1/projects":
                return _json([item for _, item in sorted(self._box.items("projects").items())])
        path = request.url.path
        return _problem(404, "not_found", f"The demo has no {path}.", "A real daemon does.")

    def _watch(self) -> Iterator[bytes]:
        snapshot = self._box.snapshot()
        cursor = snapshot.cursor
        yield _event("snapshot", cursor, snapshot)
        while not self._is_closed:
            deltas = self._box.deltas_after(cursor, HEARTBEAT_S)
            for delta in deltas:
                cursor = delta.cursor
                yield _event("delta", cursor, delta)
            if not deltas:
                yield b": still here\n\n"


def _event(kind: str, cursor: int, data: WireModel) -> bytes:
    return f"event: {kind}\nid: {EPOCH}/{cursor}\ndata: {data.model_dump_json()}\n\n".encode()


def _json(value: Any, status: int = 200) -> httpx.Response:
    content = value.model_dump_json() if hasattr(value, "model_dump_json") else json.dumps(value)
    return httpx.Response(status, content=content, headers={"content-type": "application/json"})


def _problem(status: int, code: str, message: str, hint: str) -> httpx.Response:
    problem = Problem(title="Problem", status=status, code=code, message=message, hint=hint)
    return httpx.Response(status, content=problem.model_dump_json(), headers={"content-type": MEDIA_TYPE})


class _Stream(httpx.SyncByteStream):
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks


def _stream(chunks: Iterator[bytes], media_type: str) -> httpx.Response:
    return httpx.Response(200, stream=_Stream(chunks), headers={"content-type": media_type})
