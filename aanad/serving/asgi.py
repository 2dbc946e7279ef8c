"""The ASGI application of a project: finds the route of a request and answers what is not a route itself."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pydantic_core

from aanad.serving import docs_page, openapi
from aanad.serving.problems import method_not_allowed, no_route
from aanad.serving.responses import send_bytes, send_problem
from aanad.serving.routes import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from aanad.sdk.app import AanaSDK

    Message = MutableMapping[str, Any]
    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]


class ProjectApp:
    """One project's endpoints, with ``openapi.json``, a docs page and an index beside them."""

    def __init__(self, app: AanaSDK) -> None:
        self._app = app
        self._routes = {endpoint.path: Route(endpoint) for endpoint in app.endpoints.values()}
        self._pages: dict[str, Callable[[str], tuple[bytes, bytes]]] = {
            "/openapi.json": self._openapi,
            "/docs": self._docs,
            "/": self._index,
            "": self._index,
        }
        self._cache: dict[tuple[str, str], tuple[bytes, bytes]] = {}

    async def initialize(self) -> None:
        """Let every endpoint get ready; an error here stops the replica from starting."""
        for route in self._routes.values():
            ready = route.instance.initialize()
            if inspect.isawaitable(ready):
                await ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the lifespan's two questions."""
        if scope["type"] != "http":
            await _lifespan(scope, receive, send)
            return
        prefix = scope.get("root_path", "")
        path = scope["path"]
        if prefix and path.startswith(prefix):
            path = path[len(prefix) :]
        route = self._routes.get(path)
        if route is not None:
            if scope["method"] == "POST":
                await route.answer(scope, receive, send)
            else:
                await send_problem(send, method_not_allowed(scope, "POST"), allow=b"POST")
            return
        page = self._pages.get(path)
        if page is None:
            await send_problem(send, no_route(scope, path, self._routes))
        elif scope["method"] not in {"GET", "HEAD"}:
            await send_problem(send, method_not_allowed(scope, "GET"), allow=b"GET, HEAD")
        else:
            await self._send_page(send, path, prefix, page)

    async def _send_page(self, send: Send, path: str, prefix: str, page: Callable[[str], tuple[bytes, bytes]]) -> None:
        key = (path, prefix)
        if key not in self._cache:
            self._cache[key] = page(prefix)
        media_type, body = self._cache[key]
        await send_bytes(send, 200, media_type, body)

    def _openapi(self, prefix: str) -> tuple[bytes, bytes]:
        return b"application/json", pydantic_core.to_json(openapi.document(self._app, prefix))

    def _docs(self, prefix: str) -> tuple[bytes, bytes]:
        return b"text/html; charset=utf-8", docs_page.render(self._app, prefix).encode()

    def _index(self, prefix: str) -> tuple[bytes, bytes]:
        index = {
            "project": self._app.name,
            "endpoints": [
                {"name": endpoint.name, "path": f"{prefix}{endpoint.path}", "summary": endpoint.summary}
                for endpoint in self._app.endpoints.values()
            ],
            "docs": f"{prefix}/docs",
            "openapi": f"{prefix}/openapi.json",
        }
        return b"application/json", pydantic_core.to_json(index)


async def _lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1000, "reason": "This project has no websocket routes."})
        return
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
