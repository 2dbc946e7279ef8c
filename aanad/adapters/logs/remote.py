"""One file on another node, with what a follower has not taken yet; known by its first line."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from aanad.adapters.logs.files import HEAD_BYTES, ID_BYTES
from aanad.adapters.logs.node_files import NodeSilent

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.adapters.logs.node_files import Piece

OVERLAP = 256
"""Bytes before the new ones that are read again: where they are others, this is not the file it was."""


class RemoteFile:
    """What `LogFile` is for this machine.

    Those who merge call it from their thread and must not wait for a network: while it is followed, it is only as
    long as what has come already. The first reading waits, some seconds at most.
    """

    is_open = False

    def __init__(
        self, node_id: str, path: str, family: str, head: bytes, found: Piece, fetch: Callable[..., Piece | None]
    ) -> None:
        """Begin with what the first look at it gave.

        Args:
            node_id: the node that has it.
            path: below the node's log folder.
            family: the node and the path that it had before it was rotated.
            head: its first line.
            found: its size and time.
            fetch: reads ``(path, start, count)`` and waits.
        """
        self.node_id = node_id
        self.path = path
        self.family = family
        self.head = head
        self.size = self._real_size = found.size
        self.modified = found.modified or 0
        self.is_silent = False
        """Whether its node does not answer; it seems to be at its end for as long."""
        self.is_suspect = False
        """Whether its name leads to another file by now."""
        self.is_waiting = False
        """Whether an older file of its name is to be read first."""
        self.generation = 0
        """The higher, the longer ago it was set aside."""
        self.seen_at = 0.0
        self._fetch = fetch
        self._is_followed = False
        self._lock = threading.Lock()
        self._start = 0
        self._buffer = bytearray()
        self._tail = b""
        """The bytes before `_end`, where they are known."""
        self._last_end, self._last_tail = 0, b""
        """Where the last reading that waited ended, and the bytes before."""
        self._has_position = False
        """Whether reading forward has begun; the buffer follows after what was taken."""
        self._asked = found.size

    @property
    def inode(self) -> int:
        """Tells it from other files of the same name."""
        return int.from_bytes(hashlib.blake2b(self.head, digest_size=8, key=self.node_id.encode()).digest(), "big")

    def identity(self, *, complete: bool = False) -> bytes | None:  # noqa: ARG002 - as LogFile has it
        """What this file is and no other, under whatever name."""
        digest = hashlib.blake2b(self.head, digest_size=ID_BYTES, key=self.node_id.encode())
        digest.update(self.family.encode(errors="surrogateescape"))
        return digest.digest()

    def look(self) -> bool:
        """Note how much of it can be read now."""
        with self._lock:
            if self.is_waiting and not self._has_position:
                self.size = 0
            elif self.is_silent or self.is_suspect:
                self.size = min(self.size, self._end if self._has_position else self._asked)
            else:
                self.size = self._end if self._is_followed else self._real_size
        return True

    def read(self, offset: int, count: int) -> bytes:
        """Bytes from an offset on; nothing where the node does not answer."""
        with self._lock:
            self._asked = offset
            if self._has_position and self._start <= offset < self._end:
                return self._taken(offset, count)
            if self.is_silent or self.is_suspect or self.is_waiting:
                return b""
            before = self._bytes_before(offset)
        try:
            piece = self._fetch(self.path, offset - len(before), count + len(before))
            # A file that took another one's name meanwhile must not be read on as if it were that one.
            head = None if before else piece if not offset else self._fetch(self.path, 0, len(self.head))
        except NodeSilent:
            self.is_silent = True
            return b""
        with self._lock:
            if piece is None or not piece.data.startswith(before) or not self._is_mine(head):
                self.is_suspect = True
                return b""
            data = piece.data[len(before) :]
            self._last_end, self._last_tail = offset + len(data), (before + data)[-OVERLAP:]
            if self._is_followed:
                self._start, self._buffer, self._has_position = offset + len(data), bytearray(), True
                self._tail = self._last_tail
            self._real_size = max(piece.size, self._real_size)
            return data

    def _is_mine(self, head: Piece | None) -> bool:
        return head is None or head.data.startswith(self.head)

    def _bytes_before(self, offset: int) -> bytes:
        if offset == self._last_end:
            return self._last_tail
        return self._tail if offset == self._end else b""

    def follow(self) -> None:
        """From now on it is read forward only, and fetched ahead."""
        with self._lock:
            self._is_followed = True
            self._has_position = False
            self._tail = b""

    def _taken(self, offset: int, count: int) -> bytes:
        data = bytes(self._buffer[offset - self._start : offset - self._start + count])
        del self._buffer[: offset - self._start + len(data)]
        self._start = offset + len(data)
        return data

    @property
    def _end(self) -> int:
        """Where the next piece begins."""
        return self._start + len(self._buffer) if self._has_position else self._real_size

    def was_rewritten(self, offset: int) -> bool:  # noqa: ARG002 - as LogFile has it
        """Never: what is written anew under its name has another first line, and is another file."""
        return False

    def begin_anew(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing is open."""

    @property
    def buffered(self) -> int:
        """Bytes that were fetched and not taken yet."""
        return len(self._buffer)

    @property
    def is_behind(self) -> bool:
        """Whether it is known that there is more on the node than was fetched."""
        return self._end < self._real_size

    def wanted(self) -> tuple[int, int]:
        """Where the next piece begins, and how many bytes before it are to be compared."""
        with self._lock:
            return self._end, len(self._tail) or min(OVERLAP, self._end)

    @property
    def has_tail(self) -> bool:
        """Whether the next piece can be compared with what came before it."""
        return bool(self._tail)

    def take(self, end: int, overlap: int, piece: Piece | None, head: Piece | None) -> bool:
        """Take up a piece that begins `overlap` bytes before `end`; tells whether there was something new.

        Args:
            end: what `wanted` said.
            overlap: what it said of the bytes before.
            piece: the bytes; None where there was no file of that name.
            head: the beginning of the file of that name, read after the piece, where there is nothing to compare.
        """
        with self._lock:
            if end != self._end:
                return True  # it was read meanwhile
            is_mine = piece is not None and piece.data.startswith(self._tail) and self._is_mine(head)
            if piece is None or piece.size < end or not is_mine:
                self.is_suspect = True
                return False
            is_new = piece.size > end
            data = piece.data[overlap:]
            self._tail = (piece.data if end + len(data) == piece.size or self._has_position else b"")[-OVERLAP:]
            self._real_size = piece.size
            if piece.modified is not None:
                self.modified = piece.modified
            if self._has_position:
                self._buffer += data
            return is_new


def first_line(data: bytes) -> bytes | None:
    """What a file is known by; None while it is not complete."""
    line, newline, _ = data.partition(b"\n")
    return line + newline if newline or len(data) >= HEAD_BYTES else None
