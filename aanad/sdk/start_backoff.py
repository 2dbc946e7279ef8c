"""A replica that crashes again and again starts later each time, so that it does not burn the machine.

Serve starts a dead replica again at once, for ever. So each start of author's code leaves a small file on its node,
named by deployment, code and process; it goes when the start has lived for a minute or the replica is stopped in
order. What is left of dead processes are crashes, and they say how long the next start waits. Another archive or an
operator's restart is another name, and begins without a wait. Nothing here may make a replica fail: what cannot be
read or written means no wait.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

STARTS_VARIABLE = "AANA_STARTS_DIR"
"""The node's folder for the files; where it is not set, nothing waits."""
RESTART_VARIABLE = "AANA_RESTART"
"""Counts an operator's restarts."""
SETTLED_S = 60.0
WINDOW_S = 600.0
FREE_CRASHES = 2
MAX_DELAY_S = 60.0

logger = logging.getLogger("aanad.sdk")


def delay_s(crashes: int) -> float:
    """Nothing after the first two crashes, then 1, 2, 4 … seconds, at most a minute."""
    if crashes <= FREE_CRASHES:
        return 0.0
    return min(2.0 ** min(crashes - FREE_CRASHES - 1, 10), MAX_DELAY_S)


class Starts:
    """The starts of one deployment's code on this node, a file for each that has not settled."""

    def __init__(self, folder: Path, name: str, *, settled_s: float = SETTLED_S) -> None:
        self._folder = folder
        self._prefix = f"{name}@"
        self._settled_s = settled_s
        self._mine: Path | None = None

    def crashes(self) -> int:
        """Starts of the last minutes whose process is gone before it settled."""
        found = 0
        try:
            for entry in os.scandir(self._folder):
                name, _, process = entry.name.rpartition("@")
                if _lives(process):
                    continue
                if time.time() - entry.stat().st_mtime > WINDOW_S:
                    Path(entry.path).unlink(missing_ok=True)
                elif f"{name}@" == self._prefix:
                    found += 1
        except OSError:
            return found
        return found

    def begin(self) -> None:
        """Note that author's code begins to run in this process."""
        try:
            mine = self._folder / f"{self._prefix}{_process(os.getpid())}"
            mine.touch(mode=0o600)
        except OSError:
            return
        self._mine = mine
        atexit.register(self.settle)
        timer = threading.Timer(self._settled_s, self.settle)
        timer.daemon = True
        timer.start()

    def settle(self) -> None:
        """This start was no crash."""
        mine, self._mine = self._mine, None
        if mine is not None:
            with contextlib.suppress(OSError):
                mine.unlink(missing_ok=True)


def wait() -> None:
    """Wait as long as the crashes before this start say, and note the start; only the first call does."""
    starts = _this_replicas()
    if starts is not None:
        time.sleep(_announced_delay(starts))
        _begin(starts)


async def wait_async() -> None:
    """`wait`, without blocking the event loop."""
    starts = _this_replicas()
    if starts is not None:
        await asyncio.sleep(_announced_delay(starts))
        _begin(starts)


def _announced_delay(starts: Starts) -> float:
    crashes = starts.crashes()
    delay = delay_s(crashes)
    if delay:
        logger.warning("Start %d after %d crashes: waiting %.0f s.", crashes + 1, crashes, delay)
    return delay


def _begin(starts: Starts) -> None:
    starts.begin()
    _settle_on_shutdown(starts)


_noted: list[Starts] = []
"""This process's start, once there is one."""


def _this_replicas() -> Starts | None:
    """For the first object of a replica; None in any other process, and for any object after it."""
    folder = os.environ.get(STARTS_VARIABLE)
    serve_context = sys.modules.get("ray.serve.context")
    context = serve_context._get_internal_replica_context() if serve_context else None  # noqa: SLF001 - the public one raises
    if not folder or context is None or _noted:
        return None
    code = ""
    with contextlib.suppress(Exception):  # whatever Ray says: without the archive's name, all code is the same
        code = Path(sys.modules["ray"].get_runtime_context().runtime_env.get("working_dir") or "").stem
    restart = os.environ.get(RESTART_VARIABLE, "0")
    starts = Starts(Path(folder), f"{context.app_name}#{context.deployment}#{code}#{restart}"[:200])
    _noted.append(starts)
    return starts


def _settle_on_shutdown(starts: Starts) -> None:
    """Serve kills a replica that it has shut down, so nothing that Python runs at its end is run.

    One that is shut down because its health check fails did crash, in a way.
    """
    replica: Any = getattr(sys.modules.get("ray.serve._private.replica"), "Replica", None)
    shutdown = getattr(replica, "shutdown", None)
    if shutdown is None:
        return

    @functools.wraps(shutdown)
    async def settled_shutdown(self: Any) -> None:
        if getattr(self, "_healthy", True):
            starts.settle()
        await shutdown(self)

    replica.shutdown = settled_shutdown


def _process(pid: int) -> str:
    """A process that no other is taken for: its pid, and when it was started in ticks of the machine."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    return f"{pid}-{stat.rpartition(')')[2].split()[19]}"


def _lives(process: str) -> bool:
    pid = process.partition("-")[0]
    try:
        return pid.isdigit() and _process(int(pid)) == process
    except (OSError, IndexError):
        return False
