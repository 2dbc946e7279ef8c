"""Why a daemon cannot be reached, as a sentence, a code and a hint for each kind of address."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import httpx

from aanad.client.addresses import HttpsAddress, SshAddress, UnixAddress
from aanad.errors import DaemonUnavailable

if TYPE_CHECKING:
    from threading import Event

    from aanad.client.addresses import Address

_START_HINT = "Start it with `aanad`, or `systemctl start aanad`; `--context` names another daemon."


def unreachable(address: Address, error: httpx.TransportError, cut: Event) -> DaemonUnavailable:
    """The error to raise for one of httpx's.

    Codes: ``socket_forbidden``, ``tls_untrusted``, ``unknown_host``, those of ssh, else ``daemon_unavailable``.
    """
    match error:
        case httpx.ConnectError() if isinstance(address, UnixAddress):
            return _no_socket(address, error)
        case httpx.ConnectError() if isinstance(address, HttpsAddress):
            return _no_host(address, error)
        case httpx.ConnectTimeout():
            return DaemonUnavailable(f"aanad does not take connections on {address}.", hint=_START_HINT)
        case httpx.TimeoutException():
            return DaemonUnavailable(
                f"aanad did not answer in time on {address}.",
                hint="Its log says what it is busy with: `journalctl -u aanad`, or the terminal it runs in.",
            )
    if isinstance(address, SshAddress):
        from aanad.client.tunnels import tunnel_to

        return tunnel_to(address).diagnosis(cut)
    return DaemonUnavailable(
        f"aanad closed the connection on {address} before its answer was complete.",
        hint="It may have been stopped or restarted: `aana status` says how it is.",
        may_have_arrived=True,
    )


def _no_socket(address: UnixAddress, error: httpx.ConnectError) -> DaemonUnavailable:
    path = address.socket
    match _cause(error):
        case PermissionError():
            return DaemonUnavailable(
                f"You may not use aanad's socket {path}.",
                hint="Its group may: `sudo usermod -aG aana $USER`, then log in again.",
                code="socket_forbidden",
            )
        case FileNotFoundError():
            return DaemonUnavailable(f"aanad is not running: there is no socket {path}.", hint=_START_HINT)
        case ConnectionRefusedError():
            return DaemonUnavailable(
                f"aanad is not running: nobody answers on {path}, which one that ended has left there.",
                hint=_START_HINT,
            )
        case _:
            return DaemonUnavailable(f"aanad cannot be reached on {path}: {error}.", hint=_START_HINT)


def _no_host(address: HttpsAddress, error: httpx.ConnectError) -> DaemonUnavailable:
    match _cause(error):
        case ssl.SSLCertVerificationError() as cause:
            return DaemonUnavailable(
                f"The certificate of {address} is not trusted: {cause.verify_message}.",
                hint="`aana context add … --ca-file FILE` names who may vouch for it.",
                code="tls_untrusted",
            )
        case ssl.SSLError() as cause:
            return DaemonUnavailable(
                f"{address} does not speak TLS as this client does: {cause.reason or cause}.",
                hint="Is it aanad's port?",
            )
        case socket.gaierror():
            return DaemonUnavailable(
                f"There is no host {address.host}.",
                hint="`aana context list` shows the addresses.",
                code="unknown_host",
            )
        case ConnectionRefusedError():
            return DaemonUnavailable(f"Nobody answers on {address}.", hint="Is aanad running there, on this port?")
        case _:
            return DaemonUnavailable(f"{address} cannot be reached: {error}.", hint="Are you in its network (VPN)?")


def _cause(error: BaseException) -> BaseException | None:
    """The operating system's own error behind httpx's and httpcore's."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return cause
