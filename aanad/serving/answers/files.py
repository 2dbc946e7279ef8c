"""Files as answers: sent from disk, whole or in ranges, with a name and what tells whether they changed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import FileResponse

from aanad.serving.problems import RequestRefused
from aanad.serving.responses import send_bytes, send_problem

if TYPE_CHECKING:
    from aanad.serving.answers.media import Body
    from aanad.serving.asgi import Message, Receive, Scope, Send

VARY = (b"vary", b"Accept")


def has_range(scope: Scope) -> bool:
    """Whether the request asks for a part of the answer."""
    return any(name == b"range" for name, _ in scope["headers"])


async def send_media(body: Body, scope: Scope, receive: Receive, send: Send) -> None:
    """Send bytes, or a file: the ranges of it that the request asks for.

    Ranges are defined for GET; an endpoint's answer to a POST has them too, so that a large one can be resumed.
    """
    disposition = "inline" if body.is_inline else "attachment"
    if isinstance(body.content, bytes):
        headers = [VARY]
        if body.filename:
            headers.append((b"content-disposition", _disposition(disposition, body.filename)))
        await send_bytes(send, 200, body.media_type.encode("latin-1"), body.content, tuple(headers))
        return
    response = FileResponse(
        body.content,
        headers={"vary": "Accept"},
        media_type=body.media_type,
        filename=body.filename,
        content_disposition_type=disposition,
    )
    # Serve ends this task when the client leaves; the response need not listen for that as well.
    asked: Any = {**scope, "method": "GET", "asgi": {**scope.get("asgi", {}), "spec_version": "2.4"}}
    await response(asked, receive, _with_problems(scope, send))


def _disposition(kind: str, filename: str) -> bytes:
    quoted = quote(filename)
    name = f'filename="{filename}"' if quoted == filename else f"filename*=utf-8''{quoted}"
    return f"{kind}; {name}".encode("latin-1")


def _with_problems(scope: Scope, send: Send) -> Send:
    """Say in Aana's words what is wrong with a range."""
    is_refused = False

    async def sending(message: Message) -> None:
        nonlocal is_refused
        if message["type"] == "http.response.start" and message["status"] >= HTTPStatus.BAD_REQUEST:
            is_refused = True
            kept = tuple(pair for pair in message["headers"] if pair[0] == b"content-range")
            await send_problem(send, _refusal(message["status"]).problem(scope), headers=kept)
        elif not is_refused:
            await send(message)

    return sending


def _refusal(status: int) -> RequestRefused:
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return RequestRefused(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            "range_not_satisfiable",
            "The answer has no bytes in that range.",
            hint="Its size is in the header Content-Range.",
        )
    return RequestRefused(
        HTTPStatus.BAD_REQUEST,
        "invalid_range",
        "The header Range cannot be read.",
        hint="Ask for bytes from 0 on: 'Range: bytes=0-999'.",
    )
