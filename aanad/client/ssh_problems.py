"""What ssh says when it cannot connect, as one sentence, a code and a hint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aanad.client.terminal import sanitise
from aanad.errors import DaemonUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aanad.client.addresses import SshAddress

MAX_DETAIL_LINES = 12
_KNOWN = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed",
        "ssh_host_key",
        "The host key of {box} is another one than ssh knows: somebody may be in between.",
        "Ask whoever runs it; if the machine is new, take the old key out of known_hosts (ssh-keygen -R).",
    ),
    (
        r"Host key verification failed|No \S+ host key is known",
        "ssh_host_key",
        "ssh does not know the host key of {box}.",
        "Run `{ssh}` once and compare the key that it shows.",
    ),
    (
        r"Permission denied|Too many authentication failures|No supported authentication methods",
        "unauthorized",
        "{box} does not accept your ssh key.",
        "`{ssh}` must let you in without asking anything: an agent (ssh-add), or IdentityFile in ~/.ssh/config.",
    ),
    (
        r"Could not resolve hostname",
        "unknown_host",
        "There is no host {host}.",
        "A name of ~/.ssh/config, of DNS or an address, as `ssh` takes it.",
    ),
    (
        r"Connection refused",
        "ssh_unreachable",
        "Nothing listens for ssh on {box}.",
        "Is sshd running there, on this port?",
    ),
    (
        r"timed out|No route to host|Network is unreachable|Host is down",
        "ssh_unreachable",
        "{box} cannot be reached by ssh.",
        "Is it on, and are you in its network (VPN)?",
    ),
)


def ssh_problem(address: SshAddress, said: Sequence[str]) -> DaemonUnavailable:
    """The error that ssh's own words stand for; they are its detail.

    Codes: ``ssh_host_key``, ``unauthorized``, ``unknown_host``, ``ssh_unreachable``, else ``ssh_failed``.
    """
    lines = [line for line in (sanitise(each).strip() for each in said) if line]
    box = f"{address.destination} (port {address.port})" if address.port else address.destination
    ssh = f"ssh {f'-p {address.port} ' if address.port else ''}{address.destination}"
    for pattern, code, message, hint in _KNOWN:
        if any(re.search(pattern, line) for line in lines):
            # One line says what our sentence does; several (a changed host key) are evidence.
            words = {"box": box, "host": address.host, "ssh": ssh}
            return DaemonUnavailable(
                message.format(**words),
                hint=hint.format(**words),
                code=code,
                detail=lines[-MAX_DETAIL_LINES:] if len(lines) > 1 else None,
            )
    last = f": {lines[-1].rstrip('.')}" if lines else ""
    return DaemonUnavailable(
        f"ssh to {box} failed{last}.",
        hint=f"`{ssh}` by hand shows more.",
        code="ssh_failed",
        detail=lines[-MAX_DETAIL_LINES:] if len(lines) > 1 else None,
    )
