"""A project's routers: asked in their order for what no endpoint answers, each as if it stood alone.

A router that has no route for a request leaves it to the next. What a router answers itself, its own 404 included,
is its answer; only what it raises unexpectedly is answered here, in the one shape of errors, and ``Allow`` names all
methods of the path.
"""

from __future__ import annotations

import logging
from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aanad.errors import AanaError, Failed
from aanad.sdk.routers import RouterKind
from aanad.serving.counted_answers import router_series
from aanad.serving.lifespans import Lifespan
from aanad.serving.problems import failure, request_id
from aanad.serving.responses import send_problem
from aanad.serving.router_methods import naming_all_methods
from aanad.wire.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aanad.sdk.counts import Counts, EndpointSeries
    from aanad.sdk.routers import RegisteredRouter
    from aanad.serving.asgi import Message, Receive, Scope, Send

logger = logging.getLogger("ray.serve")

NO_ROUTE = (b"x-aana-no-route", b"1")
"""How a router of a known kind says that it has no route, through whatever middleware its author put around it."""
INTERNAL_ERROR = 1011
"""A websocket's code for a server that failed."""


class Routers:
    """All routers of a project."""

    def __init__(self, registered: Sequence[RegisteredRouter], counts: Counts) -> None:
        self.mounted = [MountedRouter(each, counts) for each in registered]

    async def start(self) -> None:
        """Run the routers' startups.

        Raises:
            Failed: one of them failed.
        """
        for router in self.mounted:
            try:
                await router.lifespan.start()
            except Exception as error:
                raise Failed(
                    f"Router {router.name} failed to start: {type(error).__name__}: {error}.",
                    hint="Correct its lifespan; the project's log has the traceback.",
                    code="router_start_failed",
                ) from error

    async def stop(self) -> None:
        """Run their shutdowns, the last first; what one raises is logged."""
        for router in reversed(self.mounted):
            try:
                await router.lifespan.stop()
            except Exception:
                logger.exception("Router %s failed to stop.", router.name)

    async def answer(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        path: str,
        *,
        begins: Callable[[EndpointSeries], None] | None = None,
    ) -> bool:
        """Let the first router answer that has a route; whether one had.

        Args:
            scope: a request or a websocket.
            receive: its messages.
            send: the answer.
            path: without the project's route prefix.
            begins: told where the request is counted, before a router is asked.
        """
        for router in self.mounted:
            if not router.covers(path):
                continue
            if begins is not None:
                begins(router.series)
            attempt = Attempt(receive, send, knows_its_routes=router.knows_its_routes)
            await router.answer(scope, attempt, path)
            if not attempt.is_left:
                return True
            if attempt.has_read:
                return False  # a middleware has read the request: nobody else can
            receive = attempt.receive_again
        return False


