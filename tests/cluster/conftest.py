"""A Ray unit as a real process, in folders and on ports of its own, of which nothing may be left."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from aanad.cluster import ports, sessions
from aanad.cluster.folders import Folders
from aanad.settings import Settings
from aanad.wire.manifest import LoadResult
from aanad.wire.unit import UnitStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

APP = """
from aanad.sdk import AanaSDK, Endpoint

class Echo(Endpoint):
    async def run(self, text: list[str]) -> dict:
        return {"text": text}

aana_app = AanaSDK(name="shout")
aana_app.register_endpoint(name="echo", path="/echo", summary="Says it again", endpoint_cls=Echo)
"""


def eventually(look: Callable[[], Any], within: float, what: str) -> Any:
    """Look until there is something to see."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.05)
    raise AssertionError(f"not within {within} s: {what}")


def zipped(files: Mapping[str, str]) -> bytes:
    """An archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


class RunningUnit:
    """``python -m aanad.cluster`` with settings of its own."""

    def __init__(self, folder: Path) -> None:
        taken: set[int] = set()
        self.folder = folder
        self.env = {
            "AANA_RUNTIME_DIR": str(folder),
            "AANA_STATE_DIR": str(folder / "state"),
            "AANA_CONFIG": str(folder / "none.toml"),
            "AANA_SERVE__PORT": str(ports.choose_free(taken)),
            "AANA_RAY__PORT": str(ports.choose_free(taken)),
            "AANA_RAY__DASHBOARD_PORT": str(ports.choose_free(taken)),
            "AANA_RAY__NUM_CPUS": "1",
            "AANA_RAY__OBJECT_STORE_BYTES": str(100 * 1024 * 1024),
        }
        self.folders = Folders(Settings(runtime_dir=folder))
        self.log = folder / "unit.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.sessions: set[sessions.Session] = set()
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(folder / "ray.sock")), base_url="http://unit", timeout=30
        )

    def start(self, *flags: str, **env: str) -> None:
        """Start the process and wait until its socket answers."""
        self.spawn(*flags, **env)
        eventually(self.status_or_none, within=15, what="the socket answers")

    def spawn(self, *flags: str, **env: str) -> subprocess.Popen[bytes]:
        """Start the process."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aanad.cluster", *flags],
                env={name: value for name, value in os.environ.items() if not name.startswith("AANA_")}
                | self.env
                | env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.process

    def status(self) -> UnitStatus:
        """What it says of itself; every session it ever had is noted for the end."""
        answer = UnitStatus.model_validate(self._client.get("/v1/unit").raise_for_status().json())
        self.note_sessions()
        return answer

    def status_or_none(self) -> UnitStatus | None:
        """The same, None where it does not answer."""
        try:
            # httpcore leaks a socket where nobody listens.
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(self.folder / "ray.sock"))
            return self.status()
        except (httpx.HTTPError, OSError):
            return None

    def until(self, holds: Callable[[UnitStatus], Any], *, within: float = 60, what: str) -> UnitStatus:
        """Its status once that is as wished."""

        def look() -> UnitStatus | None:
            status = self.status_or_none()
            return status if status is not None and holds(status) else None

        try:
            return eventually(look, within, what)
        except AssertionError as error:
            raise AssertionError(f"{error}; {self.status_or_none()}\n{self.log.read_text()}") from None

    def until_ready(self) -> UnitStatus:
        """Its status once the head is up."""
        return self.until(lambda status: status.state == "ready", within=90, what="ready")

    def load(self, files: Mapping[str, str], project: str = "shout") -> LoadResult:
        """Let it read a project."""
        answer = self._client.post("/v1/load", params={"project": project}, content=zipped(files))
        return LoadResult.model_validate(answer.raise_for_status().json())

    def post(self, route: str, content: bytes, *, secrets: str = "", **params: str) -> dict[str, Any]:
        """What one of its other routes answers."""
        headers = {"aana-secrets": secrets} if secrets else {}
        answer = self._client.post(
            f"/v1/{route}", params={"project": "shout", **params}, content=content, headers=headers
        )
        return answer.raise_for_status().json()

    def record(self) -> dict[str, Any]:
        """Its state file."""
        return json.loads((self.folder / "ray-unit.json").read_text())

    def note_sessions(self) -> None:
        """Remember which kernel sessions it began."""
        try:
            head = self.record()["head"]
        except (OSError, ValueError):
            return
        if head:
            self.sessions |= {sessions.Session(*session) for session in head["sessions"]}

    def left(self) -> list[int]:
        """Processes of any of its heads that live."""
        return [stat.pid for stat in sessions.members(set(sessions.not_recycled(self.sessions)))]

    def kill(self) -> None:
        """End it without giving it a chance."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(15)

    def clean_up(self) -> None:
        """Leave nothing, whatever the test did."""
        self.note_sessions()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        self._client.close()
        ours = sessions.not_recycled(self.sessions)
        asyncio.run(sessions.end(ours, grace_s=0, limit_s=10))
        shutil.rmtree(self.folder, ignore_errors=True)


def make_unit() -> RunningUnit:
    """A unit in a new folder whose path is short enough to hold HAProxy's sockets."""
    return RunningUnit(Path(tempfile.mkdtemp(prefix="aana-t", dir="/tmp")))


@pytest.fixture
def unit() -> Iterator[RunningUnit]:
    """A unit of the test's own, not started."""
    made = make_unit()
    yield made
    made.clean_up()


@pytest.fixture(scope="module")
def ready_unit() -> Iterator[RunningUnit]:
    """One unit with a head for all tests of a module that leave it working."""
    made = make_unit()
    made.start()
    made.until_ready()
    yield made
    made.clean_up()


@pytest.fixture
def sleepers() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts programs in sessions of their own and ends whatever of them is left."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*argv: str | Path, **options: Any) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([str(part) for part in argv], start_new_session=True, **options))
        return started[-1]

    yield start
    for process in started:
        for stat in sessions.members({process.pid}):
            os.kill(stat.pid, signal.SIGKILL)
        process.kill()
        process.wait(5)
