"""Ports: which ones a head needs, whether they are free, and who holds one that is not."""

from __future__ import annotations

import random
import socket
from typing import TYPE_CHECKING, NamedTuple

import psutil

from aanad.errors import Failed, InvalidSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aanad.settings import Settings

ANY = ""
CHOICES = range(20000, 30000)
"""Below the kernel's own range for outgoing connections, which could take a port while its owner is run again, and
below Serve's replicas, which listen from 30000 on."""


class FixedPort(NamedTuple):
    """A port that a setting names."""

    setting: str
    host: str
    port: int

    @property
    def variable(self) -> str:
        """The environment variable that changes it."""
        return f"AANA_{self.setting.upper().replace('.', '__')}"


class ServePorts(NamedTuple):
    """Ports of Serve's own processes."""

    haproxy_stats: int
    haproxy_metrics: int
    fallback: int
    """Of the proxy that holds requests while a project has no replica. Serve's own choice, 8500, is shared by every
    cluster of the machine: requests then reach another cluster's proxy, which answers 404."""


def fixed_ports(settings: Settings, *, joins: bool = False) -> list[FixedPort]:
    """The ports that settings fix for a head, or for a node that joins one."""
    wanted = [FixedPort("serve.port", settings.serve.host, settings.serve.port)]
    if not joins:
        wanted += [
            FixedPort("ray.port", ANY, settings.ray.port),
            FixedPort("ray.dashboard_port", "127.0.0.1", settings.ray.dashboard_port),
        ]
    wanted += [
        FixedPort("ray.haproxy_stats_port", ANY, settings.ray.haproxy_stats_port),
        FixedPort("ray.haproxy_metrics_port", ANY, settings.ray.haproxy_metrics_port),
    ]
    return [port for port in wanted if port.port != 0]


def check(wanted: Sequence[FixedPort]) -> None:
    """Refuse ports that are taken or named twice.

    Raises:
        InvalidSettings: two settings name the same port.
        Failed: ``port_in_use``, with the holder where that can be found out.
    """
    seen: dict[int, FixedPort] = {}
    for port in wanted:
        if port.port in seen:
            raise InvalidSettings(
                f"The settings {seen[port.port].setting} and {port.setting} both name port {port.port}.",
                hint=f"Give one of them another port, with {port.variable} say.",
            )
        seen[port.port] = port
    for port in wanted:
        if not is_free(port.host, port.port):
            raise Failed(
                f"Port {port.port}, which the setting {port.setting} names, is in use{_by_whom(port.port)}.",
                hint=f"Stop what uses it, or set {port.variable} to a free port.",
                code="port_in_use",
                port=port.port,
            )


def is_free(host: str, port: int) -> bool:
    """Whether something could listen there now."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # Connections in TIME_WAIT hinder no server.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            # Two sockets may be bound like this; only one of them may listen.
            probe.listen(1)
    except OSError:
        return False
    return True


def choose_free(taken: set[int]) -> int:
    """A free port outside of `taken`, which it is added to."""
    for port in random.sample(CHOICES, k=len(CHOICES)):
        if port not in taken and is_free(ANY, port):
            taken.add(port)
            return port
    raise Failed(f"No port between {CHOICES.start} and {CHOICES.stop - 1} is free.", code="port_in_use")


def holder(port: int) -> psutil.Process | None:
    """The process that listens on a port; None where that cannot be found out."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
            if listens and connection.pid:
                return psutil.Process(connection.pid)
    except psutil.Error:
        return None
    return None


def _by_whom(port: int) -> str:
    process = holder(port)
    if process is None:
        return ""
    try:
        return f" by {process.name()} (pid {process.pid})"
    except psutil.Error:
        return f" by pid {process.pid}"
