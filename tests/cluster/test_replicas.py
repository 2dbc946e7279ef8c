"""How replicas ended: real processes below a stand-in for the raylet, which die in every way."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aanad.cluster import exit_status, oom_kills, processes
from aanad.cluster.replicas import Replicas

RAYLET = """
import json, os, signal, subprocess, sys

def reap(*_):
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass

signal.signal(signal.SIGCHLD, reap)
started = []
for line in sys.stdin:
    started.append(subprocess.Popen(json.loads(line)))
    print(started[-1].pid, flush=True)
"""
REPLICA = "exec -a ray::ServeReplica:shout:model sleep 1000"
Start = Callable[..., "subprocess.Popen[bytes]"]


class Raylet:
    """Starts and reaps workers."""

    def __init__(self, sleepers: Start) -> None:
        self._process = sleepers(sys.executable, "-c", RAYLET, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self._process.pid

    def run(self, script: str) -> int:
        """Run a shell script; its pid."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(["bash", "-c", script]).encode() + b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """Close its pipes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()


@pytest.fixture
def raylet(sleepers: Start) -> Iterator[Raylet]:
    made = Raylet(sleepers)
    yield made
    made.close()


@pytest.fixture
def kernel_tells() -> bool:
    """Whether this kernel tells exit statuses (Linux 6.15 and newer)."""
    child = subprocess.Popen(["true"])
    descriptor = os.pidfd_open(child.pid)
    child.wait()
    try:
        return exit_status._read(descriptor) == 0
    except OSError:
        return False
    finally:
        os.close(descriptor)


@asynccontextmanager
async def watched(raylet: Callable[[], int | None]) -> AsyncIterator[Replicas]:
    replicas = Replicas(raylet)
    task = asyncio.create_task(replicas.run())
    try:
        yield replicas
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def until(holds: Callable[[], object], within: float = 10) -> None:
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 - other processes make it true
            await asyncio.sleep(0.02)


async def test_every_end_is_told(raylet: Raylet, kernel_tells: bool, tmp_path: Path) -> None:
    """A signal, an exit status and a clean end are told apart, the oldest first."""
    go = tmp_path / "go"
    leaves = f"exec -a ray::ServeReplica:shout:other bash -c 'while [ ! -e {go} ]; do sleep 0.02; done; exit 3'"
    killed, crashed, left = raylet.run(REPLICA), raylet.run(REPLICA), raylet.run(leaves)
    async with watched(lambda: raylet.pid) as replicas:
        await until(lambda: sorted(replicas.pids) == sorted([killed, crashed, left]))
        os.kill(killed, signal.SIGKILL)
        await until(lambda: len(replicas.exits) == 1)
        os.kill(crashed, signal.SIGSEGV)
        await until(lambda: len(replicas.exits) == 2)
        go.touch()
        await until(lambda: len(replicas.exits) == 3)
        exits = replicas.exits

    assert [ended.pid for ended in exits] == [killed, crashed, left]
    assert [ended.title for ended in exits] == [
        "ray::ServeReplica:shout:model",
        "ray::ServeReplica:shout:model",
        "ray::ServeReplica:shout:other",
    ]
    told = [(ended.signal, ended.exit_code) for ended in exits]
    assert told == ([(9, None), (11, None), (None, 3)] if kernel_tells else [(None, None)] * 3)
    assert not any(ended.out_of_memory for ended in exits)


async def test_a_worker_counts_once_it_is_a_replica(raylet: Raylet, tmp_path: Path) -> None:
    """A title that comes later, and with the name of a method after it, is noticed; other workers are nobody's."""
    go = tmp_path / "go"
    idle = raylet.run("exec -a ray::IDLE sleep 1000")
    later = raylet.run(
        f"while [ ! -e {go} ]; do sleep 0.02; done; exec -a ray::ServeReplica:shout:model.handle_request sleep 1000"
    )
    async with watched(lambda: raylet.pid) as replicas:
        await until(lambda: len(replicas._workers) == 2)
        assert replicas.pids == []
        go.touch()
        await until(lambda: replicas.pids == [later])
        os.kill(idle, signal.SIGKILL)
        await until(lambda: len(replicas._workers) == 1)
        os.kill(later, signal.SIGKILL)
        await until(lambda: replicas.exits)

    assert [(ended.pid, ended.title) for ended in replicas.exits] == [(later, "ray::ServeReplica:shout:model")]


