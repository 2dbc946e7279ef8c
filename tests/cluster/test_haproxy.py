"""HAProxy as the unit runs it: a server learns that a client left, however the request came."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
from pathlib import Path

import pytest

from aanad.cluster import environment
from aanad.cluster.folders import Folders
from aanad.cluster.ports import ServePorts
from aanad.errors import Failed
from aanad.settings import Settings
from tests.e2e.box import eventually, free_ports

CLIENTS = 60
"""With splicing, between a sixth and a half of such clients were overlooked."""
CONFIGURATION = """
global
    nbthread 4
defaults
    mode http
    timeout connect 5s
    timeout client 3600s
    timeout server 3600s
    timeout http-keep-alive 90s
    option abortonclose
    option splice-request
    option splice-response
    option http-no-delay
    option idle-close-on-response
frontend clients
    bind 127.0.0.1:{port}
    default_backend replicas
backend replicas
    http-reuse always
    server replica 127.0.0.1:{server_port}
"""
"""What of Ray's own configuration touches a client's connection."""


def settings_of_ray(tmp_path: Path) -> dict[str, str]:
    settings = Settings(runtime_dir=tmp_path, state_dir=tmp_path)
    return environment.ray_settings(settings, Folders(settings), serve_ports=ServePorts(1, 2, 3))


async def test_a_client_that_leaves_is_noticed_by_the_server(tmp_path: Path) -> None:
    """Its headers and its body came apart, as most clients send them; the answer had begun, and waits for more."""
    port, server_port = free_ports(2)
    (tmp_path / "haproxy.cfg").write_text(CONFIGURATION.format(port=port, server_port=server_port))
    ended = 0

    async def never_finish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal ended
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n0\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            await reader.read()
        ended += 1
        writer.close()

    async def leave() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nhost: box\r\ncontent-length: 2\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.002)
        writer.write(b"{}")
        await reader.readuntil(b"0\n")
        writer.close()

    env = settings_of_ray(tmp_path)
    server = await asyncio.start_server(never_finish, "127.0.0.1", server_port)
    proxy = await asyncio.create_subprocess_exec(
        env["RAY_SERVE_HAPROXY_BINARY_PATH"],
        *("-db", "-f", str(tmp_path / "haproxy.cfg")),
        env=os.environ | env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await asyncio.to_thread(eventually, lambda: answers(port), within=10)
        for _ in range(CLIENTS):
            await leave()
        await asyncio.to_thread(eventually, lambda: ended, lambda count: count == CLIENTS, within=2)
    finally:
        proxy.kill()
        await proxy.wait()
        server.close()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_operator_s_own_haproxy_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray's own setting says which, and one that is not there is named."""
    own = tmp_path / "haproxy"
    own.write_text('#!/bin/sh\necho "$@"\n')
    own.chmod(0o755)
    monkeypatch.setenv("RAY_SERVE_HAPROXY_BINARY_PATH", str(own))

    env = settings_of_ray(tmp_path)
    done = subprocess.run(
        [env["RAY_SERVE_HAPROXY_BINARY_PATH"], "-f", "a file"], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout == "-dS -f a file\n"

    monkeypatch.setenv("RAY_SERVE_HAPROXY_BINARY_PATH", str(tmp_path / "none"))
    with pytest.raises(Failed, match="none") as caught:
        settings_of_ray(tmp_path)
    assert caught.value.code == "haproxy_not_found"
