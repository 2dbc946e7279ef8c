"""Finding aanad's socket on a box that ssh reaches: a script for its shell, and what that says."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from aanad.client.terminal import sanitise
from aanad.errors import DaemonUnavailable
from aanad.locations import SOCKET_NAME

if TYPE_CHECKING:
    from aanad.client.addresses import SshAddress

_MARK = "aana-socket"
"""Before the answer; a login shell may print anything else."""
_CANDIDATES = f"""
set -- /run/aana/{SOCKET_NAME}
[ -z "$XDG_RUNTIME_DIR" ] || set -- "$@" "$XDG_RUNTIME_DIR/aana/{SOCKET_NAME}"
user=$(id -u)
set -- "$@" "/run/user/$user/aana/{SOCKET_NAME}"
[ ! -O "/tmp/aana-$user" ] || set -- "$@" "/tmp/aana-$user/{SOCKET_NAME}"
[ -z "$AANA_RUNTIME_DIR" ] || set -- "$AANA_RUNTIME_DIR/{SOCKET_NAME}" "$@"
"""
_LOOK = f"""
forbidden=
for socket in "$@"; do
  folder=${{socket%/*}}
  if [ -S "$socket" ] && [ -w "$socket" ]; then echo "{_MARK} found $socket"; exit; fi
  if [ -S "$socket" ] || {{ [ -d "$folder" ] && [ ! -x "$folder" ]; }}; then forbidden=${{forbidden:-$socket}}; fi
done
if [ -n "$forbidden" ]; then echo "{_MARK} forbidden $forbidden"; else echo "{_MARK} missing $*"; fi
"""


class Finding(StrEnum):
    """What was found."""

    FOUND = "found"
    FORBIDDEN = "forbidden"
    """There is one, but the user may not open it."""
    MISSING = "missing"
    UNKNOWN = "unknown"
    """The box ran no command for us."""


@dataclass(frozen=True)
class Lookup:
    """The answer of a box."""

    finding: Finding
    where: str = ""
    """The socket; where none was found, all that were tried."""


def script(address: SshAddress) -> str:
    """What the box's `sh` is to read from its standard input."""
    candidates = f"set -- {shlex.quote(address.socket)}\n" if address.socket else _CANDIDATES
    return candidates + _LOOK


def read_answer(output: str) -> Lookup:
    """What the script printed."""
    for line in output.splitlines():
        mark, _, rest = line.partition(" ")
        finding, _, where = rest.partition(" ")
        if mark == _MARK and finding in set(Finding):
            return Lookup(Finding(finding), sanitise(where))
    return Lookup(Finding.UNKNOWN)


def lookup_problem(address: SshAddress, answer: Lookup) -> DaemonUnavailable:
    """Why there is no socket to use; for any finding but FOUND."""
    box = address.destination
    match answer.finding:
        case Finding.FORBIDDEN:
            return DaemonUnavailable(
                f"You may not use aanad's socket {answer.where} on {box}.",
                hint="Its group may: `sudo usermod -aG aana $USER` there, then connect again.",
                code="socket_forbidden",
            )
        case Finding.UNKNOWN:
            return DaemonUnavailable(
                f"{box} does not run the command that looks for aanad's socket.",
                hint="Name the socket: ssh://host/run/aana/aanad.sock.",
                code="ssh_failed",
            )
        case _:
            tried = answer.where.replace(" ", ", ")
            return DaemonUnavailable(
                f"aanad is not running on {box}: there is no socket {tried}.",
                hint="Start it there with `aanad`, or `systemctl start aanad`; ssh://host/path names another socket.",
            )
