"""The ASGI application of a project: finds the route of a request and answers what is not a route itself."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pydantic_core

from aanad.sdk import replica_logs
from aanad.sdk.counts import Counts
from aanad.serving import cors, docs_page, openapi
from aanad.serving.counted_answers import NO_ROUTE, PAGES, CountedAnswer
from aanad.serving.problems import method_not_allowed, no_route
from aanad.serving.responses import send_bytes, send_nothing, send_problem, without_body
from aanad.serving.router_docs import add_routers
from aanad.serving.routers import Routers
from aanad.serving.routes import Route
from aanad.wire.requests import PROBE_HEADER, RequestRules

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from aanad.sdk.app import AanaSDK
    from aanad.sdk.counts import EndpointSeries

    Message = MutableMapping[str, Any]
    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

ENDPOINT_METHODS = "POST, OPTIONS"
PAGE_METHODS = "GET, HEAD, OPTIONS"
_PROBE_HEADER = PROBE_HEADER.encode()


class ProjectApp:
    """One project's endpoints, with ``openapi.json``, a docs page and an index beside them."""

    def __init__(self, app: AanaSDK, counts: Counts | None = None) -> None:
        """`counts` is where requests are counted; nobody else sees them where it is not given."""
        self._app = app
        self.rules = RequestRules()
        self.counts = counts or Counts()
        self._routes = {
            endpoint.path: Route(endpoint, self.counts.endpoint(endpoint.name)) for endpoint in app.endpoints.values()
        }
        self._pages_series = self.counts.endpoint(PAGES)
        self._no_route_series = self.counts.endpoint(NO_ROUTE)
        self._probes_series = Counts().endpoint(PAGES)
        """The daemon's own requests; nobody reads it."""
        self._routers = Routers(app.routers, self.counts)
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
            route.reader.apply_rules(rules)
        self._cors = cors.around(self._answer, rules.cors_origins) if rules.cors_origins else None

    async def initialize(self) -> None:
        """Let every endpoint get ready; an error here stops the replica from starting."""
        for route in self._routes.values():
            ready = route.instance.initialize()
            if inspect.isawaitable(ready):
                await ready
        await self._routers.start()

    async def close(self) -> None:
        """Let routers take down what they set up."""
        with replica_logs.heard():
            await self._routers.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the lifespan's two questions."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif self._cors is None:
            await self._answer(scope, receive, send)
        else:
            await self._cors(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        prefix, path = _split_path(scope)
        route = self._routes.get(path)
        if route is not None and scope["method"] == "POST":
            answer = CountedAnswer(route.series, send)
            try:
                await route.answer(scope, receive, answer)
            except BaseException as error:
                answer.failed(error)
                raise
            answer.close()
            return
        page = self._pages.get(path)
        series = route.series if route else self._series_of_page(scope) if page else self._no_route_series
        answer = CountedAnswer(series, send)
        try:
            if route is None and page is None:
                await self._answer_elsewhere(scope, receive, answer, path)
            else:
                await self._answer_page(scope, answer.send, path, prefix, page)
        except BaseException as error:
            answer.failed(error)
            raise
        answer.close()

    def _series_of_page(self, scope: Scope) -> EndpointSeries:
        is_probe = any(name.lower() == _PROBE_HEADER for name, _ in scope["headers"])
        return self._probes_series if is_probe else self._pages_series

    async def _answer_elsewhere(self, scope: Scope, receive: Receive, answer: CountedAnswer, path: str) -> None:
        if await self._routers.answer(scope, receive, answer.send, path, begins=answer.belongs_to):
            return
        answer.belongs_to(self._no_route_series)
        send = without_body(answer.send) if scope["method"] == "HEAD" else answer.send
        await send_problem(send, no_route(scope, path, self._routes))

    async def _answer_page(
        self, scope: Scope, send: Send, path: str, prefix: str, page: Callable[[str], tuple[bytes, bytes]] | None
    ) -> None:
        method = scope["method"]
        if method == "HEAD":
            send = without_body(send)
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
        return b"application/json", pydantic_core.to_json(self._document(prefix))

    def _document(self, prefix: str) -> dict[str, Any]:
        document = openapi.document(self._app, prefix)
        add_routers(document, self._routers.mounted)
        return document

    def _docs(self, prefix: str) -> tuple[bytes, bytes]:
        return b"text/html; charset=utf-8", docs_page.render(self._app, prefix, self._document(prefix)).encode()

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

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Only routers have websockets."""
        _, path = _split_path(scope)
        if not await self._routers.answer(scope, receive, send, path):
            await receive()
            await send({"type": "websocket.close", "code": 1000, "reason": f"There is no websocket {path}."})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """The start is over when Serve asks: `initialize` did it, so that a failure says its reason."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})


def _split_path(scope: Scope) -> tuple[str, str]:
    """The project's route prefix, and the path under it."""
    prefix, path = scope.get("root_path", ""), scope["path"]
    return prefix, path[len(prefix) :] if prefix and path.startswith(prefix) else path
