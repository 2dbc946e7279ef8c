"""Sockets of other machines, forwarded by the system's ssh to private ones of this process.

One tunnel a box serves all clients of the process. It begins when it is first needed, in the thread that needs it,
begins anew when it died, and ends with the process, however that ends.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

from aanad.client.interruption import cut_short
from aanad.client.ssh_lookup import Finding, Lookup, lookup_problem, read_answer, script
from aanad.client.ssh_problems import ssh_problem
from aanad.errors import DaemonUnavailable, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from aanad.client.addresses import SshAddress

SSH_VARIABLE = "AANA_SSH"
"""The command to use for ssh, with arguments: ``ssh -F ~/.ssh/other_config``."""
START_LIMIT_S = 30.0
LOOKUP_LIMIT_S = 20.0
CHECK_S = 0.01
TURN_S = 0.1
MAX_FOLDER_CHARS = 60
"""ssh adds up to 30 to a socket's name while it makes it, and a Unix socket's path has at most 107."""
_RULES = (
    "BatchMode=yes",
    "ControlPersist=no",
    "ExitOnForwardFailure=yes",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
)
_DEFAULTS = ("ConnectTimeout=10", "LogLevel=ERROR", "ServerAliveCountMax=3", "ServerAliveInterval=10")
"""What a context's own ssh_options may set otherwise."""
_NO_OTHER_WAY = ("-o", "ProxyCommand=false")
"""Where the connection is gone, an ssh that was to share it would make one of its own."""
_NO_OTHER_FORWARDS = ("-o", "ClearAllForwardings=yes")
_LIFELINE = """
folder=$1; shift
exec 3<&0
"$@" </dev/null 3<&- &
ssh=$!
{ read -r _ <&3; kill "$ssh"; } >/dev/null 2>&1 &
wait "$ssh"
status=$?
kill "$!" 2>/dev/null
rm -rf -- "$folder"
exit "$status"
"""
"""Runs a command that ends when our end of its standard input does: the kernel closes that however we end."""
_tunnels: dict[SshAddress, Tunnel] = {}
_tunnels_lock = Lock()


def tunnel_to(address: SshAddress) -> Tunnel:
    """The one tunnel of this process to a box; nothing is started yet."""
    with _tunnels_lock:
        return _tunnels.setdefault(address, Tunnel(address))


def close_tunnels() -> None:
    """End all tunnels of this process."""
    with _tunnels_lock:
        for tunnel in _tunnels.values():
            tunnel.close()
        _tunnels.clear()


class Tunnel:
    """One ssh connection to a box, with aanad's socket forwarded."""

    def __init__(self, address: SshAddress) -> None:
        self.address = address
        self._lock = Lock()
        self._ssh: _Master | None = None
        self._socket: Path | None = None

    @property
    def pid(self) -> int | None:
        """The process that runs ssh, while it runs."""
        return self._ssh.process.pid if self._ssh is not None and self._ssh.is_alive else None

    def socket(self, cut: Event) -> Path:
        """The local socket that leads to aanad; connects where that is not done yet.

        Args:
            cut: ends the waiting.

        Raises:
            DaemonUnavailable: with what ssh said, or why there is no socket.
        """
        with self._turn(cut):
            if self._ssh is None or not self._ssh.is_alive:
                self._end()
                self._ssh = _Master(self.address)
                try:
                    self._ssh.wait(cut)
                except BaseException:
                    self._end()
                    raise
            if self._socket is None:
                self._socket = self._ssh.forward(self._path(self._ssh, cut), cut)
            return self._socket

    def lost(self, socket: Path, cut: Event) -> None:
        """Nobody listens on a socket that this gave: the next one is of a new connection."""
        with self._turn(cut):
            if socket == self._socket:
                self._end()

    def diagnosis(self, cut: Event) -> DaemonUnavailable:
        """Why nobody answered at the socket."""
        with self._turn(cut):
            if self._ssh is None or not self._ssh.is_alive:
                return DaemonUnavailable(
                    f"The ssh connection to {self.address.destination} ended.",
                    hint="It is made again with the next request.",
                    may_have_arrived=True,
                )
            answer = self._ssh.look(cut)
        if answer.finding in {Finding.MISSING, Finding.FORBIDDEN}:
            return lookup_problem(self.address, answer)
        return DaemonUnavailable(
            f"aanad does not answer on {answer.where or self.address.socket} of {self.address.destination}.",
            hint="It may have ended or been restarted; or sshd there forbids it (AllowStreamLocalForwarding).",
            may_have_arrived=True,
        )

    def close(self) -> None:
        """End it."""
        with self._lock:
            self._end()

    @contextmanager
    def _turn(self, cut: Event) -> Iterator[None]:
        """One thread at a time, which may take as long as a login; the others wait until they are cut."""
        while not self._lock.acquire(timeout=TURN_S):
            _unless(cut)
        try:
            yield
        finally:
            self._lock.release()

    def _path(self, ssh: _Master, cut: Event) -> str:
        answer = ssh.look(cut)
        if answer.finding is Finding.FOUND:
            return answer.where
        if answer.finding is Finding.UNKNOWN and self.address.socket:
            return self.address.socket
        raise lookup_problem(self.address, answer)

    def _end(self) -> None:
        if self._ssh is not None:
            self._ssh.end()
        self._ssh, self._socket = None, None


