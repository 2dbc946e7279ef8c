"""The unit's children: started here, watched by pidfd, and all reaped, orphans of the head included."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from aanad.cluster import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aanad.cluster.processes import ProcessId

PR_SET_CHILD_SUBREAPER = 36


class Children:
    """All processes below the unit.

    ``ray start`` exits and leaves its processes to us (we are their subreaper), so a dead one is noticed and reaped
    at once. Everything happens on the loop's thread; asyncio's own subprocesses are not used, so nobody else reaps.
    """

    def __init__(self) -> None:
        self._started: dict[int, subprocess.Popen[bytes]] = {}

    def adopt_orphans(self) -> None:
        """Become the parent of processes whose parent exits, and reap on every SIGCHLD."""
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self.reap)

    def start(
        self,
        argv: Sequence[str],
        *,
        env: dict[str, str],
        cwd: str | Path,
        stdout: str | Path | None = None,
        stderr: str | Path | None = None,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Run a program in a session of its own; its output is appended to the given files, or dropped."""
        with contextlib.ExitStack() as files:
            out = files.enter_context(Path(stdout or os.devnull).open("ab"))
            err = files.enter_context(Path(stderr or os.devnull).open("ab"))
            child = subprocess.Popen(  # noqa: S603 - our own command lines
                argv,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        self._started[child.pid] = child
        return child

    def reap(self) -> None:
        """Collect every child that has ended."""
        for pid in processes.children(os.getpid()):
            stat = processes.read_stat(pid)
            if stat is None or stat.is_alive:
                continue
            if child := self._started.pop(pid, None):
                child.poll()
            else:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)

    async def wait(self, child: subprocess.Popen[bytes], timeout_s: float) -> int | None:
        """Its exit status, or None where it still runs after `timeout_s`."""
        if child.returncode is None:
            ended = asyncio.Event()
            with Watch(child.pid, ended.set), contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), timeout_s)
            child.poll()
        if child.returncode is not None:
            self._started.pop(child.pid, None)
        return child.returncode


class Watch:
    """Calls back once when a process ends, whoever its parent is."""

    def __init__(self, pid: int, when_ended: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._when_ended = when_ended
        self._handle: int | None = None
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._loop.call_soon(when_ended)
        else:
            self._loop.add_reader(self._handle, self._ended)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop watching."""
        if self._handle is not None:
            self._loop.remove_reader(self._handle)
            os.close(self._handle)
            self._handle = None

    def _ended(self) -> None:
        self.close()
        self._when_ended()


def process_id(child: subprocess.Popen[bytes]) -> ProcessId:
    """Pid and start time of a child that has not been reaped."""
    stat = processes.read_stat(child.pid)
    if stat is not None:
        return stat.id
    return processes.ProcessId(child.pid, int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK")))