class MountedRouter:
    """One router, ready to be asked."""

    def __init__(self, registered: RegisteredRouter, counts: Counts) -> None:
        self.prefix = registered.prefix
        self.series = counts.endpoint(router_series(registered.prefix))
        self.kind = registered.kind
        self.name = registered.prefix or "without a prefix"
        self.knows_its_routes = registered.kind is not RouterKind.ASGI
        self.app: Any = registered.router
        self._root = registered.prefix
        self._answers_errors = False
        if registered.kind is RouterKind.FASTAPI_ROUTER:
            from fastapi import FastAPI

            self.app = FastAPI(openapi_url=None)
            self.app.include_router(registered.router, prefix=registered.prefix)
            self._root = ""  # the prefix is in its paths
        elif registered.kind is RouterKind.STARLETTE_ROUTER:
            from starlette.applications import Starlette

            self.app = Starlette()
            self.app.router = registered.router
        if self.knows_its_routes:
            self._adopt()
        self.lifespan = Lifespan(self.app)

    def covers(self, path: str) -> bool:
        """Whether a path is one of those under its prefix."""
        return not self.prefix or path == self.prefix or path.startswith(f"{self.prefix}/")

    async def answer(self, scope: Scope, attempt: Attempt, path: str) -> None:
        """Pass a request on."""
        root = scope.get("root_path", "")
        child = {
            **scope,
            "root_path": f"{root}{self._root}",
            "path": f"{root}{path}",
            "state": self.lifespan.state.copy(),
        }
        send: Send = attempt.send
        if self.knows_its_routes and scope["type"] == "http":
            send = naming_all_methods(send, self.app.router.routes, child)
        try:
            await self.app(child, attempt.receive, send)
        except Exception as error:
            what = f"{scope.get('method', 'websocket')} {path}"
            if attempt.is_complete:
                if not self._answers_errors:
                    logger.exception("%s failed (request %s).", what, request_id(scope))
            elif scope["type"] == "websocket":
                logger.exception("%s failed (request %s).", what, request_id(scope))
                await attempt.send({"type": "websocket.close", "code": INTERNAL_ERROR})
            elif attempt.has_begun:
                raise  # what the client has cannot be taken back: the connection is cut
            else:
                await send_problem(attempt.send, failure(scope, what, error))

    def _adopt(self) -> None:
        """Let a framework's application leave what it has no route for, and answer as a project does what it raises.

        What its author set up for either stays.
        """
        from starlette.routing import Router

        router = self.app.router
        if getattr(router.default, "__func__", None) is Router.not_found:
            router.default = _no_route
        handlers = self.app.exception_handlers
        handlers.setdefault(AanaError, _problem)
        if Exception not in handlers and HTTPStatus.INTERNAL_SERVER_ERROR not in handlers:
            handlers[Exception] = _problem
            self._answers_errors = True


class Attempt:
    """What passes between a client and one router, until it is clear whether the router answers."""

    def __init__(self, receive: Receive, send: Send, *, knows_its_routes: bool) -> None:
        self._receive = receive
        self._send = send
        self._knows_its_routes = knows_its_routes
        self._seen: deque[Message] = deque()
        self.has_read = False
        """Whether a part of the request's body is gone."""
        self.has_begun = False
        self.is_complete = False
        self.is_left = False
        """Whether the router has no answer."""

    async def receive(self) -> Message:
        """The next message of the client."""
        message = await self._receive()
        if message["type"] == "http.request":
            if message.get("body"):
                self.has_read = True
            else:
                self._seen.append(message)
        return message

    async def receive_again(self) -> Message:
        """The same for the next router, from the beginning."""
        return self._seen.popleft() if self._seen else await self._receive()

    async def send(self, message: Message) -> None:
        """Pass a message on to the client, unless the router leaves the request."""
        if self.is_left:
            return
        if not self.has_begun and self._leaves(message):
            self.is_left = True
            return
        self.has_begun = True
        kind = message["type"]
        if kind == "websocket.close" or (kind == "http.response.body" and not message.get("more_body")):
            self.is_complete = True
        await self._send(message)

    def _leaves(self, message: Message) -> bool:
        if message["type"] == "websocket.close":
            return self._knows_its_routes and message.get("reason") == NO_ROUTE[0].decode()
        if message["type"] != "http.response.start" or message["status"] != HTTPStatus.NOT_FOUND:
            return False
        if self._knows_its_routes:
            return any((bytes(name).lower(), value) == NO_ROUTE for name, value in message.get("headers", ()))
        return not self.has_read


async def _no_route(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000, "reason": NO_ROUTE[0].decode()})
        return
    await send({"type": "http.response.start", "status": 404, "headers": [NO_ROUTE]})
    await send({"type": "http.response.body", "body": b""})


async def _problem(request: Any, error: Exception) -> Any:
    """A framework's answer for an error: the problem that an endpoint would have answered."""
    from starlette.responses import Response

    scope = request.scope
    if scope["type"] != "http":
        raise error
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    problem = failure(scope, f"{scope['method']} {path}", error)
    body = problem.model_dump_json(exclude_none=True)
    response = Response(body, status_code=problem.status, media_type=MEDIA_TYPE)
    response.raw_headers.extend(problem.headers)
    return response
