"""How the parts of the simulated API are written: a path, a function, an answer; no part knows another."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from aanad.wire.access import ROLE_HEADER, Role
from aanad.wire.problems import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from aana_tui.demo.box import SimulatedBox

READS = frozenset({"GET", "HEAD"})


class Refusal(Exception):
    """Raised by a route: it is answered by this problem."""

    def __init__(self, status: int, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(title=code, status=status, code=code, message=message, hint=hint or None)


@dataclass(frozen=True)
class Call:
    """One request as a route sees it."""

    box: SimulatedBox
    request: httpx.Request
    path: Mapping[str, str]
    """What the path's ``{names}`` stand for."""
    is_cut: Callable[[], bool]
    """Whether the client, or the link, is gone."""

    @property
    def query(self) -> httpx.QueryParams:
        """What stands after the question mark."""
        return self.request.url.params

    def json(self) -> Any:
        """The request's body."""
        return json.loads(self.request.content or b"null")

    def wait_for(self, is_true: Callable[[], bool], timeout_s: float) -> bool:
        """Wait, until something of the box is so (it is told of by `SimulatedBox.changed`) or the time is over.

        Raises:
            httpx.ReadError: the client, or the link, is gone.
        """
        with self.box.changed:
            found = self.box.changed.wait_for(lambda: self.is_cut() or is_true(), timeout_s)
        if self.is_cut():
            raise httpx.ReadError("The link was cut.", request=self.request)
        return bool(found)


@dataclass(frozen=True)
class Route:
    """A path and what answers there."""

    method: str
    template: str
    """As in the daemon's own description: ``/v1/projects/{project}/start``."""
    answer: Callable[[Call], httpx.Response]
    role: Role

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """What the names in the path stand for; None where it is another path."""
        if method != self.method:
            return None
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.template))
        found = re.fullmatch(pattern, path)
        return found.groupdict() if found else None


class Routes(list[Route]):
    """The routes of one part: ``@routes("GET", "/v1/gpus")`` before a function that takes a `Call`."""

    def __call__(
        self, method: str, template: str, *, role: Role | None = None
    ) -> Callable[[Callable[[Call], httpx.Response]], Callable[[Call], httpx.Response]]:
        """Answer here; what is no reading needs an operator, where not said otherwise."""
        needed = role or (Role.VIEWER if method in READS else Role.OPERATOR)

        def add(answer: Callable[[Call], httpx.Response]) -> Callable[[Call], httpx.Response]:
            self.append(Route(method, template, answer, needed))
            return answer

        return add


def role_of(request: httpx.Request, granted: Role) -> Role:
    """What the caller may do: what it was granted, or the less that it asks for."""
    asked = request.headers.get(ROLE_HEADER)
    wanted = Role(asked) if asked in set(Role) else granted
    return wanted if granted.covers(wanted) else granted


def answered(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """JSON: of a wire model, of a list of them, or of plain values."""
    if hasattr(value, "model_dump_json"):
        content = value.model_dump_json()
    else:
        content = json.dumps(value, default=lambda model: model.model_dump(mode="json"))
    return httpx.Response(status, content=content, headers={"content-type": "application/json", **(headers or {})})


def refused(problem: Problem) -> httpx.Response:
    """A problem as the daemon answers it."""
    content = problem.model_dump_json(exclude_none=True)
    return httpx.Response(problem.status, content=content, headers={"content-type": MEDIA_TYPE})


def streamed(
    call: Call,
    chunks: Iterable[bytes],
    media_type: str = "application/x-ndjson",
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """An answer that comes bit by bit; it is cut where the client or the link is gone. Waits go by `Call.wait_for`."""
    return httpx.Response(200, stream=_Stream(call, chunks), headers={"content-type": media_type, **(headers or {})})


class _Stream(httpx.SyncByteStream):
    def __init__(self, call: Call, chunks: Iterable[bytes]) -> None:
        self._call = call
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            if self._call.is_cut():
                raise httpx.ReadError("The link was cut.", request=self._call.request)
            yield chunk
