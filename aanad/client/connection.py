"""The only place that knows httpx's errors: whatever goes wrong on the way becomes an `AanaError`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from aanad.client.credentials import base_url, headers
from aanad.client.interruption import cut_short
from aanad.client.problems import error_of
from aanad.client.transports import Cut, transport_to
from aanad.errors import AanaError, Failed
from aanad.wire.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from threading import Event

    from aanad.client.addresses import Address
    from aanad.wire.access import Role

Model = TypeVar("Model")

Parameters = dict[str, "str | int | float | bool | Sequence[str] | None"]
"""Query parameters; those that are None are left out, and several values are given one after the other."""

CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 30.0
"""Beyond the time that a request itself asks the daemon to wait."""


class Connection:
    """One HTTP client on one address.

    Args:
        address: where the daemon is.
        transport: what carries the requests instead, for tests.
        role: act with it at most.
    """

    def __init__(
        self, address: Address, transport: httpx.BaseTransport | None = None, *, role: Role | str | None = None
    ) -> None:
        self.address = address
        self._cut = Cut()
        self._transport = transport
        self._http = httpx.Client(
            base_url=base_url(address),
            headers=headers(address, role),
            transport=transport or transport_to(address, self._cut),
            trust_env=False,
        )

    @property
    def when_cut(self) -> Event:
        """Is set when this connection is cut; what waits to try again waits for it too."""
        return self._cut.event

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the socket."""
        self._http.close()

    def cut(self) -> None:
        """End what other threads wait for here, at once and for good: each gets `DaemonUnavailable`."""
        self._cut.now()
        if self._transport is not None:
            self._transport.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        parameters: Parameters | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        wait_s: float = 0.0,
    ) -> httpx.Response:
        """Send a request and read its whole answer.

        Raises:
            AanaError: the one that the daemon's problem stands for, or `DaemonUnavailable`.
        """
        with self._translated():
            response = self._http.request(
                method,
                path,
                params=_given(parameters),
                content=content,
                headers=headers,
                timeout=_timeout(ANSWER_TIMEOUT_S + wait_s),
            )
        if response.is_error:
            raise _error_from(response)
        return response

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        parameters: Parameters | None = None,
        timeout_s: float | None = None,
        **body: Any,
    ) -> Iterator[httpx.Response]:
        """Send a request and hand its answer out before it is read; errors of the status are the caller's."""
        with (
            self._translated(),
            self._http.stream(method, path, params=_given(parameters), timeout=_timeout(timeout_s), **body) as response,
        ):
            yield response

    @contextmanager
    def streamed_lines(
        self,
        path: str,
        parameters: Parameters,
        *,
        silence_s: float | None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[tuple[Mapping[str, str], Iterator[bytes]]]:
        """The headers and all lines of a stream, which may be silent for so long; problems are raised."""
        with self.stream("GET", path, parameters=parameters, timeout_s=silence_s, headers=headers) as response:
            if response.is_error:
                response.read()
                raise _error_from(response)
            yield response.headers, _lines(response.iter_bytes())

    @contextmanager
    def _translated(self) -> Iterator[None]:
        if self.when_cut.is_set():
            raise cut_short()
        try:
            yield
        except httpx.TransportError as error:
            if self.when_cut.is_set():
                raise cut_short() from error
            from aanad.client.unreachable import unreachable

            raise unreachable(self.address, error, self.when_cut) from error


def parsed(kind: type[Model], text: str | bytes) -> Model:
    """Read JSON as a wire model."""
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        raise Failed(
            f"aanad's answer cannot be read as {getattr(kind, '__name__', kind)}.",
            hint="The daemon and this client are of different versions: compare `aana status` and `aana --version`.",
            code="unreadable_answer",
            detail=str(error).splitlines()[:6],
        ) from error


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    # Not httpx's iter_lines: it also splits at U+2028 and the like, which JSON leaves as they are.
    rest: list[bytes] = []
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        rest.append(first)
        if others:
            yield from [b"".join(rest), *others[:-1]]
            rest = [others[-1]]
    # A line without its end was cut: what it says comes again.


def _given(parameters: Parameters | None) -> dict[str, str | int | float | bool | Sequence[str]]:
    return {name: value for name, value in (parameters or {}).items() if value is not None}


def _timeout(read_s: float | None) -> httpx.Timeout:
    return httpx.Timeout(read_s, connect=CONNECT_TIMEOUT_S)


def _error_from(response: httpx.Response) -> AanaError:
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        return Failed(
            f"aanad answered {response.status_code} {response.reason_phrase} without saying why.",
            hint="Is it aanad that listens there? `aana status` asks it.",
            code="unreadable_answer",
            detail=response.text.splitlines()[:6],
        )
    return error_of(problem)
