"""Removes log files of Ray's sessions that are too old, or too many; never one that is in use.

Ray rotates the files of what lives, and keeps those of what is gone for as long as the session lasts: a replica that
is replaced each day leaves four files a day.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aanad.cluster import processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aanad.settings import LogSettings

log = logging.getLogger(__name__)
SWEEP_EVERY_S = 600.0
SECONDS_A_DAY = 86_400.0
QUIET_S = 60.0
"""A file that was written to within this time is left alone, whatever its size."""
NAMED = 20
"""How many of the removed files the log names."""
LOG_NAME = re.compile(r"\.(log|out|err)(\.\d+)?$|^aana_requests_.*\.(json|tmp)$")
"""Logs, and what replicas counted, which is kept beside them; a replica that lives writes its counts again."""
ROTATED = re.compile(r"\.\d+\.(log|out|err)$|\.\d+$")
PID = re.compile(r"[-_](\d+)\.(log|out|err)$")


@dataclass(frozen=True)
class _File:
    path: str
    device: int
    inode: int
    size: int
    modified: float


class LogRetention:
    """The log files of all sessions in one of Ray's temporary folders."""

    def __init__(self, ray_temp: Path, settings: LogSettings) -> None:
        self._ray_temp = ray_temp
        self._keep_s = settings.keep_days * SECONDS_A_DAY
        self._keep_bytes = settings.keep_bytes

    async def run(self) -> None:
        """Sweep now and then until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                await asyncio.to_thread(self.sweep)
            except OSError as error:
                log.warning("logs.not_swept %s", error)

    def sweep(self) -> list[str]:
        """Remove what is too old, then the oldest of what is too much; gives the paths."""
        now = time.time()
        files = sorted(self._files(), key=lambda file: file.modified)
        excess = sum(file.size for file in files) - self._keep_bytes
        old = [file for file in files if now - file.modified > self._keep_s]
        if not old and excess <= 0:
            return []
        in_use = _open_files({os.path.basename(file.path) for file in files})  # noqa: PTH119 - plain text
        removed: list[_File] = []
        for file in files:
            if excess <= 0 and now - file.modified <= self._keep_s:
                break
            if now - file.modified > QUIET_S and _is_unused(file, in_use) and _remove(file):
                removed.append(file)
                excess -= file.size
        if removed:
            log.info(
                "logs.removed files=%d bytes=%d %s%s",
                len(removed),
                sum(file.size for file in removed),
                " ".join(os.path.relpath(file.path, self._ray_temp) for file in removed[:NAMED]),
                " …" if len(removed) > NAMED else "",
            )
        if excess > 0:
            log.warning("logs.too_large bytes_above=%d they are in use, or were written to just now", excess)
        return [file.path for file in removed]

    def _files(self) -> Iterator[_File]:
        for session in self._ray_temp.glob("session_2*"):
            if session.is_symlink():
                continue
            for folder, _, names in os.walk(session / "logs"):
                for name in names:
                    path = os.path.join(folder, name)  # noqa: PTH118 - thousands of files
                    if LOG_NAME.search(name) and (found := _regular(path)) is not None:
                        yield found


def _regular(path: str) -> _File | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return _File(path, found.st_dev, found.st_ino, found.st_size, found.st_mtime)


def _open_files(names: set[str]) -> set[tuple[int, int]]:
    """Device and inode of what any process that we may look into holds open under one of these names."""
    found: set[tuple[int, int]] = set()
    for process in processes.all_stats():
        folder = f"/proc/{process.pid}/fd"
        with contextlib.suppress(OSError):
            for number in os.listdir(folder):  # noqa: PTH208 - thousands of links
                link = f"{folder}/{number}"
                with contextlib.suppress(OSError):
                    if os.path.basename(os.readlink(link)) in names:  # noqa: PTH115, PTH119
                        status = os.stat(link)  # noqa: PTH116
                        found.add((status.st_dev, status.st_ino))
    return found


def _is_unused(file: _File, in_use: set[tuple[int, int]]) -> bool:
    """Whether no process has it open, nor is it the present file of a worker that lives."""
    if (file.device, file.inode) in in_use:
        return False
    name = os.path.basename(file.path)  # noqa: PTH119 - plain text
    pid = PID.search(name)
    if pid is None or ROTATED.search(name):
        return True
    return processes.read_stat(int(pid[1])) is None


def _remove(file: _File) -> bool:
    """Remove exactly this file; not what has taken its name since."""
    found = _regular(file.path)
    if found != file:
        return False
    try:
        os.unlink(file.path)  # noqa: PTH108 - plain text
    except OSError:
        return False
    return True
