"""The ASGI application of a project: finds the route of a request and answers what is not a route itself."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pydantic_core

from aanad.serving import cors, docs_page, openapi
from aanad.serving.problems import method_not_allowed, no_route
from aanad.serving.responses import send_bytes, send_nothing, send_problem, without_body
from aanad.serving.routes import Route
from aanad.wire.requests import RequestRules

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from aanad.sdk.app import AanaSDK

    Message = MutableMapping[str, Any]
    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

ENDPOINT_METHODS = "POST, OPTIONS"
PAGE_METHODS = "GET, HEAD, OPTIONS"


class ProjectApp:
    """One project's endpoints, with ``openapi.json``, a docs page and an index beside them."""

    def __init__(self, app: AanaSDK) -> None:
        self._app = app
        self.rules = RequestRules()
        self._routes = {endpoint.path: Route(endpoint) for endpoint in app.endpoints.values()}
        self._pages: dict[str, Callable[[str], tuple[bytes, bytes]]] = {
            "/openapi.json": self._openapi,
            "/docs": self._docs,
            "/": self._index,
            "": self._index,
        }
        self._cache: dict[tuple[str, str], tuple[bytes, bytes]] = {}
        self._cors: Any = None

    def apply_rules(self, rules: RequestRules) -> None:
        """Take over what this project takes from its clients; requests that have begun keep their rules."""
        self.rules = rules
        for route in self._routes.values():
            route.reader.rules = rules
        self._cors = cors.around(self._answer, rules.cors_origins) if rules.cors_origins else None

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
        elif self._cors is None:
            await self._answer(scope, receive, send)
        else:
            await self._cors(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        prefix = scope.get("root_path", "")
        path = scope["path"]
        if prefix and path.startswith(prefix):
            path = path[len(prefix) :]
        method = scope["method"]
        route = self._routes.get(path)
        if route is not None and method == "POST":
            await route.answer(scope, receive, send)
            return
        if method == "HEAD":
            send = without_body(send)
        page = self._pages.get(path)
        if route is None and page is None:
            await send_problem(send, no_route(scope, path, self._routes))
            return
        allowed = ENDPOINT_METHODS if page is None else PAGE_METHODS
        if method == "OPTIONS":
            await send_nothing(send, ((b"allow", allowed.encode()),))
        elif page is None or method not in {"GET", "HEAD"}:
            await send_problem(send, method_not_allowed(scope, allowed.partition(",")[0]), allow=allowed.encode())
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
