"""A real daemon with a real Ray, on ports and in folders of its own; everything it started is ended by `stop`."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

REPOSITORY = Path(__file__).parents[2]
PROJECTS = REPOSITORY / "projects"
TEST_PROJECTS = REPOSITORY / "tests" / "projects"
BIN = Path(sys.executable).parent
NO_TLS = False
"""Certificates are not read for what is sent without TLS: 35 ms each time."""
T = TypeVar("T")


def eventually(
    look: Callable[[], T], until: Callable[[T], bool] = bool, *, within: float = 60, every: float = 0.1
) -> T:
    """Look again and again until it is as it should be; says what it was last when the time is over."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if until(found):
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s; last seen: {found!r}")
        time.sleep(every)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Box:
    """One daemon, its state folder, and the command against it."""

    def __init__(self, *, below: Sequence[str] = (), **settings: str) -> None:
        """`below` is a command that runs the daemon, in other surroundings say; it must become the daemon."""
        self.root = Path(tempfile.mkdtemp(prefix="aanat-", dir="/tmp"))
        self.state_dir = self.root / "state"
        self.runtime_dir = Path(tempfile.mkdtemp(prefix="ar-", dir="/tmp"))
        self.serve_port, gcs, dashboard = free_ports(3)
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AANA_", "RAY_"))}
        self.environment = inherited | {
            "AANA_CONFIG": str(self.root / "none.toml"),
            "XDG_CONFIG_HOME": str(self.root / "config"),
            "AANA_STATE_DIR": str(self.state_dir),
            "AANA_RUNTIME_DIR": str(self.runtime_dir),
            "AANA_SERVE__PORT": str(self.serve_port),
            "AANA_RAY__PORT": str(gcs),
            "AANA_RAY__DASHBOARD_PORT": str(dashboard),
            "NO_COLOR": "1",
            "COLUMNS": "200",
            **settings,
        }
        self.log_path = self.root / "aanad.log"
        self.daemon: subprocess.Popen[bytes] | None = None
        self.below = below
        self.projects_dir = self.root / "projects"
        self.projects_dir.mkdir()

    @property
    def serve_url(self) -> str:
        """Where inference clients connect."""
        return f"http://127.0.0.1:{self.serve_port}"

    @property
    def socket(self) -> Path:
        """The control API's socket."""
        return self.runtime_dir / "aanad.sock"

    def start(self, *, ready: bool = True) -> None:
        """Start the daemon; with `ready`, wait until Ray is there too."""
        with self.log_path.open("ab") as log:
            self.daemon = subprocess.Popen(
                [*self.below, BIN / "aanad"],
                env=self.environment,
                stdout=log,
                stderr=log,
                cwd=self.root,
                start_new_session=True,
            )
        eventually(self.answers, within=20, every=0.02)
        if ready:
            eventually(lambda: self.status()["cluster"]["state"], lambda state: state == "ready", within=120)

    def run_daemon(self) -> subprocess.CompletedProcess[str]:
        """Run a daemon that is expected to end by itself."""
        return subprocess.run(
            [BIN / "aanad"],
            env=self.environment,
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def answers(self) -> bool:
        """Whether the daemon answers on its socket."""
        assert self.daemon is not None
        if self.daemon.poll() is not None:
            raise AssertionError(f"aanad ended with {self.daemon.returncode}: {self.log_path.read_text()[-2000:]}")
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(self.socket)):
                return False
        return self.get("/healthz").is_success

    def get(self, path: str) -> httpx.Response:
        """Read from the control API, which costs a hundredth of what a command does; for looking again and again."""
        transport = httpx.HTTPTransport(uds=str(self.socket), verify=NO_TLS)
        with httpx.Client(transport=transport, base_url="http://aanad", timeout=30) as client:
            return client.get(path)

    def kill_daemon(self) -> None:
        """SIGKILL for the daemon alone."""
        assert self.daemon is not None
        self.daemon.kill()
        self.daemon.wait()

    def stop(self) -> int:
        """SIGTERM, as systemd would; gives the exit status."""
        assert self.daemon is not None
        self.daemon.send_signal(signal.SIGTERM)
        return self.daemon.wait(60)

    def clean_up(self) -> None:
        """End whatever is left, by its session, and remove the folders."""
        if self.daemon is not None and self.daemon.poll() is None:
            self.stop()
        self.end_left_behind()
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.runtime_dir, ignore_errors=True)

    def aana(
        self, *arguments: str | Path, timeout: float = 180, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command."""
        return self.aana_in(self.root, *arguments, timeout=timeout, stdin=stdin)

    def aana_in(
        self, folder: Path, *arguments: str | Path, timeout: float = 180, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command in a folder."""
        return subprocess.run(
            [BIN / "aana", *map(str, arguments)],
            env=self.environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            input=stdin,
        )

    def ok(self, *arguments: str | Path, timeout: float = 180) -> str:
        """Run the command, which must succeed; gives its standard output."""
        done = self.aana(*arguments, timeout=timeout)
        assert done.returncode == 0, (
            f"aana {arguments}: {done.returncode}\n{done.stdout}{done.stderr}\n{self.log_tail()}"
        )
        return done.stdout

    def json(self, *arguments: str | Path) -> Any:
        """Run the command with ``-o json``."""
        return json.loads(self.ok(*arguments, "-o", "json"))

    def logs(self, *arguments: str) -> list[dict[str, Any]]:
        """The records of ``aana logs -o json``, one a line."""
        return [json.loads(line) for line in self.ok("logs", *arguments, "-o", "json").splitlines()]

    def remove(self, name: str) -> None:
        """Remove a project that no other test uses, and go on while its replicas drain."""
        self.ok("rm", "--force", name, "--detach")

    def status(self) -> dict[str, Any]:
        """What ``aana status`` shows."""
        found: dict[str, Any] = self.get("/v1/status").raise_for_status().json()
        return found

    def project(self, name: str) -> dict[str, Any]:
        """A project as ``aana ps`` lists it."""
        [found] = [each for each in self.get("/v1/projects").raise_for_status().json() if each["name"] == name]
        assert isinstance(found, dict)
        return found

    def replicas(self, project: str) -> list[dict[str, Any]]:
        """A project's replicas as ``aana replicas`` lists them."""
        found: list[dict[str, Any]] = self.get(f"/v1/projects/{project}/replicas").raise_for_status().json()
        return found

    def pids(self, project: str) -> dict[str, set[int]]:
        """The pids of a project's replicas, by deployment."""
        found: dict[str, set[int]] = {}
        for replica in self.replicas(project):
            found.setdefault(replica["deployment"], set()).add(replica["pid"])
        return found

    def post(self, path: str, **options: Any) -> httpx.Response:
        """A request as an inference client sends it, through Serve's port."""
        return httpx.post(self.serve_url + path, timeout=30, verify=NO_TLS, **options)

    def read(self, path: str) -> httpx.Response:
        """A GET through Serve's port."""
        return httpx.get(self.serve_url + path, timeout=30, verify=NO_TLS)

    def copy_project(self, source: Path, name: str | None = None, **edits: str) -> Path:
        """A copy of a project to change: its folder, under another name if given, with texts replaced.

        Args:
            source: the project's folder.
            name: the copy's name.
            **edits: what replaces the value of a module constant, ``REVISION="two"`` say.
        """
        name = name or source.name
        target = self.projects_dir / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        for path in target.rglob("*.py"):
            text = path.read_text().replace(f'AanaSDK(name="{source.name}")', f'AanaSDK(name="{name}")')
            for constant, value in edits.items():
                text = re.sub(rf"^{constant} = .*$", f"{constant} = {value!r}", text, flags=re.MULTILINE)
            path.write_text(text)
        return target

    def unit_state(self) -> dict[str, Any]:
        """What the Ray unit notes of itself."""
        return json.loads((self.runtime_dir / "ray-unit.json").read_text())

    def component(self, name: str) -> int:
        """The pid of a supervised process of the head."""
        processes = {p["name"]: p["pid"] for p in self.status()["cluster"]["processes"]}
        return processes[name]

    def left_behind(self) -> list[psutil.Process]:
        """Processes that have one of this box's folders in their command line, environment or open files."""
        marks = (str(self.runtime_dir), str(self.root))
        found = []
        for process in psutil.process_iter():
            try:
                texts = [*process.cmdline(), *process.environ().values(), process.cwd()]
                texts += [file.path for file in process.open_files()]
            except psutil.Error:
                continue
            if process.pid != os.getpid() and any(mark in text for text in texts for mark in marks):
                found.append(process)
        return found

    def end_left_behind(self) -> bool:
        """Kill what is left of the box; whether nothing was."""
        left = self.left_behind()
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return not left

    def log_tail(self) -> str:
        """The end of the daemon's and the unit's logs, for a failing test."""
        unit = [self.runtime_dir / "logs" / "ray.log", self.state_dir / "logs" / "ray-unit.out"]
        texts = [path.read_text()[-3000:] for path in (self.log_path, *unit) if path.exists()]
        return "\n---\n".join(texts)


@contextmanager
def running_box(**settings: str) -> Iterator[Box]:
    """A box that is up, and gone afterwards."""
    box = Box(**settings)
    try:
        box.start()
        yield box
    finally:
        box.clean_up()
