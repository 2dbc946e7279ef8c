"""What carries requests to each kind of address, and can be cut by another thread."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import httpcore
import httpx

from aanad.client.addresses import HttpsAddress, SshAddress, UnixAddress
from aanad.client.interruption import cut_short
from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aanad.client.addresses import Address


class Cut:
    """Ends what threads wait for on the connections of one client, now and later."""

    def __init__(self) -> None:
        self.event = Event()
        self._streams: WeakSet[_CuttableStream] = WeakSet()

    def add(self, stream: _CuttableStream) -> None:
        """A connection was made."""
        self._streams.add(stream)
        if self.event.is_set():
            stream.cut()
            raise cut_short()

    def now(self) -> None:
        """Shut every connection down."""
        self.event.set()
        for stream in list(self._streams):
            stream.cut()


def transport_to(address: Address, cut: Cut) -> httpx.HTTPTransport:
    """A transport; it connects with the first request.

    Raises:
        InvalidInput: ``invalid_context``; certificates that cannot be read.
    """
    match address:
        case HttpsAddress():
            context = _tls_context(address)
            transport = httpx.HTTPTransport(verify=context)
            pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_Backend(cut))
        case UnixAddress() | SshAddress():
            # A context of our own, because httpx's would read every certificate authority for a socket without TLS.
            transport = httpx.HTTPTransport(uds="aanad", verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
            pool = httpcore.ConnectionPool(uds="aanad", network_backend=_backend(address, cut))
    # httpx has no parameter for the backend.
    transport._pool = pool  # noqa: SLF001
    return transport


def _backend(address: UnixAddress | SshAddress, cut: Cut) -> _Backend:
    if isinstance(address, UnixAddress):
        path = address.socket
        return _Backend(cut, lambda: path)
    from aanad.client.tunnels import tunnel_to

    tunnel = tunnel_to(address)
    return _Backend(cut, lambda: tunnel.socket(cut.event), lambda path: tunnel.lost(path, cut.event))


def _tls_context(address: HttpsAddress) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=address.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise InvalidInput(
            f"The certificates in {address.ca_file} cannot be read: {error.strerror or error}.",
            hint="The ca_file of a context holds certificates as PEM.",
            code="invalid_context",
        ) from error


class _Backend(httpcore.SyncBackend):
    """Connects.

    Args:
        cut: ends the connections.
        find: where the Unix socket is now.
        lost: is told of one that nobody listens on; then `find` may know another.
    """

    def __init__(self, cut: Cut, find: Callable[[], Path] = Path, lost: Callable[[Path], None] | None = None) -> None:
        self._cut = cut
        self._find = find
        self._lost = lost

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return self._cuttable(super().connect_tcp(host, port, timeout, local_address, socket_options))

    def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 - the place changes when a tunnel is made again
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        found = self._find()
        try:
            _try(found, timeout)
        except httpcore.ConnectError:
            if self._lost is None:
                raise
            self._lost(found)
            found = self._find()
            _try(found, timeout)
        return self._cuttable(super().connect_unix_socket(str(found), timeout, socket_options))

    def _cuttable(self, stream: httpcore.NetworkStream) -> _CuttableStream:
        found = _CuttableStream(stream, stream.get_extra_info("socket").dup())
        self._cut.add(found)
        return found


def _try(path: Path, timeout: float | None) -> None:
    """Connect before httpcore does, whose own failed attempts are never closed (seen in httpcore 1.0)."""
    try:
        with socket.socket(socket.AF_UNIX) as attempt:
            attempt.settimeout(timeout)
            attempt.connect(str(path))
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(str(error)) from error
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error


class _CuttableStream(httpcore.NetworkStream):
    """A stream with a second handle on its connection: TLS takes the first one away, and closes it unasked."""

    def __init__(self, stream: httpcore.NetworkStream, handle: socket.socket) -> None:
        self._stream = stream
        self._handle = handle

    def cut(self) -> None:
        """Shut the connection down, whoever reads from it."""
        with suppress(OSError):
            self._handle.shutdown(socket.SHUT_RDWR)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._handle.close()
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._stream = self._stream.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            self._handle.close()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
