"""Ports are looked at before Ray starts, because Ray's own message names neither setting nor culprit."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from aanad.cluster import ports
from aanad.cluster.ports import FixedPort
from aanad.errors import Failed, InvalidSettings
from aanad.settings import RaySettings, ServeSettings, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_names_setting_and_culprit(busy: int) -> None:
    """The error says which port, which setting and who holds it; the hint says what to change."""
    with pytest.raises(Failed) as caught:
        ports.check([FixedPort("serve.port", "127.0.0.1", busy)])

    assert caught.value.code == "port_in_use"
    assert caught.value.message.startswith(f"Port {busy}, which the setting serve.port names, is in use by ")
    assert f"(pid {os.getpid()})" in caught.value.message
    assert caught.value.hint == "Stop what uses it, or set AANA_SERVE__PORT to a free port."


def test_a_port_taken_on_loopback_is_taken_for_all_addresses(busy: int) -> None:
    """A server that will listen on every address needs the port free on each."""
    assert not ports.is_free("", busy)


def test_a_closed_connection_leaves_a_port_free() -> None:
    """What the kernel remembers of a stopped server does not hinder the next one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0] as accepted:
            accepted.close()

    assert ports.is_free("127.0.0.1", port)


def test_one_port_for_two_settings_is_refused() -> None:
    """Two settings that name one port are told apart from a port that somebody else uses."""
    with pytest.raises(InvalidSettings, match=r"serve.port and ray.dashboard_port both name port 8000"):
        ports.check([FixedPort("serve.port", "127.0.0.1", 8000), FixedPort("ray.dashboard_port", "127.0.0.1", 8000)])


def test_only_ports_that_settings_fix_are_looked_at() -> None:
    """0 means any free port, so there is nothing to check."""
    settings = Settings(serve=ServeSettings(port=8123), ray=RaySettings(port=0, dashboard_port=8124))

    assert ports.fixed_ports(settings) == [
        FixedPort("serve.port", "127.0.0.1", 8123),
        FixedPort("ray.dashboard_port", "127.0.0.1", 8124),
    ]
    assert ports.fixed_ports(settings, joins=True) == [FixedPort("serve.port", "127.0.0.1", 8123)]


def test_chosen_ports_differ_and_are_free() -> None:
    """Ports that are chosen together never collide."""
    taken: set[int] = set()

    chosen = [ports.choose_free(taken) for _ in range(20)]

    assert len(set(chosen)) == 20
    assert all(ports.is_free("", port) for port in chosen)
