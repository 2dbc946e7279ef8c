"""Temporary files with an owner: they go when it is collected or closed, and when their process ends.

What a killed process left is removed when the next one of the same user makes its first. They lie in a folder for each
process, below ``<temporary directory>/aana-<uid>``, that only the user may enter. A process locks its folder for as
long as it lives, so `sweep` knows the dead from the living, in whatever container.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import stat
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import Self

from aanad.errors import Failed

_FRESH_S = 60.0
"""A folder younger than this may not be locked yet."""
_LONGEST_WAIT_S = 5.0

_lock = threading.Lock()
_folders: dict[int, Path] = {}
_held: dict[TemporaryFile, float] = {}


class TemporaryFile:
    """A file of this process, empty at first, removed with this object.

    Attributes:
        path: where it is.
    """

    def __init__(self, suffix: str = "") -> None:
        number, name = tempfile.mkstemp(suffix=suffix, dir=folder())
        os.close(number)
        self.path = Path(name)
        self._remove = weakref.finalize(self, _unlink, self.path, os.getpid())

    def close(self) -> None:
        """Remove the file; again is no error."""
        self._remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def new_file(suffix: str = "") -> TemporaryFile:
    """An empty file whose name ends with `suffix`; keep the object for as long as the file is needed."""
    return TemporaryFile(suffix)


def link(path: Path) -> TemporaryFile | None:
    """Another name for a file, which then outlives the first; None where it lies on another file system."""
    file = TemporaryFile(path.suffix)
    file.path.unlink()
    try:
        os.link(path, file.path)
    except OSError:
        file.close()
        return None
    return file


def hold(file: TemporaryFile, seconds: float) -> None:
    """Keep a file that others were told of for some time, even if nobody here needs it any more."""
    until = time.monotonic() + seconds
    with _lock:
        is_first = not _held
        _held[file] = max(until, _held.get(file, until))
    if is_first:
        threading.Thread(target=_let_go, daemon=True, name="aana-temporary-files").start()


def folder() -> Path:
    """The folder of this process, made when it is first asked for."""
    pid = os.getpid()
    with _lock:
        if pid not in _folders or not _folders[pid].is_dir():
            sweep()
            _folders[pid] = _make_folder(pid)
        return _folders[pid]


def sweep() -> int:
    """Remove the folders of processes that are dead; returns how many."""
    removed = 0
    for path in _root().iterdir():
        try:
            if time.time() - path.stat().st_mtime < _FRESH_S:
                continue
            number = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # another process sweeps as well
            continue
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
            removed += 1
        except BlockingIOError:
            pass  # its process lives
        finally:
            os.close(number)
    return removed


def _root() -> Path:
    """The user's folder; one that somebody else put there is refused."""
    root = Path(tempfile.gettempdir()) / f"aana-{os.getuid()}"
    root.mkdir(mode=0o700, exist_ok=True)
    found = root.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Failed(
            f"The folder of temporary files, {root}, is not this user's alone.",
            hint="Remove it, or point TMPDIR to another directory.",
            code="unsafe_temporary_folder",
        )
    return root


def _make_folder(pid: int) -> Path:
    path = _root() / f"{pid}-{_start_time()}"
    path.mkdir(mode=0o700, exist_ok=True)
    number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)  # kept open: the lock lasts as long as the process
    fcntl.flock(number, fcntl.LOCK_EX)
    atexit.register(_remove_folder, path, pid)
    return path


def _start_time() -> str:
    """When this process started, in the kernel's ticks since boot: pids come again, this does not."""
    return Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]


def _unlink(path: Path, pid: int) -> None:
    if os.getpid() == pid:  # a forked child has a copy of the owner, not the file
        path.unlink(missing_ok=True)


def _remove_folder(path: Path, pid: int) -> None:
    if os.getpid() == pid:
        shutil.rmtree(path, ignore_errors=True)


def _let_go() -> None:
    """Release what was held long enough, until nothing is held."""
    while (wait_s := _until_next_release()) is not None:
        time.sleep(min(wait_s, _LONGEST_WAIT_S))


def _until_next_release() -> float | None:
    now = time.monotonic()
    with _lock:
        for file in [file for file, until in _held.items() if until <= now]:
            del _held[file]
        return min(_held.values()) - now if _held else None
