"""The only place that knows httpx's errors: whatever goes wrong on the way becomes an `AanaError`."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self, TypeVar
from weakref import WeakSet

import httpcore
import httpx
from pydantic import TypeAdapter, ValidationError

from aanad.client.problems import error_of
from aanad.errors import AanaError, DaemonUnavailable, Failed
from aanad.wire.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aanad.client.contexts import Address

Model = TypeVar("Model")

Parameters = dict[str, "str | int | float | bool | Sequence[str] | None"]
"""Query parameters; those that are None are left out, and several values are given one after the other."""

CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 30.0
"""Beyond the time that a request itself asks the daemon to wait."""
_START_HINT = "Start it with `aanad`, or `systemctl start aanad`; `--context` names another daemon."


class Connection:
    """One HTTP client on one address."""

    def __init__(self, address: Address, transport: httpx.BaseTransport | None = None) -> None:
        self.address = address
        self._backend = _UnixBackend()
        self._transport = transport
        self._http = httpx.Client(
            # The host is never looked up: it only fills the Host header.
            base_url="http://localhost",
            transport=transport or _unix_transport(str(address.socket), self._backend),
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the socket."""
        self._http.close()

    def cut(self) -> None:
        """End what other threads wait for here, at once: each gets `DaemonUnavailable`."""
        if self._transport is not None:
            self._transport.close()
        self._backend.cut()

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
        try:
            yield
        except httpx.ConnectError as error:
            raise self._cannot_connect(error) from error
        except httpx.ConnectTimeout as error:
            raise DaemonUnavailable(f"aanad does not take connections on {self.address}.", hint=_START_HINT) from error
        except httpx.TimeoutException as error:
            raise DaemonUnavailable(
                f"aanad did not answer in time on {self.address}.",
                hint="Its log says what it is busy with: `journalctl -u aanad`, or the terminal it runs in.",
            ) from error
        except httpx.TransportError as error:
            raise DaemonUnavailable(
                f"aanad closed the connection on {self.address} before its answer was complete.",
                hint="It may have been stopped or restarted: `aana status` says how it is.",
                may_have_arrived=True,
            ) from error

    def _cannot_connect(self, error: httpx.ConnectError) -> DaemonUnavailable:
        socket = self.address.socket
        match _cause(error):
            case PermissionError():
                return DaemonUnavailable(
                    f"You may not use aanad's socket {socket}.",
                    hint="Its group may: `sudo usermod -aG aana $USER`, then log in again.",
                )
            case FileNotFoundError():
                return DaemonUnavailable(f"aanad is not running: there is no socket {socket}.", hint=_START_HINT)
            case ConnectionRefusedError():
                return DaemonUnavailable(f"aanad is not running: nobody answers on {socket}.", hint=_START_HINT)
            case _:
                return DaemonUnavailable(f"aanad cannot be reached on {socket}: {error}.", hint=_START_HINT)


class _UnixBackend(httpcore.SyncBackend):
    """Tries a socket before httpcore does, whose own failed attempts are never closed (seen in httpcore 1.0)."""

    def __init__(self) -> None:
        self._streams: WeakSet[httpcore.NetworkStream] = WeakSet()

    def cut(self) -> None:
        """Shut every connection down, so that no thread goes on waiting for it."""
        for stream in list(self._streams):
            with suppress(OSError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            with socket.socket(socket.AF_UNIX) as attempt:
                attempt.settimeout(timeout)
                attempt.connect(path)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        stream = super().connect_unix_socket(path, timeout, socket_options)
        self._streams.add(stream)
        return stream


def _unix_transport(path: str, backend: _UnixBackend) -> httpx.HTTPTransport:
    # A context of our own, because httpx's would read every certificate authority for a socket that has no TLS.
    transport = httpx.HTTPTransport(uds=path, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    # httpx has no parameter for the backend.
    transport._pool = httpcore.ConnectionPool(uds=path, network_backend=backend)  # noqa: SLF001
    return transport


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


def _cause(error: BaseException) -> BaseException | None:
    """The operating system's own error behind httpx's and httpcore's."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return cause
