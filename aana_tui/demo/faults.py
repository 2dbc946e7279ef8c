"""What goes wrong between a client and the simulated daemon, and what has been asked of it; for tests."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from aanad.wire.problems import Problem

KEPT_REQUESTS = 1000
KEPT_BODY_BYTES = 1 << 20


@dataclass(frozen=True)
class Seen:
    """A request that came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    """Its first MiB."""


class Faults:
    """Faults of the link and of answers."""

    def __init__(self) -> None:
        self.requests: deque[Seen] = deque(maxlen=KEPT_REQUESTS)
        self.is_down = False
        self.cuts = 0
        """How often the link was cut: what began before the last cut ends."""
        self.delay_s = 0.0
        """How long every answer takes."""
        self._problems: list[tuple[str, re.Pattern[str], Problem]] = []

    def note(self, request: httpx.Request) -> None:
        """A request came."""
        body = request.content[:KEPT_BODY_BYTES]
        seen = Seen(request.method, request.url.path, dict(request.url.params), dict(request.headers), body)
        self.requests.append(seen)

    def answer_next(self, method: str, path: str, problem: Problem) -> None:
        """The next request of this method whose path matches the pattern gets this problem."""
        self._problems.append((method, re.compile(path), problem))

    def problem_for(self, request: httpx.Request) -> Problem | None:
        """What stands in the way of this request."""
        for index, (method, path, problem) in enumerate(self._problems):
            if request.method == method and path.fullmatch(request.url.path):
                del self._problems[index]
                return problem
        return None
