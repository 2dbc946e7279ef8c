"""One file, under whatever name it has by now: known by its inode and its first line."""

from __future__ import annotations

import hashlib
import os

HEAD_BYTES = 256
"""The first line, or this much of it, tells a file from another one that got the same inode later."""
ID_BYTES = 6


class LogFile:
    """A file that was found under a name; it may be renamed, cut to nothing, or removed while it is read."""

    def __init__(self, path: str, family: str, found: os.stat_result) -> None:
        self.path = path
        self.family = family
        self.inode = found.st_ino
        self.size = found.st_size
        self.modified = found.st_mtime_ns
        self._head: bytes | None = None
        self._descriptor: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can be read under no name at all."""
        return self._descriptor is not None

    def look(self) -> bool:
        """Note its size; False where its name leads to another file, or to none, and it is not open."""
        try:
            found = os.stat(self.path)  # noqa: PTH116 - called often
            is_there = found.st_ino == self.inode
        except OSError:
            is_there = False
        if not is_there:
            if self._descriptor is None:
                return False
            found = os.fstat(self._descriptor)
        self.size = found.st_size
        self.modified = found.st_mtime_ns
        return is_there

    def read(self, offset: int, count: int) -> bytes:
        """Bytes from an offset on; nothing where it cannot be read."""
        if not self._open():
            return b""
        assert self._descriptor is not None  # noqa: S101 - for mypy
        try:
            return os.pread(self._descriptor, count, offset)
        except OSError:
            return b""

    def close(self) -> None:
        """Let go of it; it is opened again when there is something to read."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def identity(self, *, complete: bool = False) -> bytes | None:
        """What this file is and no other: the same under another name, another one when it was written anew.

        Args:
            complete: nothing more is written to it, so that a first line without an end is one.

        Returns:
            None while its first line is not complete.
        """
        if self._head is None:
            head = self.read(0, HEAD_BYTES)
            line, newline, _ = head.partition(b"\n")
            if not newline and len(head) < HEAD_BYTES and not (complete and head):
                return None
            self._head = line + newline
        name = os.path.basename(self.family)  # noqa: PTH119 - called often
        digest = hashlib.blake2b(self._head, digest_size=ID_BYTES, key=f"{self.inode}".encode())
        digest.update(name.encode(errors="surrogateescape"))
        return digest.digest()

    def was_rewritten(self, offset: int) -> bool:
        """Whether it no longer holds what was read of it."""
        if self.size < offset:
            return True
        return self._head is not None and self.read(0, len(self._head)) != self._head

    def begin_anew(self) -> None:
        """It was written anew under the same name."""
        self._head = None

    def _open(self) -> bool:
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError:
            return False
        if os.fstat(descriptor).st_ino != self.inode:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True
