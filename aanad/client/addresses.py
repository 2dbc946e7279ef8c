"""Addresses of daemons, as contexts write them: ``unix://``, ``https://`` and ``ssh://``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from aanad.errors import InvalidInput

HTTPS_PORT = 443
MAX_PORT = 65535
FORMS = "unix:///path/to/aanad.sock, https://host[:port] or ssh://[user@]host[:port][/path/to/aanad.sock]"

# Compiled when they are needed: a socket of this machine needs none.
_HOST = r"[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?\]"
_USER = r"[A-Za-z0-9_][A-Za-z0-9_.@\\+-]*"
_SOCKET_OF_BOX = r"/[^:\x00-\x20\x7f]+"


@dataclass(frozen=True)
class UnixAddress:
    """A socket of this machine."""

    socket: Path
    name: str | None = field(default=None, compare=False)
    """What the context is called, where it was named."""

    def __str__(self) -> str:
        return f"unix://{self.socket}"


@dataclass(frozen=True)
class HttpsAddress:
    """A daemon that listens on the network."""

    host: str
    """A name, an IPv4 address, or an IPv6 address in brackets."""
    port: int = HTTPS_PORT
    ca_file: Path | None = None
    """Certificates of those who may vouch for it; the system's where not given."""
    token_file: Path | None = None
    """Holds the token that this client shows."""
    name: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"https://{self.host}{'' if self.port == HTTPS_PORT else f':{self.port}'}"


@dataclass(frozen=True)
class SshAddress:
    """A socket of a machine that ssh reaches."""

    host: str
    user: str | None = None
    port: int | None = None
    socket: str | None = None
    """Its whole path there; looked for where not given."""
    options: tuple[str, ...] = ()
    """Further arguments of the ssh command."""
    name: str | None = field(default=None, compare=False)

    @property
    def destination(self) -> str:
        """As people write it: ``ann@gpu-box``."""
        return f"{self.user}@{self.host}" if self.user else self.host

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        user, port = f"{self.user}@" if self.user else "", f":{self.port}" if self.port else ""
        return f"ssh://{user}{host}{port}{self.socket or ''}"


Address = UnixAddress | HttpsAddress | SshAddress
"""Where a daemon is found."""


def parse_address(url: str) -> Address:
    """Read a URL.

    Raises:
        InvalidInput: ``invalid_context``; it says what is wrong.
    """
    scheme, separator, rest = url.partition("://")
    match scheme if separator else "":
        case "unix":
            if not rest.startswith("/") or "\0" in rest:
                raise _invalid(f"The context {url!r} does not name a socket by its whole path.")
            return UnixAddress(Path(rest))
        case "https":
            user, host, port, path = _authority(scheme, rest)
            if user is not None:
                raise _invalid("A context of the kind https:// holds no user.", "Give its token: --token-file.")
            if path not in {"", "/"}:
                raise _invalid(f"The context {url!r} has a path, which https:// does not take.")
            return HttpsAddress(host, port or HTTPS_PORT)
        case "ssh":
            user, host, port, path = _authority(scheme, rest)
            if path not in {"", "/"} and not re.fullmatch(_SOCKET_OF_BOX, path):
                raise _invalid(f"{path!r} is no path of a socket that ssh can forward.")
            return SshAddress(host.strip("[]"), user, port, path.removesuffix("/") or None)
        case "http":
            raise _invalid(
                "A context of the kind http:// would send everything in the clear.",
                "Use ssh://[user@]host, or https://.",
            )
        case _:
            raise _invalid(f"A context of the kind {scheme}:// cannot be used.")


def _authority(scheme: str, rest: str) -> tuple[str | None, str, int | None, str]:
    """User, host, port and path."""
    authority, slash, path = rest.partition("/")
    user, at, place = authority.rpartition("@")
    if ":" in user:
        raise _invalid("A context holds no password.", "ssh uses your keys and your agent; https a token in a file.")
    if at and not re.fullmatch(_USER, user):
        raise _invalid(f"{user!r} is no user name.")
    host, port = place, ""
    if not place.endswith("]") and ":" in place:
        host, _, port = place.rpartition(":")
    if not re.fullmatch(_HOST, host):
        raise _invalid(
            f"{host!r} is no host name.", f"{scheme}://{'[user@]' if scheme == 'ssh' else ''}host[:port], say."
        )
    if port and not (port.isascii() and port.isdecimal() and 0 < int(port) <= MAX_PORT):
        raise _invalid(f"{port!r} is no port.")
    return user if at else None, host, int(port) if port else None, slash + path


def _invalid(message: str, hint: str | None = None) -> InvalidInput:
    return InvalidInput(message, hint=hint or f"Give {FORMS}.", code="invalid_context")
