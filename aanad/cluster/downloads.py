"""Model files that replicas are downloading, seen by the unfinished files that their processes hold open.

The Hugging Face libraries write every file under a name that ends with ``.incomplete`` until it is whole.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from aanad.wire.unit import Download

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SUFFIX = ".incomplete"
DELETED = " (deleted)"
KINDS = ("models--", "datasets--", "spaces--")
REFRESH_S = 2.0
SHARE = 0.02
"""Of one core: a hundred replicas with two hundred open files each took 0.35 s to look at."""


class Downloads:
    """What is being downloaded now; looked up at most every two seconds, and only when somebody asks."""

    def __init__(self, pids: Callable[[], list[int]], *, now: Callable[[], float] = time.monotonic) -> None:
        self._pids = pids
        self._now = now
        self._looking = asyncio.Lock()
        self._next_look = now()
        self._found: list[Download] = []

    async def current(self) -> list[Download]:
        """The files of all replicas of this machine."""
        async with self._looking:
            began = self._now()
            if began >= self._next_look:
                self._found = await asyncio.to_thread(find, self._pids())
                self._next_look = began + max(REFRESH_S, (self._now() - began) / SHARE)
        return self._found


def find(pids: Iterable[int]) -> list[Download]:
    """The unfinished files that these processes hold open, each once a process."""
    found: list[Download] = []
    for pid in pids:
        seen: set[str] = set()
        for link, target in _open_files(pid):
            path = target.removesuffix(DELETED)
            if path.endswith(SUFFIX) and path not in seen:
                seen.add(path)
                try:
                    size = os.stat(link).st_size  # noqa: PTH116 - thousands of links, plain text is enough
                except OSError:
                    continue
                found.append(Download(pid=pid, name=name_of(path), received_bytes=size))
    return found


def name_of(path: str) -> str:
    """The model's name where a folder tells, else the file's.

    ``…/models--org--name/blobs/<hash>.incomplete`` is a file of the cache;
    ``<folder>/.cache/huggingface/download/<hash>.incomplete`` is one that goes into that folder.
    """
    parts = PurePosixPath(path).parts
    for part in reversed(parts[:-1]):
        if part.startswith(KINDS):
            return part.partition("--")[2].replace("--", "/")
    for place in range(len(parts) - 3, 0, -1):
        if parts[place : place + 2] == (".cache", "huggingface"):
            return parts[place - 1]
    return parts[-1].removesuffix(SUFFIX)


def _open_files(pid: int) -> list[tuple[str, str]]:
    folder = f"/proc/{pid}/fd"
    try:
        numbers = os.listdir(folder)  # noqa: PTH208 - plain text is enough
    except OSError:
        return []
    found = []
    for number in numbers:
        link = f"{folder}/{number}"
        try:
            found.append((link, os.readlink(link)))  # noqa: PTH115 - the text is wanted, "(deleted)" included
        except OSError:
            continue
    return found
