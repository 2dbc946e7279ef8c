"""Debian's sshd on a loopback port, with keys, configuration and pid of its own; `ssh -F` and its file reach it.

It needs openssh-server, which `make test-e2e` installs, and touches nothing of the user's own ~/.ssh.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.e2e.box import eventually, free_ports

PROGRAM = "/usr/sbin/sshd"
HOST = "aana-test-box"
"""What the machine is called in the client's configuration."""


class Sshd:
    """A running sshd and what a client needs to reach it as the user who runs the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        [self.port] = free_ports(1)
        self.config = folder / "client_config"
        self.known_hosts = folder / "known_hosts"
        self.identity = folder / "identity"
        self.runtime_dir = folder / "run"
        """AANA_RUNTIME_DIR of whoever logs in."""
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def ssh(self) -> str:
        """The ssh command that knows the way, as AANA_SSH takes it."""
        return f"ssh -F {self.config}"

    def context(self, socket: Path | str = "") -> str:
        """The context of a socket behind it."""
        return f"ssh://{HOST}{socket}"

    def start(self) -> None:
        """Make keys and files, and start it."""
        self.runtime_dir.mkdir()
        for name in ("host_key", "identity", "stranger"):
            self._keygen(self.folder / name)
        (self.folder / "authorized_keys").write_text((self.folder / "identity.pub").read_text())
        self.known_hosts.write_text(self.known_host("host_key"))
        self.config.write_text(
            f"Host {HOST}\n  HostName 127.0.0.1\n  Port {self.port}\n  User {getpass.getuser()}\n"
            f"  IdentityFile {self.identity}\n  IdentitiesOnly yes\n  IdentityAgent none\n"
            f"  UserKnownHostsFile {self.known_hosts}\n  GlobalKnownHostsFile /dev/null\n  HostKeyAlias {HOST}\n"
        )
        (self.folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host_key\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nPidFile {self.folder}/sshd.pid\n"
            # The folder is below /tmp, which StrictModes does not like; a container may have no PAM session to give.
            # SetEnv stands for what an account's own shell would set.
            f"SetEnv AANA_RUNTIME_DIR={self.runtime_dir}\n"
            "StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(
                mode=0o755, exist_ok=True
            )  # what it separates privileges in; a service would make it
        with (self.folder / "log").open("wb") as log:
            self._server = subprocess.Popen(
                [PROGRAM, "-D", "-e", "-f", self.folder / "sshd_config"], stderr=log, stdin=subprocess.DEVNULL
            )
        eventually((self.folder / "sshd.pid").exists, within=10, every=0.02)

    def stop(self) -> None:
        """End it and every connection to it."""
        assert self._server is not None
        try:
            # Each connection is a child, with one more that runs as the user.
            for process in [*psutil.Process(self._server.pid).children(recursive=True)]:
                process.terminate()
        except psutil.NoSuchProcess:
            pass
        self._server.terminate()
        self._server.wait(10)

    def known_host(self, key: str) -> str:
        """The line of known_hosts that takes a key for this machine's."""
        kind, text, *_ = (self.folder / f"{key}.pub").read_text().split()
        return f"{HOST} {kind} {text}\n"

    def clients(self) -> list[psutil.Process]:
        """The ssh processes that hold a connection to it."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if words[:1] == ["ssh"] and str(self.config) in words and "-M" in words:
                found.append(process)
        return found

    def _keygen(self, path: Path) -> None:
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True, stdin=subprocess.DEVNULL
        )


@contextmanager
def running_sshd() -> Iterator[Sshd]:
    """An sshd that is up, and gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="aana-sshd-", dir="/tmp"))
    sshd = Sshd(folder)
    try:
        sshd.start()
        yield sshd
    finally:
        sshd.stop()
        shutil.rmtree(folder)
