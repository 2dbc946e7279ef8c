"""A second node on one machine: a Ray unit in a network namespace of its own, joined to a box's head."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.e2e.box import Box, eventually


def missing() -> str:
    """What this machine lacks for it; empty where nothing."""
    if os.geteuid() != 0:
        return "a network namespace needs root"
    if shutil.which("ip") is None:
        return "a network namespace needs the program ip"
    done = subprocess.run(["ip", "netns", "add", _name("t")], capture_output=True, text=True, check=False)
    subprocess.run(["ip", "netns", "del", _name("t")], capture_output=True, check=False)
    if done.returncode != 0:
        return f"a network namespace cannot be made: {done.stderr.strip()}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("8.8.8.8", 1))  # nothing is sent; the way there tells the address that Ray takes
        except OSError:
            return "the head needs an address beyond loopback"
    return ""


class SecondNode:
    """One machine more, as Ray sees it."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.namespace, self._inside, self._outside = _name("n"), _name("i"), _name("o")
        third = 1 + os.getpid() % 250
        self.address, self._gateway = f"10.231.{third}.2", f"10.231.{third}.1"
        self.runtime_dir = Path(tempfile.mkdtemp(prefix="ar-", dir="/tmp"))
        self.output = box.root / "second.out"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the namespace, join the head, and wait until it knows the node."""
        for command in (
            f"ip netns add {self.namespace}",
            f"ip link add {self._outside} type veth peer name {self._inside} netns {self.namespace}",
            f"ip addr add {self._gateway}/30 dev {self._outside}",
            f"ip link set {self._outside} up",
            f"ip -n {self.namespace} addr add {self.address}/30 dev {self._inside}",
            f"ip -n {self.namespace} link set {self._inside} up",
            f"ip -n {self.namespace} link set lo up",
            f"ip -n {self.namespace} route add default via {self._gateway}",
        ):
            subprocess.run(command.split(), check=True)
        head = self.box.unit_state()["status"]["node_address"]
        environment = self.box.environment | {
            "AANA_RUNTIME_DIR": str(self.runtime_dir),
            "AANA_STATE_DIR": str(self.box.root / "second"),
            "AANA_RAY__TOKEN_PATH": str(self.box.runtime_dir / "ray-token"),
        }
        program = [sys.executable, "-m", "aanad.cluster", "--join", f"{head}:{environment['AANA_RAY__PORT']}"]
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.namespace, *program],
                env=environment,
                cwd=self.box.root,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        eventually(lambda: "unit.ready" in self.output.read_text(), within=120)

    def cut_off(self) -> None:
        """Take its network away."""
        subprocess.run(["ip", "link", "set", self._outside, "down"], check=True)

    def connect(self) -> None:
        """Give it back."""
        subprocess.run(["ip", "link", "set", self._outside, "up"], check=True)

    def stop(self) -> None:
        """End the unit, what it left, and the namespace."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(60)
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if str(self.runtime_dir) in " ".join([*process.cmdline(), *process.environ().values()]):
                    process.kill()
        for command in (f"ip link del {self._outside}", f"ip netns del {self.namespace}"):
            subprocess.run(command.split(), capture_output=True, check=False)
        shutil.rmtree(self.runtime_dir, ignore_errors=True)


@contextmanager
def second_node(box: Box) -> Iterator[SecondNode]:
    """A node that has joined, and is gone afterwards."""
    node = SecondNode(box)
    try:
        node.start()
        yield node
    finally:
        node.stop()


def _name(kind: str) -> str:
    return f"aana{kind}{os.getpid()}"
