"""httpx's transports to an ASGI application in this process.

Bodies stream in both directions: a chunk is there when it is sent. A client that closes a response before its end, or
is cancelled while it waits for it, is gone: as in Serve, the application's task is cancelled.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterator

    from anyio.from_thread import BlockingPortal

    from aanad.serving.asgi import Message, ProjectApp

_END = object()


class InProcessTransport(httpx.AsyncBaseTransport):
    """Requests become calls of the application; each gets an id, as Serve gives one.

    Attributes:
        app: the application.
    """

    def __init__(self, app: ProjectApp, route_prefix: str) -> None:
        self.app = app
        self._route_prefix = route_prefix
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Begin a request; its response comes with the application's first message."""
        exchange = _Exchange(request)
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        if not any(name == b"x-request-id" for name, _ in headers):
            headers.append((b"x-request-id", str(uuid.uuid4()).encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.url.scheme,
            "path": request.url.path,
            "raw_path": request.url.raw_path.partition(b"?")[0],
            "query_string": request.url.query,
            "root_path": self._route_prefix,
            "headers": headers,
            "server": (request.url.host, request.url.port or 80),
            "client": ("127.0.0.1", 1),
        }
        task = asyncio.ensure_future(exchange.run(self.app(scope, exchange.receive, exchange.send)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            start = await exchange.next_message()
        except BaseException:  # too late, or whoever asked is cancelled
            exchange.leave(task)
            raise
        if start is None:
            await task  # raises what the application raised
            raise httpx.RemoteProtocolError("The application ended without an answer.", request=request)
        return httpx.Response(start["status"], headers=start["headers"], stream=_Body(exchange, task))

    async def aclose(self) -> None:
        """End what still runs."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Exchange:
    """One request and its response."""

    def __init__(self, request: httpx.Request) -> None:
        self._timeout_s: float | None = request.extensions.get("timeout", {}).get("read")
        self._request = request
        self._parts: AsyncIterator[bytes] = aiter(request.stream)  # type: ignore[arg-type]
        self._has_more = True
        self._messages: asyncio.Queue[Any] = asyncio.Queue()
        self._gone = asyncio.Event()

    async def run(self, call: Awaitable[None]) -> None:
        try:
            await call
        finally:
            self._messages.put_nowait(_END)

    async def receive(self) -> Message:
        if self._has_more and not self._gone.is_set():
            try:
                return {"type": "http.request", "body": await anext(self._parts), "more_body": True}
            except StopAsyncIteration:
                self._has_more = False
                return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if not self._gone.is_set():
            self._messages.put_nowait(message)

    async def next_message(self) -> Message | None:
        """What the application sends next; None once it has ended."""
        try:
            async with asyncio.timeout(self._timeout_s):
                message = await self._messages.get()
        except TimeoutError as error:
            raise httpx.ReadTimeout(f"No answer within {self._timeout_s:g} s.", request=self._request) from error
        if message is _END:
            self._messages.put_nowait(_END)
            return None
        found: Message = message
        return found

    def leave(self, task: asyncio.Task[None]) -> None:
        """The client is gone; `task`, the application's, is over."""
        self._gone.set()
        task.cancel()


class _Body(httpx.AsyncByteStream):
    """A response's body."""

    def __init__(self, exchange: _Exchange, task: asyncio.Task[None]) -> None:
        self._exchange = exchange
        self._task = task

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (message := await self._exchange.next_message()) is not None:
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body", False):
                break
        # What follows an answer, a hook say, is done once its reader has it; and what goes wrong there is raised here.
        await self._task

    async def aclose(self) -> None:
        self._exchange.leave(self._task)


class PortalTransport(httpx.BaseTransport):
    """The same for clients without an event loop of their own."""

    def __init__(self, portal: BlockingPortal, transport: InProcessTransport) -> None:
        self._portal = portal
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request through the loop in which the application lives."""
        sent = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.read(), extensions=request.extensions
        )
        response = self._portal.call(self._transport.handle_async_request, sent)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=_PortalBody(self._portal, response.stream)
        )


class _PortalBody(httpx.SyncByteStream):
    def __init__(self, portal: BlockingPortal, stream: Any) -> None:
        self._portal = portal
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        parts = aiter(self._stream)
        while (part := self._portal.call(_next, parts)) is not None:
            yield part

    def close(self) -> None:
        self._portal.call(self._stream.aclose)


async def _next(parts: AsyncIterator[bytes]) -> bytes | None:
    return await anext(parts, None)
