"""Sending complete answers: bytes, a problem, nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.serving.problems import ProblemAnswer
from aanad.wire.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from aanad.serving.asgi import Message, Send
    from aanad.wire.problems import Problem

JSON = b"application/json"
PROBLEM = MEDIA_TYPE.encode()


async def send_bytes(
    send: Send, status: int, media_type: bytes, body: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """Send a complete answer."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", media_type), (b"content-length", b"%d" % len(body)), *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def send_problem(
    send: Send, problem: Problem, *, allow: bytes | None = None, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """Send a problem with its status and its headers."""
    if isinstance(problem, ProblemAnswer):
        headers = (*problem.headers, *headers)
    if allow:
        headers = (*headers, (b"allow", allow))
    await send_bytes(send, problem.status, PROBLEM, problem.model_dump_json(exclude_none=True).encode(), headers)


async def send_nothing(send: Send, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    """Send an answer without a body: 204."""
    await send({"type": "http.response.start", "status": 204, "headers": [*headers]})
    await send({"type": "http.response.body", "body": b""})


def without_body(send: Send) -> Send:
    """What HEAD answers: the headers of the answer to GET."""

    async def sending(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return sending
