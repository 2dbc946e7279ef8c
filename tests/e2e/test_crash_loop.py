"""A deployment that dies again and again waits longer each time; one that blocks is left alone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.box import PROJECTS, TEST_PROJECTS, Box, eventually

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def project(box: Box) -> Iterator[str]:
    """A project with a worker, which one test ends and one keeps busy."""
    box.ok("deploy", box.copy_project(TEST_PROJECTS / "playground", "crashing"))
    yield "crashing"
    box.remove("crashing")


def waits(box: Box, project: str) -> list[str]:
    """What replicas said before they waited."""
    return [record["message"] for record in box.logs(project, "--tail", "500") if "crashes" in record["message"]]


def worker(box: Box, project: str, *, but: int | None = None) -> dict[str, Any]:
    """The worker's only replica, once it runs and is another process than `but`."""
    [found] = eventually(
        lambda: [each for each in box.replicas(project) if each["deployment"] == "worker"],
        lambda seen: len(seen) == 1 and seen[0]["phase"] == "running" and seen[0]["pid"] not in {None, but},
        within=60,
    )
    return found


def test_a_replica_that_keeps_crashing_starts_later_each_time(box: Box, project: str) -> None:
    """Two crashes cost nothing; the third start after that says how long it waits. A restart begins anew."""
    pid = None
    for _ in range(3):
        pid = worker(box, project, but=pid)["pid"]
        os.kill(pid, signal.SIGKILL)
    worker(box, project, but=pid)

    assert waits(box, project) == ["Start 4 after 3 crashes: waiting 1 s."]


def test_stopping_and_starting_is_no_crash(box: Box) -> None:
    """However often an operator does it."""
    box.ok("deploy", box.copy_project(PROJECTS / "lowercase", "steady"))
    for _ in range(3):
        box.ok("stop", "steady")
        box.ok("start", "steady")

    assert waits(box, "steady") == []
    box.remove("steady")


def test_a_replica_that_blocks_is_not_replaced(box: Box, project: str) -> None:
    """A model may compute far longer than the time between two health checks."""
    before = worker(box, project)

    began = time.monotonic()
    answer = box.post(f"/{project}/sleep", json={"seconds": 8, "note": "moin"})

    assert (200, "hello moin") == (answer.status_code, answer.json())
    assert time.monotonic() - began >= 8
    assert before["id"] == worker(box, project)["id"]
