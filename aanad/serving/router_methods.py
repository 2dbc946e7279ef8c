"""Which methods a path of a router has. A framework names those of the first route of that path alone."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aanad.serving.asgi import Message, Scope, Send

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE")
_OF_THE_BODY = frozenset({b"content-type", b"content-length", b"allow"})


def naming_all_methods(send: Send, routes: Sequence[Any], scope: Scope) -> Send:
    """A `send` that names the methods of all routes in a 405; to OPTIONS it makes that a 204, as endpoints answer.

    Args:
        send: the one to send with.
        routes: Starlette's, which say what they match.
        scope: the request as the router has it.
    """
    is_about_options = False

    async def sending(message: Message) -> None:
        nonlocal is_about_options
        if message["type"] == "http.response.start" and message["status"] == HTTPStatus.METHOD_NOT_ALLOWED:
            methods = _methods(routes, scope)
            if methods:
                is_about_options = scope["method"] == "OPTIONS"
                message = _start(message, methods, is_about_options=is_about_options)
        elif is_about_options and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sending


def _methods(routes: Sequence[Any], scope: Scope) -> list[str]:
    """Those of the request's path; none where a route answers the request itself."""
    if _is_matched(routes, scope, scope["method"]):
        return []
    return [method for method in _METHODS if _is_matched(routes, scope, method)]


def _is_matched(routes: Sequence[Any], scope: Scope, method: str) -> bool:
    from starlette.routing import Match

    return any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)


def _start(message: Message, methods: list[str], *, is_about_options: bool) -> Message:
    dropped = _OF_THE_BODY if is_about_options else {b"allow"}
    headers = [header for header in message.get("headers", ()) if bytes(header[0]).lower() not in dropped]
    headers.append((b"allow", ", ".join([*methods, "OPTIONS"]).encode()))
    status = HTTPStatus.NO_CONTENT if is_about_options else HTTPStatus.METHOD_NOT_ALLOWED
    return {**message, "status": status.value, "headers": headers}