class _Master:
    """An ssh process that other ssh processes of ours share the connection of."""

    def __init__(self, address: SshAddress) -> None:
        self._address = address
        self._command = _command()
        self._folder = _folder()
        self._control = self._folder / "c"
        self._forwarded = 0
        self._said: deque[str] = deque(maxlen=40)
        arguments = [*self._arguments(), *_NO_OTHER_FORWARDS, "-M", "-N", *self._place()]
        self.process = subprocess.Popen(  # noqa: S603 - the shell gets its arguments by "$@" and parses none
            ["/bin/sh", "-c", _LIFELINE, "aana-ssh", str(self._folder), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # a key pressed in our terminal is not for it, and it has none to ask at
        )
        self._listener = Thread(target=self._listen, name="ssh", daemon=True)
        self._listener.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def wait(self, cut: Event) -> None:
        """Until the box has let us in."""
        deadline = time.monotonic() + START_LIMIT_S
        while not self._control.exists():
            _unless(cut)
            if not self.is_alive:
                self._listener.join(1)
                raise ssh_problem(self._address, self._said)
            if time.monotonic() > deadline:
                raise ssh_problem(self._address, [*self._said, "Connection timed out"])
            time.sleep(CHECK_S)

    def look(self, cut: Event) -> Lookup:
        """Ask the box for its socket."""
        arguments = [*_NO_OTHER_FORWARDS, "-T", *self._place(), "sh", "-s"]
        return read_answer(self._run(arguments, script(self._address), cut)[0])

    def forward(self, path: str, cut: Event) -> Path:
        """Make a local socket that leads to one of the box."""
        self._forwarded += 1
        local = self._folder / f"s{self._forwarded}"
        # Without the user's configuration, whose own forwards would be asked for as well.
        arguments = ["-F", "none", "-O", "forward", "-L", f"{local}:{path}", *self._place()]
        _, said = self._run(arguments, "", cut)
        if not local.exists():
            raise ssh_problem(self._address, said.splitlines())
        return local

    def end(self) -> None:
        """End it, and wait until its folder is gone."""
        assert self.process.stdin is not None  # noqa: S101 - it has one, as it was started with
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._listener.join(1)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, arguments: list[str], given: str, cut: Event) -> tuple[str, str]:
        """Run another ssh on this connection; what it printed, and what it said on its standard error."""
        deadline = time.monotonic() + LOOKUP_LIMIT_S
        with subprocess.Popen(  # noqa: S603 - no shell
            [*self._arguments(), *_NO_OTHER_WAY, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            text: str | None = given
            while True:
                try:
                    return process.communicate(text, timeout=0.1)
                except subprocess.TimeoutExpired:
                    text = None
                    if cut.is_set() or time.monotonic() > deadline:
                        process.kill()
                        _unless(cut)

    def _arguments(self) -> list[str]:
        """The command with what all its runs share; of an option that is given twice ssh takes the first."""
        return [
            *self._command,
            *_each("-o", _RULES),
            *("-a", "-x", "-S", str(self._control)),
            *self._address.options,
            *_each("-o", _DEFAULTS),
        ]

    def _place(self) -> list[str]:
        user, port = self._address.user, self._address.port
        return [*(["-l", user] if user else []), *(["-p", str(port)] if port else []), "--", self._address.host]

    def _listen(self) -> None:
        assert self.process.stderr is not None  # noqa: S101 - as above
        with self.process.stderr as lines:
            self._said.extend(line.rstrip("\n") for line in lines)


def _each(flag: str, options: tuple[str, ...]) -> list[str]:
    return [word for option in options for word in (flag, option)]


def _command() -> list[str]:
    text = os.environ.get(SSH_VARIABLE) or "ssh"
    try:
        command = shlex.split(text)
    except ValueError:
        command = []
    if not command:
        raise InvalidInput(f"{SSH_VARIABLE} is no command: {text!r}.", hint="`ssh -F ~/.ssh/other_config`, say.")
    if shutil.which(command[0]) is None:
        raise DaemonUnavailable(
            f"There is no command {command[0]}, by which ssh:// contexts are reached.",
            hint=f"apt-get install openssh-client, or name another one by {SSH_VARIABLE}.",
            code="ssh_failed",
        )
    return command


def _folder() -> Path:
    """A folder that only this user can enter, in the user's own for what may vanish where there is one."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    is_usable = Path(given).is_dir() and len(given) <= MAX_FOLDER_CHARS and os.access(given, os.W_OK)
    try:
        return Path(tempfile.mkdtemp(prefix="aana-ssh-", dir=given if given and is_usable else "/tmp"))  # noqa: S108 - made 0700
    except OSError as error:
        raise DaemonUnavailable(
            f"No folder can be made for the tunnel: {error.strerror}.",
            hint="Set XDG_RUNTIME_DIR to a folder of yours with a short path.",
            code="ssh_failed",
        ) from error


def _unless(cut: Event) -> None:
    if cut.is_set():
        raise cut_short()
