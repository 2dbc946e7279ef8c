"""Which log files of Ray's sessions are removed."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aanad.cluster.log_retention import LogRetention
from aanad.settings import LogSettings

MIB = 1024 * 1024
DAY_S = 86_400


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """The log folder of a session."""
    folder = tmp_path / "session_2026-01-01_00-00-00_000000_1" / "logs"
    (folder / "serve").mkdir(parents=True)
    (tmp_path / "session_latest").symlink_to(folder.parent)
    return folder


def write(path: Path, *, days: float, size: int = 10) -> Path:
    path.write_bytes(b"x" * size)
    os.utime(path, (time.time() - days * DAY_S,) * 2)
    return path


def sweep(logs: Path, *, days: float = 7, size: int = 100 * MIB) -> set[str]:
    """Sweep; gives the names of what is left."""
    LogRetention(logs.parents[1], LogSettings(keep_days=days, keep_bytes=size)).sweep()
    return {path.name for path in logs.rglob("*") if path.is_file()}


def test_old_files_go(logs: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Files of replicas that are gone and rotated ones go by their age, whatever they are; other files stay."""
    caplog.set_level(logging.INFO)
    for name in ("serve/replica_a_b_c.log", "serve/replica_a_b_c.log.2", "worker-1-2-4000000.out", "raylet.1.out"):
        write(logs / name, days=8)
    write(logs / "serve/aana_requests_a_b_c.json", days=8)
    write(logs / "serve/replica_a_b_d.log", days=6)
    write(logs / "profile.nsys", days=30)
    (logs / "linked.log").symlink_to(write(logs.parents[1] / "elsewhere.log", days=30))

    left = sweep(logs)

    assert left == {"replica_a_b_d.log", "profile.nsys", "linked.log"}
    assert (logs.parents[1] / "elsewhere.log").exists()
    [said] = [record.getMessage() for record in caplog.records]
    assert said.startswith("logs.removed files=5 bytes=50 session_2026-01-01_00-00-00_000000_1/logs/")


def test_the_oldest_go_where_there_is_too_much(logs: Path) -> None:
    """As many of the oldest files go as bring all of them together below the limit."""
    for number in range(6):
        write(logs / f"worker-{number}-0-{4_000_000 + number}.err", days=1 - number / 10, size=MIB)

    assert sweep(logs, size=3 * MIB) == {f"worker-{number}-0-{4_000_000 + number}.err" for number in (3, 4, 5)}


def test_what_is_in_use_stays(logs: Path) -> None:
    """A file that a process has open stays whatever its age, and so does the present file of a worker that lives."""
    held = write(logs / "serve" / "replica_a_b_c.log", days=30, size=MIB)
    program = f"f = open({str(held)!r}, 'ab'); print('open', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        write(logs / f"worker-1-2-{process.pid}.out", days=30, size=MIB)
        write(logs / f"worker-1-2-{process.pid}.1.out", days=30, size=MIB)
        write(logs / "worker-1-2-4000000.out", days=30, size=MIB)

        assert sweep(logs, size=MIB) == {held.name, f"worker-1-2-{process.pid}.out"}
        process.stdin.write(b"\n")

    assert sweep(logs, size=MIB) == set()


def test_what_was_just_written_stays(logs: Path) -> None:
    """The file of a process that starts in this moment is not taken for one of nobody's."""
    write(logs / "worker-1-2-4000000.out", days=0, size=5 * MIB)

    assert sweep(logs, size=MIB) == {"worker-1-2-4000000.out"}


def test_a_look_costs_nothing_while_all_is_well(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open files of all processes are looked up only where something may have to go."""
    write(logs / "raylet.out", days=1)
    monkeypatch.setattr("aanad.cluster.processes.all_stats", lambda: pytest.fail("looked"))

    assert sweep(logs) == {"raylet.out"}
