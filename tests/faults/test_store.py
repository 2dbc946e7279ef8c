"""What happens while the database cannot be used: what runs goes on, what is asked for is answered, nothing is lost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.box import PROJECTS, Box, eventually
from tests.e2e.traffic import Traffic
from tests.faults.fault import BODY, DESIRED, standing

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.fixture
def traffic(box: Box) -> Iterator[Traffic]:
    """Requests all the while; none may fail, and the same replicas must have answered them."""
    before = box.pids("lowercase")
    with Traffic(f"{box.serve_url}/lowercase/lowercase", BODY) as traffic:
        yield traffic
    assert {} == traffic.failures
    assert traffic.answered()
    assert before == box.pids("lowercase")


@contextmanager
def locked(box: Box) -> Iterator[None]:
    """The database held by another process, as by a backup gone wrong."""
    connection = sqlite3.connect(box.state_dir / "aanad.sqlite3", isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        connection.close()


def database_files(box: Box) -> dict[str, bytes]:
    """The database with its journals, byte for byte."""
    return {path.name: path.read_bytes() for path in sorted(box.state_dir.glob("aanad.sqlite3*"))}


def unfinished(box: Box) -> list[dict[str, Any]]:
    """Operations that nobody has ended."""
    listed = box.get("/v1/operations").json()
    return [operation for operation in listed if operation["state"] in {"pending", "running"}]


@pytest.mark.usefixtures("traffic")
def test_a_locked_database_refuses_changes_and_harms_nothing(box: Box) -> None:
    """Each change is refused with one sentence once it has waited a few seconds; reading works; then all goes on.

    A deploy that was accepted before is not lost: it is done when the lock is gone.
    """
    accepted = box.json("deploy", box.copy_project(PROJECTS / "lowercase", "accepted"), "--detach")
    with locked(box):
        stop = box.aana("stop", "lowercase", timeout=60)
        assert box.project("lowercase")["phase"] == "running"
        deploy = box.aana("deploy", box.copy_project(PROJECTS / "lowercase", "refused"), "-o", "json", timeout=60)
        assert not standing(box)

    assert 1 == stop.returncode
    sentence, hint = stop.stderr.splitlines()
    assert sentence.startswith("error: The database sqlite:///")
    assert sentence.endswith(" failed: database is locked")
    assert hint.startswith("hint: ")
    assert (1, "store_unavailable") == (deploy.returncode, json.loads(deploy.stderr)["code"])
    eventually(lambda: unfinished(box), lambda found: not found)
    assert "succeeded" == box.get(f"/v1/operations/{accepted['id']}").json()["state"]
    assert not standing(box, DESIRED | {"accepted": 2})
    assert "refused" not in {project["name"] for project in box.json("ps")}
    box.ok("rm", "accepted", "--force")


@pytest.mark.usefixtures("traffic")
@pytest.mark.parametrize("damage", ["header", "pages", "cut"])
def test_a_damaged_database_is_refused_at_the_start(box: Box, damage: str, tmp_path: Path) -> None:
    """Exit status 1, one sentence and what to do; not a byte is overwritten, and what runs goes on without a daemon."""
    box.kill_daemon()
    sound = database_files(box)
    path = box.state_dir / "aanad.sqlite3"
    for name, content in sound.items():
        (tmp_path / name).write_bytes(content)
    with sqlite3.connect(tmp_path / path.name) as copy:
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy.close()
    whole = (tmp_path / path.name).read_bytes()
    damaged = {
        "header": b"\xff" * 100 + whole[100:],
        "pages": whole[:4096] + b"\xff" * (len(whole) - 4096),
        "cut": whole[: len(whole) // 2],
    }[damage]
    for name in sound:
        (box.state_dir / name).unlink()
    path.write_bytes(damaged)

    refused = box.run_daemon()

    after = database_files(box)
    for name in after:
        (box.state_dir / name).unlink()
    for name, content in sound.items():
        (box.state_dir / name).write_bytes(content)
    box.start()
    assert (1, "") == (refused.returncode, refused.stdout)
    sentence, hint = refused.stderr.splitlines()[-2:]
    assert sentence.startswith(f"error: The database sqlite:///{path} failed: ")
    assert hint.startswith("hint: The file is damaged: move it away, or put a backup in its place.")
    assert damaged == after[path.name]
    eventually(lambda: standing(box), lambda found: not found)
