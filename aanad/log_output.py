"""Where the daemon and the Ray unit write what they say of themselves: standard error and a log file each.

The file holds one JSON object a line and is rotated by size. A log must never stop or spoil what it tells of: what
cannot be written (a full disk, a folder that is not ours) is counted, and said once.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import logging
import logging.handlers
import os
import stat
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Buffer

    from aanad.errors import AanaError
    from aanad.settings import LogSettings

logger = logging.getLogger(__name__)
PRIVATE = 0o600
GROUP_READS = 0o640
TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"


class JsonFormatter(logging.Formatter):
    """Keys: ``time`` (RFC 3339, UTC, milliseconds), ``level``, ``logger``, ``message``; ``exception``: a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        document = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            document["exception"] = self.formatException(record.exc_info)
        return json.dumps(document)


class StandardError(logging.StreamHandler[TextIO]):
    """Standard error; where it is a file on a full disk, or a pipe that nobody reads, records are dropped."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Nothing can be said about standard error on standard error."""
        if _outside_trouble() is None:
            super().handleError(record)


class LogFile(logging.handlers.RotatingFileHandler):
    """One log file, opened with the first record, in a folder that is made where it is missing."""

    def __init__(self, path: Path, *, mode: int, max_bytes: int, kept: int) -> None:
        """Take a path.

        Args:
            path: the file.
            mode: its permissions, `PRIVATE` or `GROUP_READS`; the folder's are the same, with the right to enter.
            max_bytes: a larger file is set aside as ``<path>.1``.
            kept: how many of those there may be.
        """
        self._folder = path.parent
        self._permissions = mode
        self._lost = 0
        self._has_failed = False
        super().__init__(path, maxBytes=max_bytes, backupCount=kept, encoding="utf-8", delay=True)
        self.setFormatter(JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; once that succeeds again, say how many could not be written."""
        self._has_failed = False
        super().emit(record)
        if self._lost and not self._has_failed:
            lost, self._lost = self._lost, 0
            logger.warning("log_file.written_again path=%s lost=%d", self.baseFilename, lost)

    def format(self, record: logging.LogRecord) -> str:
        """One line; the part of a record that a full disk still took is ended first."""
        return ("\n" if self._lost else "") + super().format(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Count what is lost and say so once; a traceback is for mistakes of our own."""
        error = _outside_trouble()
        if error is None:
            super().handleError(record)
            return
        self._has_failed = True
        if record.name == logger.name:
            return  # what is said of a file is no loss where it cannot be in that file
        self._lost += 1
        if self._lost == 1:
            logger.warning("log_file.not_written path=%s error=%s", self.baseFilename, error)

    def _open(self) -> io.TextIOWrapper:
        _own_folder(self._folder, self._permissions | (self._permissions & 0o444) >> 2)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        file = _UnbufferedFile(os.open(self.baseFilename, flags, self._permissions), "ab")
        try:
            os.fchmod(file.fileno(), self._permissions)
        except OSError:
            file.close()
            raise
        return io.TextIOWrapper(file, encoding="utf-8", write_through=True)


class _UnbufferedFile(io.FileIO):
    """What a full disk refuses must not stay in a buffer, which would grow; half a record counts as refused."""

    def write(self, data: Buffer) -> int:
        """All of it."""
        written = super().write(data)
        if written != memoryview(data).nbytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return written


def to_standard_error(settings: LogSettings) -> None:
    """Send all records to standard error, as text or as JSON."""
    handler = StandardError()
    handler.setFormatter(JsonFormatter() if settings.format == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=settings.level.upper(), handlers=[handler])


def to_file(path: Path, settings: LogSettings, *, mode: int) -> None:
    """Send all records to a file as well."""
    file = LogFile(path, mode=mode, max_bytes=settings.file_max_bytes, kept=settings.files_kept)
    logging.getLogger().addHandler(file)


def to_file_alone() -> None:
    """Say nothing more on standard error, but for what keeps the file from being written."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, StandardError)]:
        root.removeHandler(handler)
        logger.addHandler(handler)


def note_end(error: AanaError) -> None:
    """Note in the file what ended the program; people see it on standard error, in words of its own."""
    message = f"ended {error.code}: {error.message}" + (f" {error.hint}" if error.hint else "")
    record = logging.LogRecord("aanad", logging.ERROR, __file__, 0, message, (), None)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, LogFile):
            handler.handle(record)


def _own_folder(path: Path, permissions: int) -> None:
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=PRIVATE | stat.S_IXUSR)
        path.chmod(permissions)  # whatever the umask is
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & stat.S_IWOTH:
        raise PermissionError(errno.EPERM, "The folder is not ours alone", str(path))


def _outside_trouble() -> BaseException | None:
    """The error that is being handled, where it is no mistake of ours."""
    error = sys.exc_info()[1]
    return error if isinstance(error, OSError) else None
