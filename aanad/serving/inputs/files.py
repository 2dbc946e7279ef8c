"""The files of one request: in memory while they are small, on disk beyond, gone when the request is answered."""

from __future__ import annotations

import errno
import logging
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO

from aanad.errors import Failed
from aanad.sdk.models.file_names import last_part
from aanad.sdk.models.inputs import Upload
from aanad.sdk.temporary import TemporaryFile, new_file
from aanad.serving.inputs.refusals import storage_full
from aanad.serving.problems import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("ray.serve")

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class RequestFiles:
    """Owns what a request brought; `close` removes it."""

    def __init__(self, max_memory_bytes: int) -> None:
        self._memory_left = max_memory_bytes
        self._open: list[RequestFile] = []

    def add(self) -> RequestFile:
        """A file to be written."""
        file = RequestFile(self)
        self._open.append(file)
        return file

    def reserve(self, size: int) -> bool:
        """Whether as many bytes more may be kept in memory."""
        if size > self._memory_left:
            return False
        self._memory_left -= size
        return True

    def release(self, size: int) -> None:
        """As many bytes are in memory no longer."""
        self._memory_left += size

    def close(self) -> None:
        """Remove the files; again is no error."""
        for file in self._open:
            file.close()
        self._open.clear()


class RequestFile:
    """One file while it arrives.

    It is written on the event loop: Serve reads a body into a queue without bounds, and only a consumer that takes
    each part before the loop reads the next keeps that queue short.
    """

    def __init__(self, owner: RequestFiles) -> None:
        self._owner = owner
        self._content = bytearray()
        self._file: TemporaryFile | None = None
        self._writer: BinaryIO | None = None
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes.

        Raises:
            RequestRefused: the disk is full.
        """
        self.size += len(data)
        if self._writer is None and self._owner.reserve(len(data)):
            self._content += data
            return
        with _refusing():
            if self._writer is None:
                self._file = new_file()
                self._writer = self._file.path.open("wb", buffering=0)
                self._write(self._content)
                self._owner.release(len(self._content))
                self._content = bytearray()
            self._write(data)

    def finish(self, filename: str | None, media_type: str | None) -> Upload:
        """The whole file; of its name only the last part counts, so that no client names a folder."""
        filename = last_part(filename)
        if self._writer is None or self._file is None:
            upload = Upload(content=bytes(self._content), filename=filename, media_type=media_type)
            self._content = bytearray()
            return upload
        with _refusing():
            self._writer.close()
        return Upload(path=self._file.path, filename=filename, media_type=media_type)

    def close(self) -> None:
        """Remove it."""
        if self._writer is not None:
            with suppress(OSError):
                self._writer.close()
        if self._file is not None:
            self._file.close()

    def _write(self, data: bytes | bytearray | memoryview) -> None:
        rest = memoryview(data)
        while rest and self._writer is not None:
            rest = rest[self._writer.write(rest) :]


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (OSError, Failed) as error:
        logger.exception("The files of a request cannot be kept.")
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise storage_full() from error
        raise RequestRefused(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "storage_failed",
            "The files of this request cannot be kept on the server.",
            hint="The project's log has the reason.",
        ) from error
