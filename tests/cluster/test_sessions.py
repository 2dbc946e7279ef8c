"""Ending a head means all of it and nothing else."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

from aanad.cluster import processes, sessions
from aanad.cluster.processes import ProcessId
from aanad.cluster.sessions import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Start = Callable[..., subprocess.Popen[bytes]]

STUBBORN = "trap '' TERM; sleep 1000 & setsid sleep 1001 & echo $!; while true; do sleep 1002; done"


def session_of(process: subprocess.Popen[bytes]) -> Session:
    stat = processes.read_stat(process.pid)
    assert stat is not None
    return Session(process.pid, stat.started)


async def test_ends_everything_below_a_session(sleepers: Start) -> None:
    """Processes that ignore SIGTERM and processes that left for a session of their own are ended too."""
    process = sleepers("sh", "-c", STUBBORN, stdout=subprocess.PIPE)
    assert process.stdout is not None
    escaped = int(process.stdout.readline())

    assert await sessions.end({process.pid}, grace_s=0.3, limit_s=5)

    assert sessions.members({process.pid}) == []
    stat = processes.read_stat(escaped)
    assert stat is None or not stat.is_alive
    process.wait(5)
    process.stdout.close()


async def test_lets_the_first_end_before_the_others_are_told(sleepers: Start, tmp_path: Path) -> None:
    """Where the order matters, the others hear of the end only after the first has gone."""
    order = tmp_path / "order"
    ready = tmp_path / "ready"
    script = "trap 'sleep {}; echo {} >> {}; exit' TERM; echo >> {}; while true; do sleep 0.05; done"
    slow = sleepers("sh", "-c", script.format(0.3, "raylet", order, ready))
    quick = sleepers("sh", "-c", script.format(0, "gcs", order, ready))
    while not ready.exists() or len(ready.read_text()) < 2:  # noqa: ASYNC110 - other processes write it
        await asyncio.sleep(0.02)

    assert await sessions.end({slow.pid, quick.pid}, grace_s=5, limit_s=8, first=[ProcessId(*session_of(slow))])

    assert order.read_text().split() == ["raylet", "gcs"]


async def test_gives_up_in_time(sleepers: Start, tmp_path: Path) -> None:
    """What cannot be ended in time is said, not waited for."""
    deaf = tmp_path / "deaf"
    process = sleepers("sh", "-c", f"trap '' TERM; touch {deaf}; while true; do sleep 1; done")
    async with asyncio.timeout(10):
        while not deaf.exists():  # noqa: ASYNC110 - another process makes the file
            await asyncio.sleep(0.01)

    assert not await sessions.end({process.pid}, grace_s=10, limit_s=0.2)


async def test_a_recycled_pid_is_left_alone(sleepers: Start) -> None:
    """A process with the right pid and another start time is somebody else's."""
    process = sleepers("sleep", "1000")
    session = session_of(process)

    processes.send(ProcessId(process.pid, session.started - 1), signal.SIGKILL)
    done = await sessions.end((), grace_s=0, limit_s=1, also=[ProcessId(process.pid, session.started - 1)])

    assert done
    assert process.poll() is None


def test_a_recorded_session_needs_proof(sleepers: Start, tmp_path: Path) -> None:
    """A recorded session counts only with its own leader and with a process that works in our folder."""
    inside = sleepers("sleep", "1000", cwd=tmp_path)
    outside = sleepers("sleep", "1000", cwd="/")

    good, foreign = session_of(inside), session_of(outside)
    recycled = Session(inside.pid, good.started - 1)

    assert sessions.still_ours([good, foreign], tmp_path) == [good.id]
    assert sessions.still_ours([recycled], tmp_path) == []


def test_leftovers_are_ray_programs_of_our_folder_only(sleepers: Start, tmp_path: Path) -> None:
    """Without a record, a shell in our folder is safe; a gcs_server that names it is found."""
    programs = tmp_path / "programs"
    programs.mkdir()
    gcs = programs / "gcs_server"
    shutil.copy(shutil.which("sh") or "/bin/sh", gcs)
    folder = tmp_path / "r"
    folder.mkdir()
    left = sleepers(gcs, "-c", "while true; do sleep 1; done", f"--session-dir={folder}/t/session_1")
    sleepers(gcs, "-c", "while true; do sleep 1; done", "--session-dir=/elsewhere/t/session_1")
    sleepers("sleep", "1000", cwd=folder)

    assert sessions.leftovers(folder) == ([left.pid], [])


def test_a_leftover_in_a_foreign_session_ends_alone(sleepers: Start, tmp_path: Path) -> None:
    """Where a Ray program runs in somebody's shell, the shell is not ended with it."""
    folder = tmp_path / "r"
    gcs = tmp_path / "gcs_server"
    shutil.copy(shutil.which("sh") or "/bin/sh", gcs)
    shell = sleepers(
        "sh", "-c", f"'{gcs}' -c 'while true; do sleep 1; done' x '{folder}/t' & echo $!; wait", stdout=subprocess.PIPE
    )
    assert shell.stdout is not None
    left = int(shell.stdout.readline())
    shell.stdout.close()
    while processes.link(left, "exe") != str(gcs):
        assert shell.poll() is None

    whole, single = sessions.leftovers(folder)

    assert (whole, [process.pid for process in single]) == ([], [left])


def test_the_own_process_is_never_a_member() -> None:
    """Whatever is asked for, the unit does not end itself."""
    assert os.getpid() not in {stat.pid for stat in sessions.members({os.getsid(0)})}
