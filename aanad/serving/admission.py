"""How many requests of one endpoint this replica works on at once, who waits, and who is sent away.

Places are handed on in the order of arrival: one that becomes free goes to the request that has waited longest, never
to one that has just come. Used from one event loop only.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from aanad.sdk.exceptions import TooManyRequests

if TYPE_CHECKING:
    from concurrent.futures import Future

    from aanad.sdk.counts import EndpointSeries

REMEMBERED_DURATIONS = 32
LONGEST_RETRY_AFTER_S = 600


class Admission:
    """The places of one endpoint in one ingress replica."""

    def __init__(
        self, endpoint: str, max_concurrent: int, max_queued: int | None, series: EndpointSeries | None = None
    ) -> None:
        """`series` is told how many wait."""
        self._endpoint = endpoint
        self._max_concurrent = max_concurrent
        self._max_queued = max_queued
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._durations: deque[float] = deque(maxlen=REMEMBERED_DURATIONS)
        self._series = series
        self.running = 0

    @property
    def queued(self) -> int:
        """Requests that wait for a place."""
        return sum(not each.done() for each in self._waiting)

    def refuse_if_full(self) -> None:
        """Look before a request is read, so that a large body is not taken in for nothing.

        Raises:
            TooManyRequests: every place is taken, and so is every place of the queue.
        """
        if self.running < self._max_concurrent or self._max_queued is None or self.queued < self._max_queued:
            return
        raise TooManyRequests(
            f"Endpoint {self._endpoint} is full: at most {self._max_concurrent} at once, "
            f"at most {self._max_queued} waiting.",
            hint="Try again after the seconds in Retry-After, or send fewer requests at once.",
            retry_after_s=self.retry_after_s(),
        )

    async def enter(self) -> Place:
        """Wait for a place.

        Raises:
            TooManyRequests: every place is taken, and so is every place of the queue.
        """
        if self.running < self._max_concurrent:
            self.running += 1
            return Place(self)
        self.refuse_if_full()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if self._series is not None:
            self._series.queued += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._hand_on()  # the place had just been given to a client that left
            else:
                with contextlib.suppress(ValueError):  # already passed over
                    self._waiting.remove(turn)
            raise
        finally:
            if self._series is not None:
                self._series.queued -= 1
        return Place(self)

    def leave(self, duration_s: float) -> None:
        """Take a place back that was held so long."""
        self._durations.append(duration_s)
        self._hand_on()

    def _hand_on(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.running -= 1

    def retry_after_s(self) -> int:
        """Whole seconds until those who wait now have probably begun; from the last durations."""
        if not self._durations:
            return 1
        mean = sum(self._durations) / len(self._durations)
        wait = mean * (self.queued + 1) / self._max_concurrent
        return min(max(1, math.ceil(wait)), LONGEST_RETRY_AFTER_S)


class Place:
    """One request's place; it is free again when the last who holds it lets go."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._loop = asyncio.get_running_loop()
        self._since = time.monotonic()
        self._holders = 1

    def hold_until(self, future: Future[Any] | asyncio.Future[Any]) -> None:
        """A thread cannot be stopped: what still runs in one keeps the place."""
        self._holders += 1
        future.add_done_callback(self._let_go_from_thread)

    def let_go(self) -> None:
        """Give up one hold."""
        self._holders -= 1
        if not self._holders:
            self._admission.leave(time.monotonic() - self._since)

    def _let_go_from_thread(self, _: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and the replica with it
            self._loop.call_soon_threadsafe(self.let_go)
