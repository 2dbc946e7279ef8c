"""Connections over real sockets: cut by another thread, with TLS and tokens, and what is said where there is none."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aanad.client import Client, HttpsAddress, SshAddress, UnixAddress
from aanad.client.addresses import Address
from aanad.client.ssh_problems import ssh_problem
from aanad.errors import DaemonUnavailable, InvalidInput
from tests.client.silent_server import SilentServer, make_certificate, silent


@contextmanager
def silent_at(kind: str, folder: Path) -> Iterator[tuple[Address, SilentServer]]:
    """A silent server on a Unix socket, or with TLS."""
    if kind == "unix":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(folder / "a.sock"))
        address: Address = UnixAddress(folder / "a.sock")
        context = None
    else:
        listener = socket.create_server(("127.0.0.1", 0))
        pem = make_certificate(folder)
        address = HttpsAddress("127.0.0.1", listener.getsockname()[1], ca_file=pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
    listener.listen()
    with silent(listener, context) as server:
        yield address, server


@pytest.mark.parametrize("kind", ["unix", "https"])
@pytest.mark.parametrize(
    "read",
    [
        lambda client: client.version(),
        lambda client: list(client.watch()),
        lambda client: list(client.logs(follow=True)),
        lambda client: list(client.follow_events()),
    ],
    ids=["answer", "watch", "logs", "events"],
)
def test_a_client_that_is_cut_ends_what_waits_for_it(
    tmp_path: Path, kind: str, read: Callable[[Client], object]
) -> None:
    """Within a second, for good: followers do not try again, and the next request is refused at once."""
    failures: list[DaemonUnavailable] = []

    def wait() -> None:
        with pytest.raises(DaemonUnavailable) as raised:
            read(client)
        failures.append(raised.value)

    with silent_at(kind, tmp_path) as (address, server), Client(address) as client:
        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        assert server.is_waited_for.wait(10)
        began = time.monotonic()
        client.cut()
        thread.join(5)

        assert time.monotonic() - began < 1
        assert ["client_cut"] == [failure.code for failure in failures]
        with pytest.raises(DaemonUnavailable):
            client.version()


def test_a_pause_of_a_follower_is_cut_short(tmp_path: Path) -> None:
    """A follower whose daemon is away waits to try again, and ends with its client all the same."""
    failures: list[DaemonUnavailable] = []

    def wait() -> None:
        with pytest.raises(DaemonUnavailable) as raised:
            list(client.logs(follow=True))
        failures.append(raised.value)

    with Client(UnixAddress(tmp_path / "a.sock")) as client:
        with silent_at("unix", tmp_path) as (_, server):
            thread = threading.Thread(target=wait, daemon=True)
            thread.start()
            assert server.is_waited_for.wait(10)
        (tmp_path / "a.sock").unlink()
        thread.join(0.5)
        client.cut()
        thread.join(1)

    assert not thread.is_alive()
    assert failures


def test_a_read_only_client_says_so_with_each_request(tmp_path: Path) -> None:
    """The daemon enforces it."""
    with silent_at("unix", tmp_path) as (address, server), Client(address, role="viewer") as client:
        _ask_and_cut(client, server)

    assert b"\r\naana-role: viewer\r\n" in server.heard.lower()


def test_a_token_travels_with_tls_only_from_a_file_that_is_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The context's own file wins over AANA_TOKEN, which may be another daemon's."""
    monkeypatch.setenv("AANA_TOKEN", "of-another")
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    token.chmod(0o600)
    with silent_at("https", tmp_path) as (address, server):
        assert isinstance(address, HttpsAddress)
        with Client(HttpsAddress("127.0.0.1", address.port, address.ca_file, token)) as client:
            _ask_and_cut(client, server)
    assert b"\r\nauthorization: bearer s3cret\r\n" in server.heard.lower()

    with silent_at("https", tmp_path) as (address, server), Client(address) as client:
        _ask_and_cut(client, server)
    assert b"\r\nauthorization: bearer of-another\r\n" in server.heard.lower()

    with silent_at("unix", tmp_path) as (address, server), Client(address) as client:
        _ask_and_cut(client, server)
    assert b"authorization" not in server.heard.lower()


@pytest.mark.parametrize(("text", "mode"), [("s3cret", 0o640), ("", 0o600), ("two words", 0o600), (None, 0)])
def test_a_token_file_that_cannot_be_used_is_told(tmp_path: Path, text: str | None, mode: int) -> None:
    """Before anything is sent, and without the token."""
    token = tmp_path / "token"
    if text is not None:
        token.write_text(text)
        token.chmod(mode)

    with pytest.raises(InvalidInput) as raised:
        Client(HttpsAddress("127.0.0.1", token_file=token))

    assert "invalid_token" == raised.value.code
    assert str(token) in raised.value.message
    assert "s3cret" not in f"{raised.value.message}{raised.value.hint}"


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """With the way out."""
    with silent_at("https", tmp_path) as (address, _):
        assert isinstance(address, HttpsAddress)
        with Client(HttpsAddress("127.0.0.1", address.port)) as client, pytest.raises(DaemonUnavailable) as raised:
            client.version()

    assert "tls_untrusted" == raised.value.code
    assert "--ca-file" in (raised.value.hint or "")


def test_a_socket_that_was_left_behind_is_told_from_one_that_is_not_there(tmp_path: Path) -> None:
    """Both sentences name it."""
    stale = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(stale))

    messages = []
    for path in (stale, tmp_path / "missing.sock"):
        with Client(UnixAddress(path)) as client, pytest.raises(DaemonUnavailable) as raised:
            client.version()
        messages.append(raised.value.message)

    assert f"aanad is not running: nobody answers on {stale}, which one that ended has left there." == messages[0]
    assert f"aanad is not running: there is no socket {tmp_path}/missing.sock." == messages[1]


def test_what_ssh_says_is_shown_harmless() -> None:
    """A box's banner or an unknown failure may hold anything."""
    error = ssh_problem(SshAddress("box", "ann", 2222), ["hello", "\x1b]0;x\x07kex_exchange: \x1b[31mreset by peer."])

    assert "ssh to ann@box (port 2222) failed: kex_exchange: reset by peer." == error.message
    assert "`ssh -p 2222 ann@box` by hand shows more." == error.hint
    assert "ssh_failed" == error.code


def _ask_and_cut(client: Client, server: SilentServer) -> None:
    def ask() -> None:
        with pytest.raises(DaemonUnavailable):
            client.version()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    assert server.is_waited_for.wait(10)
    client.cut()
    thread.join(5)
