"""A server that takes a request, begins to answer, and then says nothing more: what a client waits for without end."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class SilentServer:
    """What it has heard, and an event that is set when somebody waits."""

    def __init__(self) -> None:
        self.heard = b""
        self.is_waited_for = threading.Event()

    def serve(self, connection: socket.socket) -> None:
        """One connection."""
        with suppress(OSError), connection:
            heard = b""
            while b"\r\n\r\n" not in heard:
                received = connection.recv(65536)
                if not received:
                    return  # a client that only looks whether somebody listens
                heard += received
            self.heard = heard
            connection.sendall(HEAD)
            self.is_waited_for.set()
            connection.recv(1)


@contextmanager
def silent(listener: socket.socket, context: ssl.SSLContext | None = None) -> Iterator[SilentServer]:
    """It listens until this is left; for TLS with a context."""
    server = SilentServer()

    def run() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with suppress(ssl.SSLError):
                    server.serve(connection if context is None else context.wrap_socket(connection, server_side=True))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        listener.close()


def make_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "aanad")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
