"""Files through port 8000: large ones, those that nobody finishes, those that are too large, and rules that change."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import pytest

from tests.e2e.box import TEST_PROJECTS, Box, eventually

pytestmark = pytest.mark.e2e
MIB = 1024 * 1024
SIZE = 200 * MIB


class Made:
    """A file of `SIZE` bytes that is made while it is read, as httpx reads a file that it sends."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self._block = os.urandom(MIB)
        self._left = SIZE

    def read(self, count: int = -1) -> bytes:
        """The next bytes."""
        part = self._block[: min(self._left, MIB if count < 0 else count)]
        self._left -= len(part)
        self.digest.update(part)
        return part

    def seek(self, offset: int, whence: int = 0) -> int:
        """Only to learn its length."""
        return SIZE if whence == os.SEEK_END else offset

    def tell(self) -> int:
        """Always at its beginning."""
        return 0


class Peak:
    """The most memory that a process has while this is entered, beyond what it had before."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._before = self._process.memory_info().rss
        self._most = self._before
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def growth(self) -> int:
        """Bytes."""
        return self._most - self._before

    def _watch(self) -> None:
        while not self._ended.wait(0.005):
            self._most = max(self._most, self._process.memory_info().rss)


def ingress(box: Box, project: str) -> int:
    """The pid of the one replica that takes the requests."""
    [pid] = box.pids(project)["ingress"]
    return pid


def temporary_files(pid: int) -> list[Path]:
    """The temporary files of a replica."""
    root = Path(tempfile.gettempdir()) / f"aana-{os.getuid()}"
    return [path for folder in root.glob(f"{pid}-*") for path in folder.iterdir()]


@pytest.fixture(scope="module")
def intake(box: Box) -> str:
    """The project, warm."""
    box.ok("deploy", TEST_PROJECTS / "intake")
    for _ in range(3):
        assert box.post("/intake/describe", files={"file": ("a.bin", b"x" * 2 * MIB)}).is_success
    return "intake"


def test_a_large_upload_goes_to_disk_and_not_to_memory(box: Box, intake: str) -> None:
    """200 MB arrive whole; the replica's memory grows by less than 64 MB at its peak; its file is gone afterwards."""
    pid, made = ingress(box, intake), Made()

    with Peak(pid) as peak:
        answer = httpx.post(
            f"{box.serve_url}/intake/describe",
            files={"file": ("large.bin", made)},
            timeout=120,  # type: ignore[dict-item]
        ).json()

    assert (SIZE, made.digest.hexdigest()) == (answer["size"], answer["sha256"])
    assert answer["path"] is not None
    assert not Path(answer["path"]).exists()
    assert [] == temporary_files(pid)
    assert peak.growth < 64 * MIB, f"grew by {peak.growth / MIB:.0f} MiB"
    print(f"200 MiB: the ingress grew by {peak.growth / MIB:.1f} MiB")


def test_a_client_that_leaves_in_mid_upload_leaves_no_file(box: Box, intake: str) -> None:
    """What had arrived of it is removed."""
    pid = ingress(box, intake)
    head = (
        b"POST /intake/describe HTTP/1.1\r\nhost: box\r\ncontent-length: 100000000\r\n"
        b"content-type: multipart/form-data; boundary=limit\r\n\r\n"
        b'--limit\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    )
    with socket.create_connection(("127.0.0.1", box.serve_port)) as connection:
        connection.sendall(head)
        connection.sendall(b"x" * 20 * MIB)
        eventually(lambda: temporary_files(pid), within=20)

    eventually(lambda: temporary_files(pid), lambda left: left == [], within=20)
    assert box.post("/intake/describe", files={"file": ("a.bin", b"x")}).is_success


@contextmanager
def operator_sets(box: Box, **settings: str) -> Iterator[None]:
    """Start the daemon again with other settings, and again with the old ones; Ray and the projects go on."""
    before = dict(box.environment)
    try:
        box.environment.update(settings)
        box.kill_daemon()
        box.start()
        yield
    finally:
        box.environment.clear()
        box.environment.update(before)
        box.kill_daemon()
        box.start()


def test_an_operators_rules_reach_the_replicas_that_run(box: Box, intake: str) -> None:
    """No replica is replaced, no request fails; what they forbid is refused, and allowed again afterwards."""
    before = box.pids(intake)

    def status() -> int:
        return box.post("/intake/gather", json={"prompt": "x" * 2000}).status_code

    with operator_sets(box, AANA_REQUESTS__MAX_JSON_BYTES="1000"):
        seen = [status()]
        eventually(lambda: seen.append(status()) or seen[-1], lambda found: found == 413, within=60)
        assert before == box.pids(intake)
    eventually(status, lambda found: found == 200, within=60)

    assert {200, 413} >= set(seen)
    assert before == box.pids(intake)


def test_a_projects_rules_differ_from_the_operators(box: Box) -> None:
    """A plan names them; too large a body is refused as soon as its length is known, and the client sees why."""
    folder = box.copy_project(TEST_PROJECTS / "intake", "intake_small")
    box.ok("deploy", folder)
    (folder / "project.toml").write_text("[requests]\nmax_body_bytes = 1000000\n")

    plan = json.loads(box.ok("plan", folder, "-o", "json"))
    box.ok("deploy", folder)

    assert {"name": "requests.max_body_bytes", "before": None, "after": "1000000"} in plan["settings"]
    with socket.create_connection(("127.0.0.1", box.serve_port), timeout=30) as connection:
        connection.sendall(b"POST /intake_small/describe HTTP/1.1\r\nhost: box\r\ncontent-length: 2000000\r\n\r\n")
        assert b" 413 " in connection.recv(1000)
    refused = box.post("/intake_small/describe", files={"file": ("a.bin", b"x" * 50 * MIB)})
    assert (413, "body_too_large") == (refused.status_code, refused.json()["code"])
    assert box.post("/intake_small/describe", files={"file": ("a.bin", b"x")}).is_success
    box.remove("intake_small")


def test_the_command_sends_files_and_fields(box: Box, intake: str, tmp_path: Path) -> None:
    """As curl -F would."""
    (tmp_path / "a.bin").write_bytes(b"x" * 5 * MIB)
    (tmp_path / "b.txt").write_text("b")

    answer: dict[str, Any] = json.loads(
        box.ok(
            "invoke", intake, "gather", "--form", "prompt=hello", "--form", "steps=3",
            "--file", f"files={tmp_path}/a.bin", "--file", f"files={tmp_path}/b.txt",
        )
    )  # fmt: skip

    assert ("hello", 3) == (answer["prompt"], answer["steps"])
    assert [("a.bin", 5 * MIB), ("b.txt", 1)] == [(each["filename"], each["size"]) for each in answer["files"]]