async def test_replicas_of_a_new_raylet_are_watched(raylet: Raylet, sleepers: Start) -> None:
    """After a cold start the new head's replicas count, and what happened before is still told."""
    second = Raylet(sleepers)
    now: list[int | None] = [None]
    async with watched(lambda: now[0]) as replicas:
        first_pid, second_pid = raylet.run(REPLICA), second.run(REPLICA)
        now[0] = raylet.pid
        await until(lambda: replicas.pids == [first_pid])
        os.kill(raylet.pid, signal.SIGKILL)
        os.kill(first_pid, signal.SIGKILL)
        now[0] = second.pid
        await until(lambda: replicas.pids == [second_pid])
        os.kill(second_pid, signal.SIGTERM)
        await until(lambda: len(replicas.exits) == 2)
    second.close()

    assert [ended.pid for ended in replicas.exits] == [first_pid, second_pid]


async def test_the_last_fifty_are_kept(raylet: Raylet) -> None:
    """However many replicas end, what is told of them stays small, and no descriptor stays open."""
    before = open_descriptors()
    async with watched(lambda: raylet.pid) as replicas:
        pids = [raylet.run(REPLICA) for _ in range(52)]
        await until(lambda: len(replicas.pids) == 52, within=30)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        await until(lambda: not replicas.pids and not replicas._recording)
        assert len(replicas.exits) == 50
        held = raylet.run(REPLICA)
        await until(lambda: replicas.pids == [held])

    assert open_descriptors() == before


async def test_the_out_of_memory_killer_is_named(
    raylet: Raylet, kernel_tells: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a SIGKILL, and only while the kernel's own counter rises, is put down to memory."""
    counter = tmp_path / "counter"
    monkeypatch.setattr(oom_kills, "CGROUPS", tmp_path / "none")
    monkeypatch.setattr(oom_kills, "WHOLE_MACHINE", counter)
    counter.write_text("oom 7\noom_kill 3\n")
    pids = [raylet.run(REPLICA) for _ in range(3)]
    async with watched(lambda: raylet.pid) as replicas:
        await until(lambda: len(replicas.pids) == 3 and replicas._kills._samples)
        os.kill(pids[0], signal.SIGKILL)
        await until(lambda: len(replicas.exits) == 1)
        counter.write_text("oom 7\noom_kill 4\n")
        os.kill(pids[1], signal.SIGTERM)
        await until(lambda: len(replicas.exits) == 2)
        os.kill(pids[2], signal.SIGKILL)
        await until(lambda: len(replicas.exits) == 3)

    assert [ended.out_of_memory for ended in replicas.exits] == [False, False, kernel_tells]


def test_a_control_group_has_its_own_counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where control groups tell, only the replica's own group counts; else the whole machine."""
    [own] = [line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")] or ["/"]
    monkeypatch.setattr(oom_kills, "CGROUPS", tmp_path)
    assert oom_kills.counter_of(os.getpid()) == oom_kills.WHOLE_MACHINE
    events = tmp_path / own.removeprefix("/") / "memory.events"
    events.parent.mkdir(parents=True, exist_ok=True)
    events.write_text("low 0\noom 1\noom_kill 1\n")

    assert oom_kills.counter_of(os.getpid()) in {events, oom_kills.WHOLE_MACHINE}
    assert oom_kills._read(events) == 1
    assert oom_kills.counter_of(2**22 + 1) == oom_kills.WHOLE_MACHINE


def test_children_of_all_threads_are_found(raylet: Raylet) -> None:
    """A process that has ended has none, which is no error."""
    pid = raylet.run(REPLICA)

    assert pid in processes.children(raylet.pid)
    assert processes.children(2**22 + 1) == []
