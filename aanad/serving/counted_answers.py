"""A request from its arrival to the last byte of its answer, counted under the endpoint that it belongs to.

What belongs to no endpoint is counted under names that none can have: ``(pages)``, ``(no route)``, and
``(router <prefix>)``. A client that left before the end counts as 499; a stream that broke in the middle counts as the
problem that broke it, though its status had gone out as 200.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from aanad.sdk.counts import EndpointSeries
    from aanad.serving.asgi import Message, Send

PAGES = "(pages)"
NO_ROUTE = "(no route)"
CLIENT_LEFT = 499


def router_series(prefix: str) -> str:
    """What the requests of a router are counted under."""
    return f"(router {prefix or '/'})"


class CountedAnswer:
    """One answer on its way."""

    __slots__ = ("_began", "_send", "_series", "_status")

    def __init__(self, series: EndpointSeries, send: Send) -> None:
        self._began = perf_counter()
        self._send = send
        self._series: EndpointSeries | None = series
        """None once the request has been counted."""
        self._status = 0
        series.begin()

    def send(self, message: Message) -> Awaitable[None]:
        """Pass a message on; the last one ends the request."""
        kind = message["type"]
        if kind == "http.response.body":
            if not message.get("more_body"):
                self._end(self._status)
        elif kind == "http.response.start":
            self._status = message["status"]
        return self._send(message)

    def whole(self, status: int) -> Send:
        """The way to send an answer that is complete: the hot path, which needs nothing to look at each message."""
        self._end(status)
        return self._send

    def belongs_to(self, series: EndpointSeries) -> None:
        """The request is another's."""
        if self._series is not None and series is not self._series:
            series.begin()
            self._series.leave()
            self._series = series

    def broke(self, status: int) -> None:
        """What failed after the status had gone out counts as this one."""
        self._end(status)

    def failed(self, error: BaseException) -> None:
        """Nothing more will be sent, because of `error`."""
        self._end(CLIENT_LEFT if isinstance(error, asyncio.CancelledError) else HTTPStatus.INTERNAL_SERVER_ERROR.value)

    def close(self) -> None:
        """Nothing more will be sent; where the answer is not complete, its client has left."""
        if self._series is not None:
            self._end(CLIENT_LEFT)

    def _end(self, status: int) -> None:
        series = self._series
        if series is not None:
            self._series = None
            series.end(status, perf_counter() - self._began)
