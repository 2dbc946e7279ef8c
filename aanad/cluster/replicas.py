"""Watches the replicas' processes of this machine: which there are, and how each one ended.

Replicas are workers, which are children of the raylet and say what they are in their title. All workers are held by a
pidfd from the start, because a title can be read only while its process lives and an exit status only from a pidfd
that was opened before.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aanad.cluster import exit_status, oom_kills, processes
from aanad.cluster.oom_kills import OomKills
from aanad.wire.unit import WorkerExit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)
TITLE = re.compile(r"ray::ServeReplica:[^:\s]+:[^.:\s]+")
"""While a method runs, its name follows after a dot."""
LOOK_EVERY_S = 0.25
"""A replica that crashes as soon as it has its title should be known by then."""
LOOKS_PER_SEARCH = 4
"""Workers exist for seconds before they become replicas, so a search for new ones may be rarer."""
KEPT = 50


class Worker:
    """A child of the raylet that is alive."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid = pid
        self.descriptor = descriptor
        self.title: str | None = None
        self.counter: Path | None = None


class Replicas:
    """All replicas of this machine, and the last of them that ended."""

    def __init__(self, raylet: Callable[[], int | None]) -> None:
        self._raylet = raylet
        self._workers: dict[int, Worker] = {}
        self._unnamed: dict[int, Worker] = {}
        self._exits: deque[WorkerExit] = deque(maxlen=KEPT)
        self._recording: set[asyncio.Task[None]] = set()
        self._kills = OomKills()

    @property
    def exits(self) -> list[WorkerExit]:
        """The last ones that ended, the oldest first."""
        return sorted(self._exits, key=lambda ended: ended.at)

    @property
    def pids(self) -> list[int]:
        """Those that are alive."""
        return [worker.pid for worker in self._workers.values() if worker.title]

    async def run(self) -> None:
        """Watch until cancelled; whatever raylet there is, the present one's children count."""
        try:
            looks = 0
            while True:
                try:
                    if looks % LOOKS_PER_SEARCH == 0:
                        self._search()
                    self._read_titles()
                except OSError as error:
                    # Too many open files, say; what is not watched now may be later.
                    log.warning("replicas.not_watched %s", error)
                looks += 1
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            for worker in list(self._workers.values()):
                self._forget(worker)
                os.close(worker.descriptor)
            for task in self._recording:
                task.cancel()
            await asyncio.gather(*self._recording, return_exceptions=True)

    def _search(self) -> None:
        raylet = self._raylet()
        for pid in processes.children(raylet) if raylet else []:
            if pid not in self._workers:
                self._hold(pid, raylet)
        self._kills.sample({worker.counter for worker in self._workers.values() if worker.counter})

    def _hold(self, pid: int, raylet: int | None) -> None:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        stat = processes.read_stat(pid)
        if stat is None or stat.parent != raylet:
            os.close(descriptor)
            return
        worker = Worker(pid, descriptor)
        self._workers[pid] = self._unnamed[pid] = worker
        asyncio.get_running_loop().add_reader(descriptor, self._ended, worker)

    def _read_titles(self) -> None:
        for worker in list(self._unnamed.values()):
            # Ray writes the title over the whole command line.
            title = TITLE.match(" ".join(processes.arguments(worker.pid)))
            if title:
                worker.title = title.group()
                worker.counter = oom_kills.counter_of(worker.pid)
                del self._unnamed[worker.pid]

    def _ended(self, worker: Worker) -> None:
        self._forget(worker)
        if worker.title is None:
            os.close(worker.descriptor)
            return
        task = asyncio.create_task(self._record(worker, worker.title, datetime.now(UTC)))
        self._recording.add(task)
        task.add_done_callback(self._recording.discard)

    def _forget(self, worker: Worker) -> None:
        asyncio.get_running_loop().remove_reader(worker.descriptor)
        self._workers.pop(worker.pid, None)
        self._unnamed.pop(worker.pid, None)

    async def _record(self, worker: Worker, title: str, at: datetime) -> None:
        with contextlib.ExitStack() as held:
            held.callback(os.close, worker.descriptor)
            has_killed = worker.counter is not None and self._kills.have_risen(worker.counter)
            status = await exit_status.of(worker.descriptor)
        ended = WorkerExit(
            pid=worker.pid,
            title=title,
            at=at,
            exit_code=status if status is not None and status >= 0 else None,
            signal=-status if status is not None and status < 0 else None,
            out_of_memory=status == -signal.SIGKILL and has_killed,
        )
        self._exits.append(ended)
        log.info("replica.ended %s", ended.model_dump_json(exclude_none=True))
